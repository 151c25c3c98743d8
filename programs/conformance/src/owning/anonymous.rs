//! Memory that is asked for: how much, where, and what it holds.

use rawmap::{
    Errno, Prot,
    mapping::{Builder, Mapping, RequestError},
    page_size,
    space::{AddressSpace, Kernel, Placement},
};
use rawmap_bare::process::Ended;

use super::space::{DONE, F, W, answer, at, between, needed, os, request, spaces};
use crate::{
    fault,
    layout::{Layout, mapped},
    pages::{Pages, READ_WRITE},
    portable::seen::seen,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (501, made),
    (502, refused),
    (503, placed),
    (504, aligned),
    (505, given_up),
];

/// The first and the last byte of what is mapped.
fn edges(pages: &Pages, count: usize) -> [*mut u8; 2] {
    let first = pages.start.cast::<u8>();
    [first, first.wrapping_add(count * page_size() - 1)]
}

fn made(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        for (what, len, layout) in [
            ("a byte", 1, "x"),
            ("a page", page, "x"),
            ("a page and a byte", page + 1, "xx"),
            ("three pages", 3 * page, "xxx"),
        ] {
            let mapping = needed(Mapping::anonymous_in(of, len))?;
            let pages = Pages::of(mapping.region());
            row.is(
                format_args!("{space}, {what}: its length"),
                (mapping.len(), mapping.region().len()),
                (len, len),
            );
            row.is(
                format_args!("{space}, {what}: what it is"),
                (mapping.prot(), mapping.max_prot(), mapping.shared()),
                (Some(READ_WRITE), READ_WRITE, false),
            );
            row.is(
                format_args!("{space}, {what}: its granule and guards"),
                (mapping.granule(), mapping.guards()),
                (page, (0, 0)),
            );
            row.is(
                format_args!("{space}, {what}: it is there"),
                mapped(pages.start, layout.len()),
                Layout::of(layout),
            );
            // SAFETY: the row's own pages, which can be read and written to their end.
            let bytes = unsafe {
                edges(&pages, layout.len()).map(|byte| {
                    let before = byte.read_volatile();
                    byte.write_volatile(7);
                    (before, byte.read_volatile())
                })
            };
            row.is(
                format_args!("{space}, {what}: zero, and written"),
                bytes,
                [(0, 7); 2],
            );
            drop(mapping);
            row.is(
                format_args!("{space}, {what}: dropped"),
                mapped(pages.start, layout.len()),
                Layout::none(layout.len()),
            );
        }
        let mapping = needed(Mapping::anonymous_in(of, page))?;
        let pages = Pages::of(mapping.region());
        row.is(
            format_args!("{space}: unmap"),
            answer(mapping.unmap()),
            DONE,
        );
        row.is(
            format_args!("{space}: unmapped"),
            mapped(pages.start, 1),
            Layout::of("."),
        );
    }
    let mapping = needed(Mapping::anonymous(page))?;
    let pages = Pages::of(mapping.region());
    let came = fault::store(pages.start);
    row.is("by default, a store", came, Ended::Exited(0));
    drop(mapping);
    let came = mapped(pages.start, 1);
    row.is("by default, dropped", came, Layout::of("."));
    Ok(())
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let longest = isize::MAX as usize;
    let too_long = request(RequestError::TooLong);
    for (space, of) in spaces() {
        for (what, len, expected) in [
            ("0", 0, request(RequestError::Empty)),
            ("isize::MAX", longest, too_long),
            ("2^63", longest + 1, too_long),
            ("2^64 - 1", usize::MAX, too_long),
            ("2^56", 1 << 56, os(Errno::ENOMEM)),
        ] {
            let came = [
                answer(Mapping::anonymous_in(of, len)),
                answer(Builder::anonymous(len).map_in(of)),
                answer(Builder::anonymous(len).reserve_in(of)),
            ];
            row.is(format_args!("{space}, length {what}"), came, [expected; 3]);
        }
        let one = Builder::anonymous(page);
        for (what, builder, expected) in [
            ("guards of 2^64 - 1", one.guards(usize::MAX, 0), too_long),
            (
                "guards behind of 2^64 - 1",
                one.guards(0, usize::MAX),
                too_long,
            ),
            (
                "guards of 2^62 on both sides",
                one.guards(1 << 62, 1 << 62),
                too_long,
            ),
            (
                "alignment 0",
                one.align(0),
                request(RequestError::Alignment),
            ),
            (
                "alignment 3",
                one.align(3),
                request(RequestError::Alignment),
            ),
            (
                "alignment 3 pages",
                one.align(3 * page),
                request(RequestError::Alignment),
            ),
            (
                "an unaligned offset",
                one.offset(1),
                request(RequestError::UnalignedOffset),
            ),
            (
                "more than its maximum",
                one.max_prot(Prot::READ),
                request(RequestError::BeyondMaximum),
            ),
        ] {
            let came = answer(builder.map_in(of));
            row.is(format_args!("{space}, {what}"), came, expected);
        }
    }
    Ok(())
}

const KERNEL_HALF: usize = 0xffff_8000_0000_0000;

fn placed(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let around = between(4)?;
        let builder = at(&around, 2, 2 * page);
        let mapping = needed(builder.map_in(of))?;
        row.is(
            format_args!("{space}, a free place"),
            mapping.region().start(),
            around.page(2).addr(),
        );
        // SAFETY: the row's own pages.
        unsafe { Pages::of(mapping.region()).fill() };
        for (what, builder) in [
            ("the same place", builder),
            ("its second page", at(&around, 3, page)),
            ("into its start", at(&around, 1, 2 * page)),
            ("into what is before", at(&around, 0, 2 * page)),
            (
                "a guard behind, in it",
                at(&around, 1, page).guards(0, page),
            ),
            (
                "a guard before, in it",
                at(&around, 4, page).guards(page, 0),
            ),
        ] {
            let came = answer(builder.map_in(of));
            row.is(format_args!("{space}, {what}"), came, os(Errno::EEXIST));
        }
        // SAFETY: what is there can be read.
        let came = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, nothing changed"),
            came,
            [W, None, W, W, None, W],
        );
        drop(mapping);
        let again = needed(builder.map_in(of))?;
        // SAFETY: what is there can be read.
        let came = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, again after it was dropped"),
            came,
            [W, None, F, F, None, W],
        );
        drop(again);
        let fixed = |at| Builder::anonymous(page).placement(Placement::FixedNoReplace(at));
        for (what, builder, expected) in [
            ("0", fixed(0), request(RequestError::AddressZero)),
            ("5", fixed(5), request(RequestError::UnalignedAddress)),
            (
                "not as aligned as it is to be",
                fixed(3 << 21).align(1 << 22),
                request(RequestError::UnalignedAddress),
            ),
            (
                "no room for its guard",
                fixed(page).guards(page, 0),
                request(RequestError::AddressZero),
            ),
            (
                "no room for its guards",
                fixed(page).guards(3 * page, 0),
                request(RequestError::AddressZero),
            ),
            ("the kernel half", fixed(KERNEL_HALF), os(Errno::ENOMEM)),
        ] {
            let came = answer(builder.map_in(of));
            row.is(format_args!("{space}, place: {what}"), came, expected);
        }
        let hint = Builder::anonymous(page).placement(Placement::Hint(around.start.addr()));
        let came = answer(hint.map_in(of));
        row.is(format_args!("{space}, a hint in use"), came, DONE);
    }
    Ok(())
}

fn aligned(row: &Row<'_>) -> Result<(), Unable> {
    for (space, of) in spaces() {
        for (what, align) in [("64 KiB", 1 << 16), ("2 MiB", 1 << 21)] {
            let builder = Builder::anonymous(page_size() + 1).align(align);
            // Three times, since one address in many is aligned by chance.
            let made = [
                needed(builder.map_in(of))?,
                needed(builder.map_in(of))?,
                needed(builder.map_in(of))?,
            ];
            let came = made.each_ref().map(|mapping| {
                let pages = Pages::of(mapping.region());
                // SAFETY: the row's own pages.
                let there = unsafe { seen(pages.start) } == [F, F];
                (mapping.region().start() % align, there)
            });
            row.is(format_args!("{space}, {what}"), came, [(0, true); 3]);
            let starts = made.each_ref().map(|mapping| mapping.region().as_ptr());
            drop(made);
            let came = starts.map(|start| mapped(start, 2));
            row.is(
                format_args!("{space}, {what}: dropped"),
                came,
                [Layout::of(".."); 3],
            );
        }
        let less = needed(Builder::anonymous(1).align(8).map_in(of))?;
        let rest = less.region().start() % page_size();
        row.is(format_args!("{space}, less than a page"), rest, 0);
    }
    Ok(())
}

/// A mapping whose owner gives it up, and takes it back.
fn given_up(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let builder = Builder::anonymous(page + 5).guards(page, page);
        let (raw, of) = needed(builder.map_in(of))?.into_raw();
        let whole = raw.whole();
        row.is(
            format_args!("{space}: given up, it stays"),
            (raw.region().len(), mapped(whole.as_ptr(), 4)),
            (page + 5, Layout::of("xxxx")),
        );
        // SAFETY: it is as it was, and of this space.
        drop(unsafe { Mapping::from_raw_in(raw, of) });
        row.is(
            format_args!("{space}: taken back and dropped"),
            mapped(whole.as_ptr(), 4),
            Layout::of("...."),
        );
    }
    let (raw, _) = needed(Mapping::anonymous(page))?.into_raw();
    // SAFETY: the row's own page, which has no other owner.
    let came = unsafe { Kernel.unmap(raw.region()) };
    row.is("by other means", came, Ok(()));
    Ok(())
}
