//! Objects of memory.

use rawmap::{
    Errno, Prot,
    mapping::{Builder, Error, Mapping, RequestError},
    object::{self as objects, Kind},
    page_size,
    space::SyncMode,
};
use rawmap_bare::process::{self, Ended};

use super::space::{DONE, F, W, answer, needed, request, spaces};
use crate::{
    fault::{self, STORED},
    layout::{Layout, mapped},
    object,
    pages::{FRESH, Pages, READ_WRITE, WRITTEN},
    portable::seen::seen,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(591, of_memory), (592, by_descriptor)];

const NO_OBJECTS: &str = "this kernel has no objects of memory";

fn of_memory(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    if answer(Builder::object(page).map()) == Err(Error::Os(Errno::ENOSYS)) {
        row.skip("objects of memory", NO_OBJECTS);
        return Ok(());
    }
    for (space, of) in spaces() {
        for (what, builder) in [
            ("plain", Builder::object(page + 5)),
            ("named", Builder::object(page + 5).name("conformance")),
            (
                "from its second page on",
                Builder::object(page + 5).offset(page as u64),
            ),
            ("guarded", Builder::object(page + 5).guards(page, page)),
        ] {
            let mapping = needed(builder.map_in(of))?;
            let pages = Pages::of(mapping.region());
            row.is(
                format_args!("{space}, {what}: what it is"),
                (mapping.len(), mapping.prot(), mapping.shared()),
                (page + 5, Some(READ_WRITE), true),
            );
            // SAFETY: the row's own object, which reaches as far.
            let fresh = unsafe { seen(pages.start) };
            let stored = fault::store(pages.page(1));
            // SAFETY: as above.
            let bytes = unsafe {
                pages.write(0, WRITTEN);
                seen(pages.start)
            };
            let child = fault::load(pages.start);
            row.is(
                format_args!("{space}, {what}: shared with children"),
                (fresh, stored, bytes, child),
                (
                    [F, F],
                    Ended::Exited(0),
                    [W, Some(STORED)],
                    Ended::Exited(WRITTEN),
                ),
            );
            let (raw, of) = mapping.into_raw();
            let ended = process::child(|| {
                // SAFETY: the child's own copy of the owner.
                drop(unsafe { Mapping::from_raw_in(raw, of) });
                u8::from(mapped(pages.start, 2) == Layout::of(".."))
            });
            // SAFETY: it is as it was.
            let mapping = unsafe { Mapping::from_raw_in(raw, of) };
            // SAFETY: as above.
            let bytes = unsafe { seen(pages.start) };
            row.is(
                format_args!("{space}, {what}: a child drops it"),
                (ended, bytes),
                (Ended::Exited(1), [W, Some(STORED)]),
            );
            drop(mapping);
            row.is(
                format_args!("{space}, {what}: dropped"),
                mapped(pages.start, 2),
                Layout::of(".."),
            );
        }
        let private = needed(Builder::object(page).shared(false).map_in(of))?;
        let start = private.region().as_ptr();
        let stored = fault::store(start);
        row.is(
            format_args!("{space}, private"),
            (stored, fault::load(start)),
            (Ended::Exited(0), Ended::Exited(FRESH)),
        );
        for (what, builder, error) in [
            ("length 0", Builder::object(0), RequestError::Empty),
            (
                "2^64 - 1",
                Builder::object(usize::MAX),
                RequestError::TooLong,
            ),
            (
                "an offset that wraps",
                Builder::object(page).offset(0u64.wrapping_sub(page as u64)),
                RequestError::TooLong,
            ),
            (
                "a name with a zero",
                Builder::object(page).name("a\0"),
                RequestError::NameZero,
            ),
        ] {
            let came = answer(builder.map_in(of));
            row.is(format_args!("{space}, {what}"), came, request(error));
        }
    }
    Ok(())
}

/// An object whose descriptor is kept.
fn by_descriptor(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let object = match objects::memory(c"conformance", page as u64) {
        Err(Errno::ENOSYS) => {
            row.skip("objects of memory", NO_OBJECTS);
            return Ok(());
        }
        came => needed(came)?,
    };
    let kind = || objects::kind(object.borrow());
    row.is("its kind and length", kind(), Ok(Kind::File(page as u64)));
    let came = objects::set_len(object.borrow(), 2 * page as u64 + 5);
    row.is(
        "it grows",
        (came, kind()),
        (Ok(()), Ok(Kind::File(2 * page as u64 + 5))),
    );
    for (space, of) in spaces() {
        let builder = Builder::descriptor(&object).prot(READ_WRITE).shared(true);
        let first = needed(builder.map_in(of))?;
        let second = needed(builder.offset(page as u64).prot(Prot::READ).map_in(of))?;
        row.is(
            format_args!("{space}, to its end"),
            [first.len(), second.len()],
            [2 * page + 5, page + 5],
        );
        // SAFETY: the row's own object.
        let came = unsafe {
            let pages = Pages::of(first.region());
            [0, 1, 2]
                .into_iter()
                .for_each(|page| pages.write(page, WRITTEN));
            seen(second.region().as_ptr())
        };
        row.is(format_args!("{space}, the same pages twice"), came, [W, W]);
        let bytes =
            [0, page, 2 * page].map(|at| object::byte_at(object.as_raw(), at).ok().flatten());
        row.is(format_args!("{space}, read from the object"), bytes, [W; 3]);
        let came = [
            first.sync(.., SyncMode::Wait),
            first.sync_and_invalidate(..),
        ];
        row.is(format_args!("{space}, sync"), came, [DONE; 2]);
        let longer = builder.len(3 * page);
        let came = [
            answer(longer.map_in(of)),
            answer(longer.offset(3 * page as u64).map_in(of)),
        ];
        row.is(
            format_args!("{space}, beyond its end"),
            came,
            [
                request(RequestError::BeyondEnd),
                request(RequestError::OffsetBeyondEnd),
            ],
        );
    }
    let mapping = needed(Builder::descriptor(&object).map())?;
    let came = object.close();
    // SAFETY: the mapping keeps the object.
    let bytes = unsafe { seen(mapping.region().as_ptr()) };
    row.is(
        "a mapping after its descriptor",
        (came, bytes),
        (Ok(()), [W; 3]),
    );
    Ok(())
}
