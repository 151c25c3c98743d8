//! Where mappings go: never over anything, and to exactly the place that was asked for if it is free.

use core::{ffi::c_void, ptr};

use rawmap::{
    Prot, page_size, raw,
    space::{AddressSpace, Kernel, MapRequest, MoveTo, Placement},
};
use rawmap_bare::anonymous as foreign;

use super::{
    owned::{Owned, anonymous, answer, borrowed, numbered_object},
    seen::seen,
};
use crate::{
    answer::{DONE, EEXIST, EPERM},
    layout::{Layout, mapped},
    pages::{FRESH, PRIVATE, Pages, WRITTEN},
    placed::FAR,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (211, overlaps),
    (212, of_others),
    (213, address_0),
    (214, free),
    (215, hints),
];

/// Three pages between two that are free.
fn surrounded() -> Result<Owned, Unable> {
    let owned = Owned::private(5)?;
    owned.cut(0, 1)?;
    owned.cut(4, 1)?;
    Ok(owned)
}

const SURROUNDED: [Option<u8>; 5] = [None, Some(WRITTEN), Some(WRITTEN), Some(WRITTEN), None];

fn overlaps(row: &Row<'_>) -> Result<(), Unable> {
    let object = borrowed(numbered_object(5)?);
    let other = Owned::private(5)?;
    // Last of all, so that nothing else comes into its gaps.
    let owned = surrounded()?;
    for (what, first, count) in [
        ("exactly what is there", 1, 3),
        ("more than what is there", 0, 5),
        ("inside what is there", 2, 1),
        ("over its head", 0, 2),
        ("over its tail", 3, 2),
        ("up to its head", 0, 4),
        ("from its tail on", 1, 4),
    ] {
        let at = owned.pages.page(first).addr();
        let place = Placement::FixedNoReplace(at);
        let len = count * page_size();
        for (how, request) in [
            ("anonymous", MapRequest::anonymous(len)),
            ("shared", MapRequest::anonymous(len).shared(true)),
            (
                "without access",
                MapRequest::anonymous(len).prot(Prot::NONE),
            ),
            ("an object", MapRequest::file(object, 0, len)),
            ("populated", MapRequest::anonymous(len).populate(true)),
        ] {
            let came = Kernel.map(&request.placement(place));
            row.is(format_args!("{what}, {how}"), answer(came), EEXIST);
        }
        let came = other
            .piece(0, count)
            .remap(count, MoveTo::FixedNoReplace(at));
        let came = came.map(|_| ());
        row.is(format_args!("{what}, remap"), came, EEXIST);
        // SAFETY: what is there can be read.
        let came = unsafe { (seen(owned.pages.start), other.holds(0, 5)) };
        row.is(
            format_args!("{what}: nothing changed"),
            came,
            (SURROUNDED, true),
        );
    }
    Ok(())
}

/// What rows must not replace, in the program's own image.
static DATA: u8 = 5;

fn of_others(row: &Row<'_>) -> Result<(), Unable> {
    let made = foreign::share(page_size())
        .map_err(|number| Unable::because("memory that others mapped", number))?;
    let none = Pages::map(1, Prot::NONE, PRIVATE, -1)
        .map_err(|error| Unable::to("memory without access", error))?;
    let local = 0u8;
    let code = (of_others as *const c_void).cast_mut();
    let data = (&raw const DATA).cast::<c_void>().cast_mut();
    let stack = (&raw const local).cast::<c_void>().cast_mut();
    for (what, address) in [
        ("memory that others mapped", made),
        ("memory without access", none.start),
        ("the program's code", code),
        ("the program's data", data),
        ("the stack", stack),
    ] {
        let at = address.addr() & !(page_size() - 1);
        let request = anonymous(1).placement(Placement::FixedNoReplace(at));
        row.is(what, answer(Kernel.map(&request)), EEXIST);
        let request = request.prot(Prot::NONE).shared(true);
        row.is(
            format_args!("{what}, shared"),
            answer(Kernel.map(&request)),
            EEXIST,
        );
        let owned = Owned::private(1)?;
        let came = owned.remap(1, MoveTo::FixedNoReplace(at)).map(|_| ());
        row.is(format_args!("{what}, remap"), came, EEXIST);
        let start = address.map_addr(|_| at);
        row.is(
            format_args!("{what} is there"),
            mapped(start, 1),
            Layout::of("x"),
        );
    }
    // SAFETY: the page is mapped, and the static is one.
    let came = unsafe {
        [
            made.cast::<u8>().read_volatile(),
            (&raw const DATA).read_volatile(),
        ]
    };
    row.is("what they hold", came, [FRESH, 5]);
    Ok(())
}

fn address_0(row: &Row<'_>) -> Result<(), Unable> {
    let object = borrowed(numbered_object(1)?);
    let place = Placement::FixedNoReplace(0);
    for (what, request) in [
        ("anonymous", anonymous(1)),
        ("shared", anonymous(1).shared(true)),
        ("aligned", anonymous(1).align(1 << 21)),
        ("an object", MapRequest::file(object, 0, page_size())),
    ] {
        row.is(what, answer(Kernel.map(&request.placement(place))), EPERM);
    }
    let owned = Owned::private(2)?;
    for (what, count) in [("as it is", 2), ("shorter", 1), ("longer", 3)] {
        let came = owned.remap(count, MoveTo::FixedNoReplace(0)).map(|_| ());
        row.is(format_args!("remap, {what}"), came, EPERM);
    }
    row.is(
        "nothing is there",
        mapped(ptr::null_mut(), 1),
        Layout::of("."),
    );
    // SAFETY: the row's own pages.
    row.holds("nothing changed", unsafe { owned.holds(0, 2) });
    Ok(())
}

fn free(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let object = borrowed(numbered_object(2)?);
    for (how, request, byte) in [
        ("anonymous", anonymous(1), FRESH),
        ("shared", anonymous(1).shared(true), FRESH),
        ("an object", MapRequest::file(object, page as u64, page), 2),
        (
            "a shared object",
            MapRequest::file(object, page as u64, page).shared(true),
            2,
        ),
        ("populated", anonymous(1).populate(true), FRESH),
        ("aligned to a page", anonymous(1).align(page), FRESH),
    ] {
        let freed = Owned::private(4)?;
        let owned = surrounded()?;
        let (below, above) = (owned.pages.page(0), owned.pages.page(4));
        freed.cut(0, 4)?;
        let freed = freed.pages;
        let far = ptr::without_provenance_mut(FAR);
        for (what, at) in [
            ("just below what is there", below),
            ("just above", above),
            ("a range that was freed", freed.page(1)),
            ("the page behind it", freed.page(2)),
            ("far from everything", far),
        ] {
            let came = Kernel.map(&request.placement(Placement::FixedNoReplace(at.addr())));
            row.is(
                format_args!("{what}, {how}"),
                came.map(|region| (region.start(), region.len())),
                Ok((at.addr(), page)),
            );
            if let Ok(region) = came {
                // SAFETY: the mapping was made just now, and can be read.
                let came = unsafe { region.as_ptr().cast::<u8>().read_volatile() };
                row.is(format_args!("what it holds, {what}, {how}"), came, byte);
            }
        }
        // SAFETY: the row's own pages.
        let came = unsafe { owned.holds(1, 3) };
        row.holds(format_args!("what was there is as it was, {how}"), came);
        // SAFETY: nothing refers to it.
        let gone = unsafe { raw::munmap(far, page) };
        row.is(format_args!("the far page goes, {how}"), gone, DONE);
    }
    Ok(())
}

fn hints(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let used = Owned::private(3)?;
    let place = Pages::free_place(4)?;
    let object = borrowed(numbered_object(3)?);
    let start = used.region.start();
    for (what, hint) in [
        ("0", 0),
        ("1", 1),
        ("in use", start),
        ("in use, unaligned", start + 5),
        ("overlapping what is in use", start - page),
        ("free", place.start.addr()),
        ("free, unaligned", place.start.addr() + page + 5),
        ("far", FAR),
        ("in the kernel half", 0xffff_8000_0000_0000),
        ("in the kernel half, unaligned", 0xffff_8000_0000_0005),
        ("just below 2^64", 0usize.wrapping_sub(page)),
        ("the last address", usize::MAX),
        ("the middle of all addresses", 1 << 63),
    ] {
        for (how, request) in [
            ("anonymous", anonymous(3)),
            ("shared", anonymous(3).shared(true)),
            ("an object", MapRequest::file(object, 0, 3 * page)),
            ("aligned", anonymous(3).align(1 << 21)),
        ] {
            let came = Kernel.map(&request.placement(Placement::Hint(hint)));
            let Ok(region) = came else {
                row.is(format_args!("{what}, {how}"), answer(came), DONE);
                continue;
            };
            let aligned = region.start().is_multiple_of(page);
            let apart = region.start() >= start + 3 * page || region.start() + 3 * page <= start;
            let there = mapped(region.as_ptr(), 3) == Layout::of("xxx");
            row.is(
                format_args!("{what}, {how}"),
                [aligned, apart, there],
                [true; 3],
            );
            // SAFETY: it was made just now.
            unsafe { Kernel.unmap(region) }.map_err(|error| Unable::to("Kernel::unmap", error))?;
        }
    }
    // SAFETY: the row's own pages.
    row.holds("what was there is as it was", unsafe { used.holds(0, 3) });
    Ok(())
}
