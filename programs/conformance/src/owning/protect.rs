//! Ranges within a mapping, and what may be done with them.

use core::ops::Bound::{self, Excluded, Included, Unbounded};

use rawmap::{
    Advice, Errno, Prot, ResidencyFlags,
    mapping::{Builder, Error, Mapping, RangeError, RequestError},
    page_size,
    space::{Discard, SyncMode},
};
use rawmap_bare::process::Ended;

use super::space::{DONE, Space, W, at, between, needed, os, range, request, spaces};
use crate::{
    fault::{self, SEGMENTATION_FAULT},
    object,
    pages::{ALL, Pages, READ_EXECUTE, READ_WRITE, WRITTEN},
    portable::{owned::borrowed, seen::seen},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (511, ranges),
    (512, every_method),
    (513, parts),
    (514, maximum),
    (515, descriptor),
];

const STORES: Ended = Ended::Exited(0);
const FAULTS: Ended = SEGMENTATION_FAULT;

type Range = (Bound<usize>, Bound<usize>);

/// Three pages and five bytes between two neighbours, written.
fn surrounded(of: Space) -> Result<(Pages, Mapping<Space>), Unable> {
    let around = between(4)?;
    let mapping = needed(at(&around, 1, 3 * page_size() + 5).map_in(of))?;
    // SAFETY: the row's own pages.
    unsafe { around.fill() };
    Ok((around, mapping))
}

fn ranges(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let len = 3 * page + 5;
    let [start, end, unaligned] = [RangeError::Start, RangeError::End, RangeError::Unaligned];
    for (space, of) in spaces() {
        let (around, mut mapping) = surrounded(of)?;
        for (what, from, to, expected) in [
            ("begins behind the end", Included(len + 1), Unbounded, start),
            (
                "begins at the next page",
                Included(4 * page),
                Unbounded,
                start,
            ),
            (
                "begins at the last address",
                Included(usize::MAX),
                Unbounded,
                start,
            ),
            (
                "begins behind the last address",
                Excluded(usize::MAX),
                Unbounded,
                start,
            ),
            (
                "begins and ends behind the end",
                Included(5 * page),
                Excluded(6 * page),
                start,
            ),
            (
                "ends a byte behind the end",
                Unbounded,
                Excluded(len + 1),
                end,
            ),
            (
                "ends at the end of the last page",
                Unbounded,
                Excluded(4 * page),
                end,
            ),
            ("ends a page later", Included(page), Excluded(5 * page), end),
            (
                "ends at the last address",
                Unbounded,
                Excluded(usize::MAX),
                end,
            ),
            (
                "ends behind the last address",
                Unbounded,
                Included(usize::MAX),
                end,
            ),
            (
                "ends before it begins",
                Included(2 * page),
                Excluded(page),
                end,
            ),
            ("begins within a page", Included(1), Unbounded, unaligned),
            (
                "begins behind a page's first byte",
                Excluded(page),
                Unbounded,
                unaligned,
            ),
            (
                "begins in the last page",
                Included(len - 1),
                Unbounded,
                unaligned,
            ),
            (
                "ends within a page",
                Unbounded,
                Excluded(page - 1),
                unaligned,
            ),
            (
                "ends with a page's first byte",
                Unbounded,
                Included(page),
                unaligned,
            ),
            (
                "ends a byte before the end",
                Unbounded,
                Excluded(len - 1),
                unaligned,
            ),
            (
                "an empty one within a page",
                Included(5),
                Excluded(5),
                unaligned,
            ),
        ] {
            let came = mapping.protect((from, to), Prot::NONE);
            row.is(format_args!("{space}, {what}"), came, range(expected));
        }
        for (what, from, to) in [
            ("at the start", Included(0), Excluded(0)),
            ("inside", Included(page), Excluded(page)),
            ("at the end", Included(len), Unbounded),
        ] {
            let came = mapping.protect((from, to), Prot::NONE);
            row.is(format_args!("{space}, an empty one {what}"), came, DONE);
        }
        row.is(
            format_args!("{space}, its protection"),
            mapping.prot(),
            Some(READ_WRITE),
        );
        let stores = [0, 1, 2, 3, 4, 5].map(|page| fault::store(around.page(page)));
        row.is(
            format_args!("{space}, nothing changed"),
            stores,
            [STORES; 6],
        );
        for (what, range, expected) in [
            (
                "from the last page",
                (Included(3 * page), Unbounded),
                [STORES, STORES, STORES, STORES, FAULTS, STORES],
            ),
            (
                "to the last byte",
                (Excluded(2 * page - 1), Included(len - 1)),
                [STORES, STORES, STORES, FAULTS, FAULTS, STORES],
            ),
            (
                "all",
                (Unbounded, Unbounded),
                [STORES, FAULTS, FAULTS, FAULTS, FAULTS, STORES],
            ),
        ] {
            let came = mapping.protect(range, Prot::NONE);
            let stores = [0, 1, 2, 3, 4, 5].map(|page| fault::store(around.page(page)));
            row.is(
                format_args!("{space}, {what}"),
                (came, stores),
                (DONE, expected),
            );
        }
    }
    Ok(())
}

type Method = fn(&mut Mapping<Space>, Range) -> Result<(), Error>;

/// Everything that takes a range of pages.
const METHODS: [(&str, Method); 8] = [
    ("protect", |mapping, range| {
        mapping.protect(range, READ_WRITE)
    }),
    ("discard", |mapping, range| {
        mapping.discard(range, Discard::Zero)
    }),
    ("advise", |mapping, range| {
        mapping.advise(range, Advice::WILLNEED)
    }),
    ("sync", |mapping, range| mapping.sync(range, SyncMode::Wait)),
    ("sync_and_invalidate", |mapping, range| {
        mapping.sync_and_invalidate(range)
    }),
    ("lock", |mapping, range| mapping.lock(range)),
    ("unlock", |mapping, range| mapping.unlock(range)),
    ("residency", |mapping, range| {
        let mut pages = [ResidencyFlags::empty(); 8];
        mapping.residency(range, &mut pages).map(drop)
    }),
];

fn every_method(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let len = 3 * page + 5;
    for (space, of) in spaces() {
        let (around, mut mapping) = surrounded(of)?;
        for (what, ask) in METHODS {
            let came = [
                (Included(len + 1), Unbounded),
                (Unbounded, Excluded(4 * page)),
                (Included(2 * page), Excluded(page)),
                (Included(1), Unbounded),
                (Unbounded, Excluded(len - 1)),
            ]
            .map(|range| ask(&mut mapping, range));
            let [start, end, unaligned] =
                [RangeError::Start, RangeError::End, RangeError::Unaligned].map(range);
            row.is(
                format_args!("{space}, {what}: wrong ranges"),
                came,
                [start, end, end, unaligned, unaligned],
            );
            let came = [(Included(page), Excluded(page)), (Included(len), Unbounded)]
                .map(|range| ask(&mut mapping, range));
            row.is(format_args!("{space}, {what}: empty ones"), came, [DONE; 2]);
        }
        // SAFETY: what is there can be read.
        let came = unsafe { seen(around.start) };
        row.is(format_args!("{space}, nothing changed"), came, [W; 6]);
        for (what, ask) in METHODS {
            let came = [
                (Included(2 * page), Unbounded),
                (Included(page), Included(2 * page - 1)),
                (Unbounded, Unbounded),
            ]
            .map(|range| ask(&mut mapping, range));
            row.is(format_args!("{space}, {what}"), came, [DONE; 3]);
        }
        let ends = [0, 5].map(|page| fault::load(around.page(page)));
        row.is(
            format_args!("{space}, its neighbours"),
            ends,
            [Ended::Exited(WRITTEN); 2],
        );
        let came = mapping.advise(.., Advice::FREE);
        row.is(
            format_args!("{space}, advice that is not benign"),
            came,
            request(RequestError::NotBenign),
        );
        let came = [mapping.conceal(true), mapping.conceal(false)];
        row.is(format_args!("{space}, conceal"), came, [DONE; 2]);
    }
    Ok(())
}

fn parts(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let around = between(3)?;
        let mut mapping = needed(at(&around, 1, 3 * page).map_in(of))?;
        let stores = || [0, 1, 2, 3, 4].map(|page| fault::store(around.page(page)));
        for (what, prot, store) in [
            ("read", Prot::READ, FAULTS),
            ("none", Prot::NONE, FAULTS),
            ("read and write", READ_WRITE, STORES),
        ] {
            let came = mapping.protect(page..2 * page, prot);
            row.is(
                format_args!("{space}, a part: {what}"),
                (came, stores(), mapping.prot()),
                (DONE, [STORES, STORES, store, STORES, STORES], None),
            );
        }
        let came = mapping.protect(.., Prot::READ);
        row.is(
            format_args!("{space}, the whole: read"),
            (came, stores(), mapping.prot()),
            (
                DONE,
                [STORES, FAULTS, FAULTS, FAULTS, STORES],
                Some(Prot::READ),
            ),
        );
        let came = mapping.protect(2 * page.., Prot::READ);
        row.is(
            format_args!("{space}, a part as it is"),
            (came, stores(), mapping.prot()),
            (
                DONE,
                [STORES, FAULTS, FAULTS, FAULTS, STORES],
                Some(Prot::READ),
            ),
        );
        let came = mapping.protect(0..3 * page, READ_WRITE);
        row.is(
            format_args!("{space}, the whole: read and write"),
            (came, stores(), mapping.prot()),
            (DONE, [STORES; 5], Some(READ_WRITE)),
        );
    }
    Ok(())
}

fn maximum(row: &Row<'_>) -> Result<(), Unable> {
    let beyond = request(RequestError::BeyondMaximum);
    for (space, of) in spaces() {
        let mut mapping = needed(Mapping::anonymous_in(of, page_size()))?;
        let came = [Prot::EXEC, READ_EXECUTE, ALL].map(|prot| mapping.protect(.., prot));
        row.is(format_args!("{space}, code by default"), came, [beyond; 3]);
        let start = mapping.region().as_ptr();
        row.is(
            format_args!("{space}, nothing changed"),
            (mapping.prot(), fault::store(start)),
            (Some(READ_WRITE), STORES),
        );
        let builder = Builder::anonymous(page_size()).prot(Prot::NONE);
        let mut mapping = needed(builder.max_prot(Prot::READ).map_in(of))?;
        let came =
            [Prot::READ, Prot::WRITE, READ_WRITE, Prot::NONE].map(|prot| mapping.protect(.., prot));
        row.is(
            format_args!("{space}, with the maximum read"),
            came,
            [DONE, beyond, beyond, DONE],
        );
        let mut mapping = needed(builder.max_prot(ALL).map_in(of))?;
        let start = mapping.region().as_ptr();
        for round in 0..2 {
            let came = mapping.protect(.., READ_WRITE);
            row.is(format_args!("{space}, to data, round {round}"), came, DONE);
            // SAFETY: the row's own page, which can be written, and which nobody executes.
            unsafe { fault::write_code(start) };
            let came = mapping.protect(.., READ_EXECUTE);
            row.is(
                format_args!("{space}, to code, round {round}"),
                (came, fault::execute(start), fault::store(start)),
                (DONE, Ended::Exited(42), FAULTS),
            );
        }
    }
    Ok(())
}

/// What the descriptor allows.
fn descriptor(row: &Row<'_>) -> Result<(), Unable> {
    let program = borrowed(object::read_only(row.place)?);
    let builder = Builder::descriptor(program).len(page_size());
    for (space, of) in spaces() {
        let came = builder.prot(READ_WRITE).shared(true).map_in(of);
        row.is(
            format_args!("{space}, shared and to be written, of what is open for reading"),
            came.map(drop),
            os(Errno::EACCES),
        );
        let mut private = needed(builder.max_prot(READ_WRITE).map_in(of))?;
        let came = private.protect(.., READ_WRITE);
        let store = fault::store(private.region().as_ptr());
        row.is(
            format_args!("{space}, private, written"),
            (came, store),
            (DONE, STORES),
        );
    }
    Ok(())
}
