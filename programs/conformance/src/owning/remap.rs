//! Mappings that become longer, shorter, or go elsewhere.

use rawmap::{
    Errno, Prot,
    mapping::{Builder, Mapping, RequestError},
    page_size,
    space::MoveTo,
};
use rawmap_bare::process::Ended;

use super::space::{DONE, F, Space, W, at, between, needed, os, request, spaces};
use crate::{
    answer::by_system,
    fault,
    layout::{Layout, mapped},
    pages::{Pages, READ_WRITE},
    portable::seen::seen,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (541, resized),
    (542, moved),
    (543, refused),
    (544, what_freebsd_cannot),
];

/// So many pages, written.
fn filled(of: Space, count: usize) -> Result<Mapping<Space>, Unable> {
    let mapping = needed(Mapping::anonymous_in(of, count * page_size()))?;
    // SAFETY: the row's own pages.
    unsafe { Pages::of(mapping.region()).fill() };
    Ok(mapping)
}

/// What a mapping is seen to hold.
fn held<const COUNT: usize>(mapping: &Mapping<Space>) -> [Option<u8>; COUNT] {
    // SAFETY: the row's mappings can be read, and so can their neighbours.
    unsafe { seen(mapping.region().as_ptr()) }
}

fn resized(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let around = between(4)?;
        let mut mapping = needed(at(&around, 1, 4 * page).map_in(of))?;
        // SAFETY: the row's own pages.
        unsafe { around.fill() };
        let came = mapping.remap(4 * page, MoveTo::InPlace);
        row.is(
            format_args!("{space}, as long as it is"),
            (came, held(&mapping)),
            (DONE, [W, W, W, W, W]),
        );
        let came = mapping.remap(page + 5, MoveTo::InPlace);
        row.is(
            format_args!("{space}, shorter"),
            (came, mapping.len(), held(&mapping)),
            (DONE, page + 5, [W, W, None, None, W]),
        );
        let came = mapping.remap(4 * page, MoveTo::InPlace);
        row.is(
            format_args!("{space}, longer in place"),
            (came, mapping.region().start(), held(&mapping)),
            (DONE, around.page(1).addr(), [W, W, F, F, W]),
        );
        let came = mapping.remap(5 * page, MoveTo::InPlace);
        row.is(
            format_args!("{space}, against what is in the way"),
            (came, mapping.len(), held(&mapping)),
            (os(Errno::ENOMEM), 4 * page, [W, W, F, F, W]),
        );
        let came = mapping.remap(5 * page, MoveTo::Anywhere);
        row.is(
            format_args!("{space}, away from what is in the way"),
            (came, mapping.len(), held(&mapping)),
            (DONE, 5 * page, [W, W, F, F, F]),
        );
        row.is(
            format_args!("{space}, nothing is left behind"),
            mapped(around.start, 6),
            Layout::of("x....x"),
        );
        let pages = Pages::of(mapping.region());
        let stores = [0, 4].map(|page| fault::store(pages.page(page)));
        row.is(
            format_args!("{space}, stores"),
            stores,
            [Ended::Exited(0); 2],
        );
        let came = mapping.protect(4 * page.., Prot::READ);
        let store = fault::store(pages.page(4));
        row.is(
            format_args!("{space}, its new end"),
            (came, store),
            (DONE, fault::SEGMENTATION_FAULT),
        );
        drop(mapping);
        row.is(
            format_args!("{space}, dropped"),
            mapped(pages.start, 5),
            Layout::of("....."),
        );
    }
    Ok(())
}

fn moved(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        for (what, len, expected) in [
            ("as it is", 2 * page, [W, None, W, W, None, W]),
            ("longer", 3 * page, [W, None, W, W, F, W]),
            ("shorter", 1, [W, None, W, None, None, W]),
        ] {
            let mut mapping = filled(of, 2)?;
            let old = mapping.region().as_ptr();
            let around = between(4)?;
            let to = MoveTo::FixedNoReplace(around.page(2).addr());
            let came = mapping.remap(len, to);
            row.is(
                format_args!("{space}, {what}"),
                (came, mapping.region().start(), mapping.len()),
                (DONE, around.page(2).addr(), len),
            );
            // SAFETY: what is there can be read.
            let came = unsafe { seen(around.start) };
            row.is(format_args!("{space}, {what}: there"), came, expected);
            row.is(
                format_args!("{space}, {what}: nothing is left behind"),
                mapped(old, 2),
                Layout::of(".."),
            );
            drop(mapping);
            row.is(
                format_args!("{space}, {what}: dropped"),
                mapped(around.start, 6),
                Layout::of("x....x"),
            );
        }
    }
    Ok(())
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let mut mapping = filled(of, 2)?;
        let other = filled(of, 2)?;
        let around = between(2)?;
        let before = mapping.region();
        let own = before.start();
        let fixed = |pages: &Pages, page| MoveTo::FixedNoReplace(pages.page(page).addr());
        for (what, len, to, expected) in [
            (
                "to 0 bytes",
                0,
                MoveTo::Anywhere,
                request(RequestError::Empty),
            ),
            (
                "to 2^64 - 1",
                usize::MAX,
                MoveTo::Anywhere,
                request(RequestError::TooLong),
            ),
            (
                "to isize::MAX",
                isize::MAX as usize,
                MoveTo::InPlace,
                request(RequestError::TooLong),
            ),
            (
                "to another's place",
                2 * page,
                fixed(&Pages::of(other.region()), 0),
                os(Errno::EEXIST),
            ),
            (
                "to what nobody told of",
                2 * page,
                fixed(&around, 0),
                os(Errno::EEXIST),
            ),
            (
                "into its end",
                2 * page,
                fixed(&around, 2),
                os(Errno::EEXIST),
            ),
            (
                "to its own place",
                2 * page,
                MoveTo::FixedNoReplace(own),
                os(Errno::EEXIST),
            ),
            (
                "to the address 0",
                2 * page,
                MoveTo::FixedNoReplace(0),
                os(Errno::EPERM),
            ),
            (
                "within a page",
                2 * page,
                MoveTo::FixedNoReplace(around.page(1).addr() + 5),
                os(Errno::EINVAL),
            ),
        ] {
            let came = mapping.remap(len, to);
            row.is(
                format_args!("{space}, {what}"),
                (came, mapping.region()),
                (expected, before),
            );
        }
        row.is(
            format_args!("{space}, nothing changed"),
            (held(&mapping), held(&other), mapped(around.start, 4)),
            ([W, W], [W, W], Layout::of("x..x")),
        );
        let came = mapping.protect(..page, Prot::READ);
        row.is(
            format_args!("{space}, of two protections"),
            (came, mapping.remap(page, MoveTo::Anywhere)),
            (DONE, request(RequestError::Mixed)),
        );
        let came = mapping.protect(.., READ_WRITE);
        row.is(
            format_args!("{space}, of one again"),
            (came, mapping.remap(page, MoveTo::Anywhere)),
            (DONE, DONE),
        );
        let mut guarded = needed(Builder::anonymous(page).guards(0, page).map_in(of))?;
        let came = [
            guarded.remap(2 * page, MoveTo::Anywhere),
            guarded.remap(1, MoveTo::InPlace),
        ];
        row.is(
            format_args!("{space}, with a guard page"),
            came,
            [request(RequestError::Guarded); 2],
        );
    }
    Ok(())
}

fn what_freebsd_cannot(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let expected = by_system(DONE, os(Errno::ENOTSUP), DONE);
    for (space, of) in spaces() {
        let mut mapping = filled(of, 2)?;
        let mut object = needed(Builder::object(2 * page).map_in(of))?;
        let around = between(2)?;
        let place = MoveTo::FixedNoReplace(around.page(1).addr());
        let came = mapping.protect(.., Prot::NONE);
        row.is(
            format_args!("{space}, memory without access"),
            (came, mapping.remap(2 * page, place)),
            (DONE, expected),
        );
        let came = mapping.protect(.., READ_WRITE);
        row.is(
            format_args!("{space}, what it holds"),
            (came, held(&mapping)),
            (DONE, [W, W]),
        );
        drop(mapping);
        // SAFETY: the row's own pages.
        unsafe { Pages::of(object.region()).fill() };
        row.is(
            format_args!("{space}, an object"),
            object.remap(2 * page, place),
            expected,
        );
        row.is(
            format_args!("{space}, what the object holds"),
            held(&object),
            [W, W],
        );
        row.is(
            format_args!("{space}, an object, shorter"),
            (object.remap(page, MoveTo::Anywhere), held(&object)),
            (DONE, [W]),
        );
    }
    Ok(())
}
