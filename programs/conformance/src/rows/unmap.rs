//! munmap.

use core::ptr;

use rawmap::{MapFlags, Prot, page_size, raw};

use crate::{
    answer::{DONE, EINVAL, by_system},
    fault::{self, SEGMENTATION_FAULT},
    layout::{Layout, mapped},
    object::object,
    pages::{FRESH, PRIVATE, PRIVATE_OBJECT, Pages, READ_WRITE, WRITTEN},
    report::{Ask, Row, Unable},
};
use rawmap_bare::process::Ended;

pub(super) const ROWS: &[(u32, Ask)] = &[
    (52, whole_pages),
    (53, free_range),
    (54, unaligned),
    (55, length_0),
    (56, outside),
    (57, private_changes),
    #[cfg(target_os = "linux")]
    (58, at_the_limit),
    (59, carved),
    (60, punched),
    (61, filled),
    (62, blanket),
    (63, trimmed),
    (66, tail_and_head),
];

/// Unmaps bytes of a row's pages, from one of them on.
fn unmap(pages: &Pages, from: usize, len: usize) -> rawmap::Result<()> {
    // SAFETY: the row's own pages, or a free place; it touches what is gone in children alone.
    unsafe { raw::munmap(pages.page(from), len) }
}

/// Unmaps whole pages, and says what is left.
fn step(row: &Row<'_>, what: &str, pages: &Pages, range: core::ops::Range<usize>, left: &str) {
    let came = unmap(pages, range.start, range.len() * page_size());
    let layout = mapped(pages.start, left.len());
    row.is(what, (came, layout), (DONE, Layout::of(left)));
}

fn whole_pages(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(5)?;
    // SAFETY: the row's own pages.
    unsafe { pages.fill() };
    let came = unmap(&pages, 1, page_size() + 1);
    row.is("a page and a byte", came, DONE);
    let left = mapped(pages.start, 5);
    row.is("two pages are gone", left, Layout::of("x..xx"));
    let came = [
        fault::load(pages.page(0)),
        fault::load(pages.page(1)),
        fault::load(pages.page(2)),
        fault::load(pages.page(3)),
    ];
    let kept = Ended::Exited(WRITTEN);
    let expected = [kept, SEGMENTATION_FAULT, SEGMENTATION_FAULT, kept];
    row.is("loads", came, expected);
    Ok(())
}

fn free_range(row: &Row<'_>) -> Result<(), Unable> {
    let place = Pages::free_place(3)?;
    row.is("a free range", unmap(&place, 0, place.len()), DONE);
    let pages = Pages::private(3)?;
    step(row, "a page", &pages, 1..2, "x.x");
    step(row, "the same page", &pages, 1..2, "x.x");
    Ok(())
}

fn unaligned(row: &Row<'_>) -> Result<(), Unable> {
    let rounds = by_system(EINVAL, DONE, DONE);
    for (what, offset, len, left) in [
        ("a byte within a page", 5, 1, by_system("xxx", ".xx", ".xx")),
        (
            "a byte on each side",
            page_size() - 1,
            2,
            by_system("xxx", "..x", "..x"),
        ),
        (
            "as long as a page",
            5,
            page_size(),
            by_system("xxx", "..x", "..x"),
        ),
    ] {
        let pages = Pages::private(3)?;
        let start = pages.start.wrapping_byte_add(offset);
        // SAFETY: the row's own pages, which it does not touch.
        let came = unsafe { raw::munmap(start, len) };
        let layout = mapped(pages.start, 3);
        row.is(what, (came, layout), (rounds, Layout::of(left)));
    }
    Ok(())
}

fn length_0(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(1)?;
    let came = unmap(&pages, 0, 0);
    row.is("a mapped page", came, by_system(EINVAL, EINVAL, DONE));
    row.is("it stays", mapped(pages.start, 1), Layout::of("x"));
    Ok(())
}

fn outside(row: &Row<'_>) -> Result<(), Unable> {
    let kernel_half = 0xffff_8000_0000_0000;
    for (what, address, len) in [
        ("the kernel half", kernel_half, page_size()),
        (
            "a length that wraps",
            page_size(),
            usize::MAX - page_size() + 1,
        ),
        ("into the kernel half", page_size(), kernel_half),
    ] {
        // SAFETY: the kernel refuses the range; if it did not, the row's process would end.
        let came = unsafe { raw::munmap(ptr::without_provenance_mut(address), len) };
        row.is(what, came, EINVAL);
    }
    Ok(())
}

fn private_changes(row: &Row<'_>) -> Result<(), Unable> {
    let object = object(page_size())?;
    let pages = Pages::of_object(1, PRIVATE_OBJECT, object)?;
    // SAFETY: the row's own mapping, mapped at the same place once more.
    unsafe {
        pages.write(0, WRITTEN);
        row.is("munmap", unmap(&pages, 0, page_size()), DONE);
        let flags = PRIVATE_OBJECT | MapFlags::FIXED;
        let again = raw::mmap(pages.start, page_size(), READ_WRITE, flags, object, 0);
        row.is("mapped again", again, Ok(pages.start));
        row.is("the object's byte", pages.read(0), FRESH);
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn at_the_limit(row: &Row<'_>) -> Result<(), Unable> {
    use crate::{answer::ENOMEM, map_count, proc};

    let what = "a hole at vm.max_map_count";
    let pages = Pages::private(3)?;
    // SAFETY: the row's own pages.
    unsafe { pages.fill() };
    if map_count::reach()?.is_none() {
        row.skip(what, proc::MISSING);
        return Ok(());
    }
    row.is(what, unmap(&pages, 1, page_size()), ENOMEM);
    row.is("nothing is gone", mapped(pages.start, 3), Layout::of("xxx"));
    // SAFETY: the row's own pages.
    let came = unsafe { [pages.read(0), pages.read(1), pages.read(2)] };
    row.is("nothing has changed", came, [WRITTEN; 3]);
    row.is("all of it", unmap(&pages, 0, pages.len()), DONE);
    Ok(())
}

fn carved(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(3)?;
    step(row, "the first", &pages, 0..1, ".xx");
    step(row, "the last", &pages, 2..3, ".x.");
    step(row, "the middle", &pages, 1..2, "...");
    Ok(())
}

fn punched(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(3)?;
    // SAFETY: the row's own pages.
    unsafe { pages.fill() };
    step(row, "the middle", &pages, 1..2, "x.x");
    // SAFETY: these two are still there.
    let kept = unsafe { [pages.read(0), pages.read(2)] };
    row.is("the others are as they were", kept, [WRITTEN; 2]);
    step(row, "the first", &pages, 0..1, "..x");
    step(row, "the last", &pages, 2..3, "...");
    Ok(())
}

fn filled(row: &Row<'_>) -> Result<(), Unable> {
    let place = Pages::free_place(3)?;
    for (what, page, layout) in [
        ("the left one", 0, "x.."),
        ("the right one", 2, "x.x"),
        ("the middle one", 1, "xxx"),
    ] {
        let flags = PRIVATE | MapFlags::FIXED;
        // SAFETY: nothing is there.
        let came = unsafe { raw::mmap(place.page(page), page_size(), READ_WRITE, flags, -1, 0) };
        let came = (came, mapped(place.start, 3));
        row.is(what, came, (Ok(place.page(page)), Layout::of(layout)));
    }
    // SAFETY: all three are mapped.
    unsafe {
        place.fill();
        let came = [place.read(0), place.read(1), place.read(2)];
        row.is("one piece of memory", came, [WRITTEN; 3]);
    }
    step(row, "one call for all three", &place, 0..3, "...");
    Ok(())
}

fn blanket(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(9)?;
    step(row, "a hole", &pages, 1..2, "x.xxxxxxx");
    step(row, "another one", &pages, 4..6, "x.xx..xxx");
    // SAFETY: the row's own pages, which it does not touch.
    let protected = unsafe { raw::mprotect(pages.page(6), page_size(), Prot::READ) };
    row.is("another protection", protected, DONE);
    step(row, "all maps and holes", &pages, 0..9, ".........");
    Ok(())
}

fn trimmed(row: &Row<'_>) -> Result<(), Unable> {
    let left = Pages::private(4)?;
    step(row, "the left end", &left, 0..2, "..xx");
    step(
        row,
        "then the whole of the former range",
        &left,
        0..4,
        "....",
    );
    let right = Pages::private(4)?;
    step(row, "the right end", &right, 2..4, "xx..");
    step(row, "the whole of this range too", &right, 0..4, "....");
    Ok(())
}

fn tail_and_head(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(6)?;
    // SAFETY: the row's own pages.
    unsafe {
        pages.fill();
        let protected = raw::mprotect(pages.page(3), 3 * page_size(), Prot::READ);
        row.is("two neighbours that differ", protected, DONE);
    }
    step(
        row,
        "the tail of one and the head of the other",
        &pages,
        2..4,
        "xx..xx",
    );
    // SAFETY: these are still there.
    let kept = unsafe { [pages.read(1), pages.read(4)] };
    row.is("the outer parts are as they were", kept, [WRITTEN; 2]);
    let came = [fault::store(pages.page(1)), fault::store(pages.page(4))];
    row.is(
        "their protections too",
        came,
        [Ended::Exited(0), SEGMENTATION_FAULT],
    );
    Ok(())
}
