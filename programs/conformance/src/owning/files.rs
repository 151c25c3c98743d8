//! Files, by path and by descriptor.

use core::ffi::CStr;

use rawmap::{
    Errno, Prot,
    mapping::{Builder, Error, Mapping, RequestError},
    object::{self as objects, Access, Kind},
    page_size,
    space::{Placement, SyncMode},
};
use rawmap_bare::{call, file, process::Ended};

use super::space::{DONE, F, Space, answer, between, needed, os, request, spaces};
use crate::{
    fault::{self, BUS_ERROR, SEGMENTATION_FAULT},
    layout::{Layout, mapped},
    object::{self, File},
    pages::{Pages, READ_WRITE, WRITTEN},
    portable::{owned::borrowed, seen::seen},
    report::{Ask, Row, Unable},
    rows::NO_FOLDER,
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (586, to_the_end),
    (587, written),
    (588, refused),
    (589, past_the_end),
    (590, no_files),
];

/// What is asked of a file.
type OfFile = fn(&Row<'_>, &File, &CStr) -> Result<(), Unable>;

/// Asks of a file of so many bytes, of which each page begins with its number, from 1 on.
fn of_file(row: &Row<'_>, len: usize, ask: OfFile) -> Result<(), Unable> {
    let Some(file) = File::make(row.place, len)? else {
        row.skip("files", NO_FOLDER);
        return Ok(());
    };
    for (number, at) in (0..len).step_by(page_size()).enumerate() {
        object::write_at(file.descriptor, number as u8 + 1, at)?;
    }
    let path = file
        .path()
        .ok_or(Unable::to("the path of a file", Errno::ENOENT))?;
    ask(row, &file, path)
}

/// The number that the next descriptor gets.
fn next_descriptor(file: &File) -> Result<i32, Unable> {
    let descriptor = file.open(file::Access::Read)?;
    call::close(descriptor);
    Ok(descriptor)
}

fn to_the_end(row: &Row<'_>) -> Result<(), Unable> {
    of_file(row, 2 * page_size() + 100, |row, file, path| {
        let page = page_size();
        let before = next_descriptor(file)?;
        for (space, of) in spaces() {
            for (what, builder, len, expected) in [
                (
                    "all of it",
                    Builder::path(path),
                    2 * page + 100,
                    [Some(1), Some(2), Some(3)],
                ),
                (
                    "from its second page on",
                    Builder::path(path).offset(page as u64),
                    page + 100,
                    [Some(2), Some(3), None],
                ),
                (
                    "two pages of it",
                    Builder::path(path).len(2 * page),
                    2 * page,
                    [Some(1), Some(2), None],
                ),
                (
                    "a byte of its last page",
                    Builder::path(path).offset(2 * page as u64).len(1),
                    1,
                    [Some(3), None, None],
                ),
                (
                    "by its descriptor",
                    Builder::descriptor(borrowed(file.descriptor)),
                    2 * page + 100,
                    [Some(1), Some(2), Some(3)],
                ),
            ] {
                let around = between(3)?;
                let place = Placement::FixedNoReplace(around.page(1).addr());
                let mapping = needed(builder.placement(place).map_in(of))?;
                // SAFETY: the row's own file, of which this can be read.
                let came = unsafe { seen(around.page(1)) };
                row.is(
                    format_args!("{space}, {what}"),
                    (mapping.len(), came),
                    (len, expected),
                );
                row.is(
                    format_args!("{space}, {what}: what it is"),
                    (mapping.prot(), mapping.shared()),
                    (Some(Prot::READ), false),
                );
                let store = fault::store(around.page(1));
                row.is(
                    format_args!("{space}, {what}: a store"),
                    store,
                    SEGMENTATION_FAULT,
                );
                drop(mapping);
                row.is(
                    format_args!("{space}, {what}: dropped"),
                    mapped(around.start, 5),
                    Layout::of("x...x"),
                );
            }
            let mapping = needed(Builder::path(path).map_in(of))?;
            let pages = Pages::of(mapping.region());
            // SAFETY: the row's own file; the last page is mapped to its end.
            let bytes = unsafe {
                [100, page - 1].map(|at| pages.page(2).cast::<u8>().add(at).read_volatile())
            };
            row.is(
                format_args!("{space}, what is behind its end"),
                bytes,
                [0; 2],
            );
        }
        row.is("no descriptor is left", next_descriptor(file)?, before);
        Ok(())
    })
}

fn written(row: &Row<'_>) -> Result<(), Unable> {
    of_file(row, 2 * page_size(), |row, file, path| {
        let page = page_size();
        for (space, of) in spaces() {
            let private = needed(Builder::path(path).prot(READ_WRITE).map_in(of))?;
            let before = object::byte_at(file.descriptor, page)?;
            // SAFETY: the row's own pages.
            let came = unsafe {
                let pages = Pages::of(private.region());
                pages.write(1, 99);
                pages.read(1)
            };
            row.is(
                format_args!("{space}, private"),
                (came, object::byte_at(file.descriptor, page)?),
                (99, before),
            );
            let shared = Builder::path(path).prot(READ_WRITE).shared(true);
            let mapping = needed(shared.map_in(of))?;
            let pages = Pages::of(mapping.region());
            type Way = fn(&Mapping<Space>) -> Result<(), Error>;
            let ways: [(&str, Way); 4] = [
                ("start", |all| all.sync(.., SyncMode::Start)),
                ("wait", |all| all.sync(.., SyncMode::Wait)),
                ("wait for a part", |all| {
                    all.sync(page_size().., SyncMode::Wait)
                }),
                ("wait and invalidate", |all| all.sync_and_invalidate(..)),
            ];
            for (byte, (what, sync)) in (WRITTEN..).zip(ways) {
                // SAFETY: the row's own file.
                unsafe { pages.write(1, byte) };
                let came = sync(&mapping);
                // SAFETY: as above.
                let there = unsafe { pages.read(1) };
                row.is(
                    format_args!("{space}, shared, {what}"),
                    (came, object::byte_at(file.descriptor, page)?, there),
                    (DONE, Some(byte), byte),
                );
            }
            // SAFETY: as above.
            unsafe { pages.write(1, 55) };
            drop(mapping);
            row.is(
                format_args!("{space}, shared, dropped"),
                (
                    mapped(pages.start, 2),
                    object::byte_at(file.descriptor, page)?,
                ),
                (Layout::of(".."), Some(55)),
            );
            object::write_at(file.descriptor, 66, 0)?;
            let constant = Builder::path(path).shared(true).max_prot(READ_WRITE);
            let mut later = needed(constant.map_in(of))?;
            let pages = Pages::of(later.region());
            // SAFETY: as above.
            let came = unsafe { seen(pages.start) };
            row.is(
                format_args!("{space}, as it was written"),
                came,
                [Some(66), Some(55)],
            );
            let came = later.protect(.., READ_WRITE);
            row.is(
                format_args!("{space}, written later"),
                (
                    came,
                    fault::store(pages.start),
                    object::byte_at(file.descriptor, 0)?,
                ),
                (DONE, Ended::Exited(0), Some(fault::STORED)),
            );
        }
        Ok(())
    })
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    of_file(row, 2 * page_size() + 100, |row, file, path| {
        let page = page_size();
        let before = next_descriptor(file)?;
        let by_path = Builder::path(path);
        let by_descriptor = Builder::descriptor(borrowed(file.descriptor));
        for (space, of) in spaces() {
            for (how, builder) in [("a path", by_path), ("a descriptor", by_descriptor)] {
                for (what, builder, error) in [
                    (
                        "from its last page's end",
                        builder.offset(3 * page as u64),
                        RequestError::OffsetBeyondEnd,
                    ),
                    (
                        "a page from its last page's end",
                        builder.offset(3 * page as u64).len(page),
                        RequestError::OffsetBeyondEnd,
                    ),
                    (
                        "from 2^63 on",
                        builder.offset(1 << 63),
                        RequestError::OffsetBeyondEnd,
                    ),
                    (
                        "a byte more than it has",
                        builder.len(2 * page + 101),
                        RequestError::BeyondEnd,
                    ),
                    (
                        "a byte more, from its second page on",
                        builder.offset(page as u64).len(page + 101),
                        RequestError::BeyondEnd,
                    ),
                    (
                        "isize::MAX",
                        builder.len(isize::MAX as usize & !(page - 1)),
                        RequestError::BeyondEnd,
                    ),
                    ("2^64 - 1", builder.len(usize::MAX), RequestError::TooLong),
                    ("length 0", builder.len(0), RequestError::Empty),
                    (
                        "from its second byte on",
                        builder.offset(1),
                        RequestError::UnalignedOffset,
                    ),
                    ("alignment 6", builder.align(6), RequestError::Alignment),
                    (
                        "to the address 0",
                        builder.placement(Placement::FixedNoReplace(0)),
                        RequestError::AddressZero,
                    ),
                ] {
                    let came = answer(builder.map_in(of));
                    row.is(format_args!("{space}, {how}, {what}"), came, request(error));
                }
            }
            let around = between(2)?;
            let place = Placement::FixedNoReplace(around.page(1).addr());
            for (what, came, expected) in [
                (
                    "to a place that is too small",
                    by_path.placement(place).map_in(of),
                    os(Errno::EEXIST),
                ),
                (
                    "as a reservation",
                    by_path.reserve_in(of).map(|all| all.into_mapping()),
                    os(Errno::ENOTSUP),
                ),
            ] {
                row.is(format_args!("{space}, {what}"), answer(came), expected);
            }
        }
        file::truncate(file.descriptor, 0)
            .map_err(|number| Unable::because("ftruncate", number))?;
        for (what, builder) in [
            ("by its path", by_path),
            ("a byte of it", by_path.len(1)),
            ("by its descriptor", by_descriptor),
            ("with an offset", by_descriptor.offset(page as u64)),
        ] {
            let came = answer(builder.map());
            row.is(
                format_args!("an empty file, {what}"),
                came,
                request(RequestError::EmptyFile),
            );
        }
        row.is("no descriptor is left", next_descriptor(file)?, before);
        Ok(())
    })
}

/// A file that ends before its mapping does.
fn past_the_end(row: &Row<'_>) -> Result<(), Unable> {
    of_file(row, 100, |row, file, path| {
        let page = page_size();
        for (space, of) in spaces() {
            let builder = Builder::path(path).len(3 * page).beyond_end(true);
            let mapping = needed(builder.map_in(of))?;
            let pages = Pages::of(mapping.region());
            let loads = [0, 1, 2].map(|page| fault::load(pages.page(page)));
            row.is(
                format_args!("{space}, loads"),
                (mapping.len(), loads),
                (3 * page, [Ended::Exited(1), BUS_ERROR, BUS_ERROR]),
            );
            let came = objects::set_len(borrowed(file.descriptor), 2 * page as u64);
            let loads = [0, 1, 2].map(|page| fault::load(pages.page(page)));
            row.is(
                format_args!("{space}, after it grew"),
                (came, loads),
                (Ok(()), [Ended::Exited(1), Ended::Exited(0), BUS_ERROR]),
            );
            // SAFETY: the row's own file, of which two pages can be read.
            let came = unsafe { seen(pages.start) };
            row.is(format_args!("{space}, what is new"), came, [Some(1), F]);
            drop(mapping);
            let came = objects::set_len(borrowed(file.descriptor), 100);
            row.is(format_args!("{space}, it shrinks"), came, Ok(()));
        }
        Ok(())
    })
}

/// What is there and is no file, and what is not there.
fn no_files(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let [end, _] = file::pipe().map_err(|number| Unable::because("a pipe", number))?;
    let pipe = Builder::descriptor(borrowed(end));
    let none = Builder::descriptor(borrowed(1000));
    let root = Builder::path(c"/");
    let missing = Builder::path(c"/rawmap-conformance-missing");
    for (space, of) in spaces() {
        for (what, builder, expected) in [
            ("a pipe", pipe, request(RequestError::NoLength)),
            ("a page of a pipe", pipe.len(page), os(Errno::ENODEV)),
            ("a directory", root, request(RequestError::Directory)),
            (
                "a page of a directory",
                root.len(page),
                request(RequestError::Directory),
            ),
            (
                "a directory, to be written",
                root.shared(true).prot(READ_WRITE),
                request(RequestError::Directory),
            ),
            ("a missing file", missing, os(Errno::ENOENT)),
            (
                "a page of a missing file",
                missing.len(page),
                os(Errno::ENOENT),
            ),
            (
                "a file in a missing folder",
                Builder::path(c"/rawmap-conformance-missing/file"),
                os(Errno::ENOENT),
            ),
            ("an empty path", Builder::path(c""), os(Errno::ENOENT)),
            ("no descriptor", none, os(Errno::EBADF)),
            ("a page of no descriptor", none.len(page), os(Errno::EBADF)),
            (
                "anonymous memory to its end",
                Builder::anonymous(page).to_end(),
                request(RequestError::Empty),
            ),
            (
                "an object to its end",
                Builder::object(page).to_end(),
                request(RequestError::EmptyFile),
            ),
        ] {
            let came = answer(builder.map_in(of));
            row.is(format_args!("{space}, {what}"), came, expected);
        }
    }
    let folder =
        objects::open(c"/", Access::Read).and_then(|folder| objects::kind(folder.borrow()));
    row.is("the kind of a directory", folder, Ok(Kind::Directory));
    row.is(
        "the kind of a pipe",
        objects::kind(borrowed(end)),
        Ok(Kind::Other),
    );
    let came = objects::kind(borrowed(1000));
    row.is("the kind of no descriptor", came, Err(Errno::EBADF));
    let came = objects::set_len(borrowed(end), 0);
    row.is("the length of a pipe", came, Err(Errno::EINVAL));
    Ok(())
}
