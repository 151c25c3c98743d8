//! mprotect.

use core::ptr;

use rawmap::{Prot, page_size, raw};
use rawmap_bare::process::Ended;

use crate::{
    answer::{DONE, EACCES, EINVAL, ENOMEM, by_system},
    fault::{self, SEGMENTATION_FAULT},
    object::{self, object},
    pages::{ALL, FLEXIBLE, PRIVATE, Pages, READ_EXECUTE, READ_WRITE, SHARED_OBJECT, WRITTEN},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (67, refused),
    (68, read_only_object),
    (69, nonsense),
    (70, without_write),
    (71, none_and_execute),
    (72, without_execute),
    (73, splits),
    (74, length_0),
    (75, two_bytes),
    (76, over_holes),
    (77, restricted),
];

/// Whether NetBSD restricts the protections of this program.
pub(super) const RESTRICTED: bool = cfg!(all(target_os = "netbsd", feature = "pax"));

/// Protects bytes of a row's pages, from an offset in bytes on.
fn protect(pages: &Pages, from: usize, len: usize, prot: Prot) -> rawmap::Result<()> {
    let start = pages.start.wrapping_byte_add(from);
    // SAFETY: the row's own pages or a place that is free; it touches what it may not in children alone.
    unsafe { raw::mprotect(start, len, prot) }
}

/// What stores to the first three pages come to.
fn stores(pages: &Pages) -> [Ended; 3] {
    [0, 1, 2].map(|page| fault::store(pages.page(page)))
}

/// A store that is done.
const STORES: Ended = Ended::Exited(0);
const FAULTS: Ended = SEGMENTATION_FAULT;

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let place = Pages::free_place(1)?;
    let came = protect(&place, 0, page, Prot::READ);
    row.is("unmapped", came, by_system(ENOMEM, DONE, DONE));
    let pages = Pages::private(3)?;
    let came = protect(&pages, page + 5, page, Prot::READ);
    row.is("unaligned", came, by_system(EINVAL, DONE, DONE));
    let rounded = [STORES, FAULTS, FAULTS];
    let expected = by_system([STORES; 3], rounded, rounded);
    row.is("pages that it changes", stores(&pages), expected);
    let program = object::read_only(row.place)?;
    let shared = Pages::map(1, Prot::READ, SHARED_OBJECT, program)
        .map_err(|error| Unable::to("a mapping of the program's file", error))?;
    let came = protect(&shared, 0, page, READ_WRITE);
    row.is("write, of a file that is open for reading", came, EACCES);
    Ok(())
}

fn read_only_object(row: &Row<'_>) -> Result<(), Unable> {
    let program = object::read_only(row.place)?;
    for (what, prot) in [("from none", Prot::NONE), ("from read", Prot::READ)] {
        let shared = Pages::map(1, prot, SHARED_OBJECT, program)
            .map_err(|error| Unable::to("a mapping of the program's file", error))?;
        let came = protect(&shared, 0, page_size(), READ_WRITE);
        row.is(what, came, EACCES);
        let came = protect(&shared, 0, page_size(), Prot::WRITE);
        row.is(format_args!("{what}, to write alone"), came, EACCES);
    }
    Ok(())
}

fn nonsense(row: &Row<'_>) -> Result<(), Unable> {
    let last = ptr::without_provenance_mut(usize::MAX);
    // SAFETY: nothing of the program is there.
    let came = unsafe { raw::mprotect(last, page_size(), Prot::READ) };
    row.is("the address -1", came, EINVAL);
    let pages = Pages::private(1)?;
    let prot = Prot::from_bits_retain(0x43);
    let came = protect(&pages, 0, page_size(), prot);
    row.is("protection 0x40", came, by_system(EINVAL, EINVAL, DONE));
    Ok(())
}

fn without_write(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(3)?;
    // SAFETY: the row's own pages.
    unsafe { pages.fill() };
    let middle = page_size();
    let came = protect(&pages, middle, page_size(), Prot::READ);
    row.is("write is removed", came, DONE);
    row.is("stores", stores(&pages), [STORES, FAULTS, STORES]);
    let came = fault::load(pages.page(1));
    row.is("a load", came, Ended::Exited(WRITTEN));
    let came = protect(&pages, middle, page_size(), READ_WRITE);
    row.is("write is added", came, DONE);
    row.is("stores again", stores(&pages), [STORES; 3]);
    Ok(())
}

fn none_and_execute(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(1)?;
    let came = protect(&pages, 0, page_size(), Prot::NONE);
    row.is("to none", came, DONE);
    row.is("a load", fault::load(pages.start), SEGMENTATION_FAULT);
    let came = protect(&pages, 0, page_size(), READ_WRITE);
    row.is("back", came, DONE);
    // SAFETY: the row's own page, which can be written again.
    unsafe { fault::write_code(pages.start) };
    let came = protect(&pages, 0, page_size(), READ_EXECUTE);
    row.is("to read and execute", came, DONE);
    row.is(
        "the page runs",
        fault::execute(pages.start),
        Ended::Exited(42),
    );
    row.is("no store", fault::store(pages.start), SEGMENTATION_FAULT);
    Ok(())
}

fn without_execute(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(1)?;
    // SAFETY: the row's own page.
    unsafe { fault::write_code(pages.start) };
    let came = fault::execute(pages.start);
    row.is("readable and writable", came, SEGMENTATION_FAULT);
    for (what, prot, expected) in [
        ("executable", READ_EXECUTE, Ended::Exited(42)),
        ("readable", Prot::READ, SEGMENTATION_FAULT),
        ("executable again", READ_EXECUTE, Ended::Exited(42)),
    ] {
        let changed = protect(&pages, 0, page_size(), prot);
        let came = fault::execute(pages.start);
        row.is(what, (changed, came), (DONE, expected));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_in_pieces(row: &Row<'_>, what: &str, pages: &Pages, count: usize) {
    use crate::proc;

    match proc::mappings_in(pages.start, pages.len()) {
        Some(came) => row.is(what, came, count),
        None => row.skip(what, proc::MISSING),
    }
}

/// Only Linux says.
#[cfg(not(target_os = "linux"))]
fn is_in_pieces(_: &Row<'_>, _: &str, _: &Pages, _: usize) {}

fn splits(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let object = object(5 * page)?;
    let pages = Pages::of_object(5, SHARED_OBJECT, object)?;
    // SAFETY: the row's own object.
    unsafe { pages.fill() };
    is_in_pieces(row, "mappings at first", &pages, 1);
    row.is(
        "the second page",
        protect(&pages, page, page, Prot::READ),
        DONE,
    );
    row.is(
        "the fourth page",
        protect(&pages, 3 * page, page, Prot::READ),
        DONE,
    );
    is_in_pieces(row, "mappings when split", &pages, 5);
    let came = [1, 2, 3].map(|index| fault::store(pages.page(index)));
    row.is("stores", came, [FAULTS, STORES, FAULTS]);
    let came = protect(&pages, page, 4 * page, READ_WRITE);
    row.is("all but the first", came, DONE);
    is_in_pieces(row, "mappings when merged", &pages, 1);
    let came = [1, 2, 3].map(|index| fault::store(pages.page(index)));
    row.is("stores again", came, [STORES; 3]);
    row.is(
        "the contents",
        object::byte_at(object, 4 * page)?,
        Some(WRITTEN),
    );
    Ok(())
}

fn length_0(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(3)?;
    row.is("aligned", protect(&pages, 0, 0, Prot::READ), DONE);
    row.is("nothing changes", stores(&pages), [STORES; 3]);
    let came = protect(&pages, 5, 0, Prot::READ);
    row.is("unaligned", came, by_system(EINVAL, DONE, DONE));
    // FreeBSD rounds the address down first, and then there is something to change.
    let first = [FAULTS, STORES, STORES];
    let expected = by_system([STORES; 3], first, [STORES; 3]);
    row.is("what changes", stores(&pages), expected);
    Ok(())
}

fn two_bytes(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(3)?;
    let came = protect(&pages, page_size(), 2, Prot::READ);
    row.is("at the start of a page", came, DONE);
    row.is(
        "the whole page changes",
        stores(&pages),
        [STORES, FAULTS, STORES],
    );
    let last = pages.page(2).wrapping_byte_sub(1);
    row.is("its last byte too", fault::store(last), SEGMENTATION_FAULT);
    Ok(())
}

fn over_holes(row: &Row<'_>) -> Result<(), Unable> {
    let unmap = |pages: &Pages, page: usize| {
        // SAFETY: the row's own page, which it touches no more.
        unsafe { raw::munmap(pages.page(page), page_size()) }
            .map_err(|error| Unable::to("munmap", error))
    };
    let across = Pages::private(3)?;
    unmap(&across, 1)?;
    let came = protect(&across, 0, across.len(), Prot::READ);
    row.is("over a hole", came, by_system(ENOMEM, DONE, DONE));
    let sides = [fault::store(across.page(0)), fault::store(across.page(2))];
    // Linux stops at the hole.
    let expected = by_system([FAULTS, STORES], [FAULTS; 2], [FAULTS; 2]);
    row.is("its two sides", sides, expected);
    let lone = Pages::private(3)?;
    unmap(&lone, 0)?;
    unmap(&lone, 2)?;
    let came = protect(&lone, 0, lone.len(), Prot::READ);
    row.is(
        "over a hole on each side",
        came,
        by_system(ENOMEM, DONE, DONE),
    );
    let came = fault::store(lone.page(1));
    row.is("the page between", came, by_system(STORES, FAULTS, FAULTS));
    let came = protect(&lone, page_size(), 2 * page_size(), Prot::READ);
    row.is("over a hole behind", came, by_system(ENOMEM, DONE, DONE));
    row.is("the page before it", fault::store(lone.page(1)), FAULTS);
    Ok(())
}

fn restricted(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let expected = if RESTRICTED { EACCES } else { DONE };
    let came = Pages::map(1, ALL, PRIVATE, -1).map(|_| ());
    row.is("mmap with everything", came, expected);
    for (what, first, then, expected) in [
        (
            "none, then read and write",
            Prot::NONE,
            READ_WRITE,
            expected,
        ),
        (
            "read and write, then execute",
            READ_WRITE,
            READ_EXECUTE,
            expected,
        ),
        ("read and write, then everything", READ_WRITE, ALL, expected),
        (
            "none with a maximum, then read and write",
            Prot::NONE.with_max(READ_WRITE),
            READ_WRITE,
            DONE,
        ),
        (
            "read and write with a maximum, then execute",
            FLEXIBLE,
            READ_EXECUTE,
            DONE,
        ),
        (
            "read and write with a maximum, then everything",
            FLEXIBLE,
            ALL,
            expected,
        ),
    ] {
        let pages = Pages::map(1, first, PRIVATE, -1)
            .map_err(|error| Unable::to("anonymous memory", error))?;
        row.is(what, protect(&pages, 0, page, then), expected);
    }
    Ok(())
}
