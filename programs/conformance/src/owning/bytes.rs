//! Memory that is plain bytes.

use rawmap::{
    Advice, Inherit, Prot,
    mapping::{Builder, Error, Map, MapMut, Mapping, RangeError, RequestError},
    page_size,
    space::Discard,
};
use rawmap_bare::process::Ended;

use super::space::{DONE, Space, answer, needed, range, request, spaces};
use crate::{
    fault::{self, SEGMENTATION_FAULT},
    layout::{Layout, mapped},
    pages::{FRESH, Pages, READ_WRITE, WRITTEN},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(571, written), (572, by_default), (573, no_reference)];

const STORES: Ended = Ended::Exited(0);
const FAULTS: Ended = SEGMENTATION_FAULT;

/// The first and the last byte.
fn ends(bytes: &[u8]) -> [Option<u8>; 2] {
    [bytes.first().copied(), bytes.last().copied()]
}

fn written(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let len = 2 * page + 100;
    for (space, of) in spaces() {
        let mut bytes = needed(needed(Mapping::anonymous_in(of, len))?.into_map_mut())?;
        row.is(
            format_args!("{space}, its bytes"),
            (bytes.len(), ends(&bytes)),
            (len, [Some(FRESH); 2]),
        );
        bytes.fill(WRITTEN);
        let pages = Pages::of(bytes.as_mapping().region());
        let map = needed(bytes.into_map())?;
        row.is(
            format_args!("{space}, closed for writing"),
            (ends(&map), map.iter().all(|&byte| byte == WRITTEN)),
            ([Some(WRITTEN); 2], true),
        );
        let stores = [0, 1, 2].map(|page| fault::store(pages.page(page)));
        let loads = [0, 1, 2].map(|page| fault::load(pages.page(page)));
        row.is(
            format_args!("{space}, a store faults"),
            (stores, loads),
            ([FAULTS; 3], [Ended::Exited(WRITTEN); 3]),
        );
        let mut bytes = needed(map.into_map_mut())?;
        let stores = [0, 1, 2].map(|page| fault::store(pages.page(page)));
        row.is(
            format_args!("{space}, opened for writing"),
            stores,
            [STORES; 3],
        );
        let came = bytes.clear(page..2 * page);
        let kept = [0, page - 1, page, 2 * page - 1, 2 * page, len - 1]
            .map(|index| bytes.get(index).copied());
        let [old, new] = [WRITTEN, FRESH].map(Some);
        row.is(
            format_args!("{space}, a part cleared"),
            (came, kept),
            (DONE, [old, old, new, new, old, old]),
        );
        let came = [
            bytes.clear(1..),
            bytes.clear(..3 * page),
            bytes.clear(len + 1..),
        ];
        let wrong = [RangeError::Unaligned, RangeError::End, RangeError::Start].map(range);
        row.is(format_args!("{space}, wrong parts"), came, wrong);
        let came = bytes.clear(..);
        row.is(
            format_args!("{space}, all cleared"),
            (came, bytes.iter().all(|&byte| byte == FRESH)),
            (DONE, true),
        );
        drop(bytes);
        row.is(
            format_args!("{space}, dropped"),
            mapped(pages.start, 3),
            Layout::of("..."),
        );
    }
    Ok(())
}

fn by_default(row: &Row<'_>) -> Result<(), Unable> {
    let mut bytes = needed(MapMut::anonymous(100))?;
    bytes.fill(WRITTEN);
    let start = bytes.as_mapping().region().as_ptr();
    let map: Map = needed(bytes.into_map())?;
    row.is("a map", (map.len(), ends(&map)), (100, [Some(WRITTEN); 2]));
    let came = answer(map.into_map_mut().map(MapMut::into_mapping));
    row.is("a mapping, dropped", came, DONE);
    row.is("it is gone", mapped(start, 1), Layout::of("."));
    let bytes = needed(MapMut::anonymous(100))?;
    let start = bytes.as_mapping().region().as_ptr();
    let came = answer(bytes.unmap());
    row.is("unmap", (came, mapped(start, 1)), (DONE, Layout::of(".")));
    let came = answer(MapMut::anonymous(0));
    row.is("length 0", came, request(RequestError::Empty));
    Ok(())
}

/// Private memory of two pages.
fn two(of: Space) -> Result<Mapping<Space>, Unable> {
    needed(Mapping::anonymous_in(of, 2 * page_size()))
}

/// Private memory that something was done to.
fn after(
    of: Space,
    change: impl FnOnce(&mut Mapping<Space>) -> Result<(), Error>,
) -> Result<Mapping<Space>, Unable> {
    let mut mapping = two(of)?;
    needed(change(&mut mapping))?;
    Ok(mapping)
}

fn no_reference(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let refused = request(RequestError::NoReference);
    let two_pages = Builder::anonymous(2 * page);
    for (space, of) in spaces() {
        for (what, mapping, reads, writes) in [
            ("private", two(of)?, DONE, DONE),
            (
                "read-only",
                after(of, |all| all.protect(.., Prot::READ))?,
                DONE,
                refused,
            ),
            (
                "without access",
                after(of, |all| all.protect(.., Prot::NONE))?,
                refused,
                refused,
            ),
            (
                "without access, and an empty part of it opened",
                after(of, |all| {
                    all.protect(.., Prot::NONE)?;
                    all.protect(page..page, READ_WRITE)
                })?,
                refused,
                refused,
            ),
            (
                "of two protections",
                after(of, |all| all.protect(page.., Prot::READ))?,
                refused,
                refused,
            ),
            (
                "discarded lazily",
                after(of, |all| all.discard(page.., Discard::Lazy))?,
                refused,
                refused,
            ),
            (
                "discarded to zero",
                after(of, |all| all.discard(page.., Discard::Zero))?,
                DONE,
                DONE,
            ),
            (
                "discarded lazily, then all to zero",
                after(of, |all| {
                    all.discard(page.., Discard::Lazy)?;
                    all.discard(.., Discard::Zero)
                })?,
                DONE,
                DONE,
            ),
            (
                "discarded lazily, then a part to zero",
                after(of, |all| {
                    all.discard(page.., Discard::Lazy)?;
                    all.discard(page.., Discard::Zero)
                })?,
                refused,
                refused,
            ),
            (
                "given advice that is not benign",
                // SAFETY: nothing relies on what it holds.
                after(of, |all| unsafe { all.advise_any(.., Advice::FREE) })?,
                refused,
                refused,
            ),
            (
                "given benign advice",
                after(of, |all| all.advise(.., Advice::WILLNEED))?,
                DONE,
                DONE,
            ),
            (
                "not for children",
                after(of, |all| all.inherit(Inherit::NONE))?,
                refused,
                refused,
            ),
            (
                "zero for children",
                needed(two_pages.inherit(Inherit::ZERO).map_in(of))?,
                refused,
                refused,
            ),
            (
                "shared",
                needed(two_pages.shared(true).map_in(of))?,
                refused,
                refused,
            ),
            (
                "an object",
                needed(Builder::object(2 * page).map_in(of))?,
                refused,
                refused,
            ),
            (
                "a private object",
                needed(Builder::object(2 * page).shared(false).map_in(of))?,
                refused,
                refused,
            ),
        ] {
            let start = mapping.region();
            let (mapping, came) = match mapping.into_map() {
                Ok(map) => (map.into_mapping(), DONE),
                Err(refused) => {
                    let error = refused.error();
                    (refused.into_owner(), Err(error))
                }
            };
            row.is(
                format_args!("{space}, {what}: to be read"),
                (came, mapping.region()),
                (reads, start),
            );
            let came = answer(mapping.into_map_mut());
            row.is(format_args!("{space}, {what}: to be written"), came, writes);
            row.is(
                format_args!("{space}, {what}: dropped"),
                mapped(start.as_ptr(), 2),
                Layout::of(".."),
            );
        }
        let object = needed(Builder::object(2 * page).map_in(of))?;
        // SAFETY: nobody else has the object.
        let mut bytes = needed(unsafe { object.assume_map_mut() })?;
        bytes.fill(WRITTEN);
        row.is(
            format_args!("{space}, an object that nobody else has"),
            ends(&bytes),
            [Some(WRITTEN); 2],
        );
        let closed = after(of, |all| all.protect(.., Prot::NONE))?;
        // SAFETY: nobody else has the memory.
        let came = answer(unsafe { closed.assume_map() });
        row.is(
            format_args!("{space}, assumed, without access"),
            came,
            refused,
        );
        let constant = after(of, |all| all.protect(.., Prot::READ))?;
        // SAFETY: as above.
        let came = answer(unsafe { constant.assume_map_mut() });
        row.is(format_args!("{space}, assumed, read-only"), came, refused);
    }
    Ok(())
}
