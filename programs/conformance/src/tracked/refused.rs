//! What is refused leaves the registry as it was.

use core::ptr;

use rawmap::{
    Advice, Errno, Inherit, MapFlags, Prot, page_size,
    registry::Registry,
    space::{AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Placement, Region},
};

use super::{
    arena::{Arena, anonymous},
    state::State,
};
use crate::{
    answer::{DONE, EACCES, EBADF, EEXIST, EINVAL, ENOMEM, by_system},
    object::{self, object},
    pages::{ALL, READ_WRITE},
    placed::FAR,
    portable::owned::{answer, borrowed, region},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (301, empty),
    (302, requests),
    (303, regions),
    (304, replacements),
    (305, no_replace),
    (306, foreign),
    (307, image),
    (308, exhausted),
];

/// A registry of a program's own.
static LOCAL: Registry = Registry::new(Kernel);

fn empty(row: &Row<'_>) -> Result<(), Unable> {
    for (what, registry) in [("global", Registry::global()), ("local", &LOCAL)] {
        let numbers = (registry.len(), registry.mapped_bytes(), registry.is_empty());
        row.is(format_args!("{what}: nothing"), numbers, (0, 0, true));
        row.is(format_args!("{what}: its check"), registry.check(), Ok(()));
        for addr in [0, 1, page_size(), FAR, 1 << 63, usize::MAX] {
            let came = (registry.find(addr), registry.next(addr));
            row.is(
                format_args!("{what}: nothing at {addr:#x}"),
                came,
                (None, None),
            );
        }
        let came = registry.overlaps(0..usize::MAX);
        row.is(format_args!("{what}: nothing anywhere"), came, false);
        let arena = Arena::of(registry, 2);
        arena.is(
            row,
            format_args!("{what}: unmapping nothing"),
            arena.unmap(0..2),
            DONE,
            "..",
        );
    }
    // Two that know nothing of each other.
    let (one, other) = (Arena::free(4), Arena::of(&LOCAL, 4));
    one.is(row, "one has two", one.map(0, &anonymous(2)), DONE, "Ww..");
    other.is(
        row,
        "the other cannot have one of them",
        other.map(1, &anonymous(1)),
        EEXIST,
        "**..",
    );
    other.is(
        row,
        "the other has the next two",
        other.map(2, &anonymous(2)),
        DONE,
        "**Ww",
    );
    row.is("the one", one.state(), State::of("Ww**"));
    Ok(())
}

/// Row 1 of conformance.md, and those about arguments after it.
fn requests(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let arena = Arena::with("WwRr..")?;
    let file = borrowed(object(page)?);
    let program = borrowed(object::read_only(row.place)?);
    let at = |addr| Placement::FixedNoReplace(addr);
    let one = anonymous(1);
    let bits = Prot::from_bits_retain(0x43);
    for (what, request, expected) in [
        ("row 1: no bytes", MapRequest::anonymous(0), EINVAL),
        (
            "row 1: no bytes of an object",
            MapRequest::file(file, 0, 0),
            EINVAL,
        ),
        (
            "row 1: no bytes at a place",
            MapRequest::anonymous(0).placement(at(arena.addr(4))),
            EINVAL,
        ),
        (
            "row 2: a byte above a free place",
            one.placement(at(arena.addr(4) + 1)),
            EINVAL,
        ),
        (
            "row 3: an offset within a page",
            MapRequest::file(file, 1, page),
            EINVAL,
        ),
        (
            "row 6: a protection that there is not",
            one.prot(bits),
            EINVAL,
        ),
        (
            "row 6: a protection beyond its maximum",
            one.max_prot(Prot::READ),
            EINVAL,
        ),
        ("row 6: a flag", one.flags(MapFlags::FIXED), EINVAL),
        (
            "row 8: a descriptor that is not open",
            MapRequest::file(borrowed(77), 0, page),
            EBADF,
        ),
        (
            "row 10: write of what is open for reading",
            MapRequest::file(program, 0, page)
                .prot(READ_WRITE)
                .shared(true),
            EACCES,
        ),
        (
            "row 13: beyond all addresses",
            one.placement(at(0xffff_8000_0000_0000)),
            ENOMEM,
        ),
        ("row 14: 2^48 bytes", MapRequest::anonymous(1 << 48), ENOMEM),
        (
            "row 14: as many bytes as can be",
            MapRequest::anonymous(usize::MAX),
            ENOMEM,
        ),
        (
            "row 14: a range that wraps",
            anonymous(2).placement(at(0usize.wrapping_sub(page))),
            EINVAL,
        ),
        (
            "row 30: the address 0",
            one.placement(at(0)),
            Err(Errno::EPERM),
        ),
        ("an alignment of three bytes", one.align(3), EINVAL),
        (
            "zeros for the children of shared memory",
            one.shared(true).inherit(Inherit::ZERO),
            EINVAL,
        ),
        (
            "a policy that there is not",
            one.inherit(Inherit::from_raw(99)),
            EINVAL,
        ),
    ] {
        let came = answer(arena.registry.map(&request));
        arena.is(row, what, came, expected, "WwRr..");
    }
    Ok(())
}

/// Every call that takes a region and changes something.
///
/// # Safety
///
/// The region is one that every call refuses.
unsafe fn calls(registry: &Registry, region: Region) -> [(&'static str, rawmap::Result<()>); 10] {
    let attrs = Attrs::new();
    // SAFETY: the caller's contract.
    unsafe {
        let remap = |to| answer(registry.remap(region, page_size(), to, &attrs));
        [
            ("map_over", answer(registry.map_over(region, &anonymous(1)))),
            ("unmap", registry.unmap(region)),
            ("remap in place", remap(MoveTo::InPlace)),
            ("remap anywhere", remap(MoveTo::Anywhere)),
            ("protect", registry.protect(region, Prot::NONE)),
            ("advise", registry.advise(region, Advice::from_raw(9999))),
            (
                "discard, lazy",
                registry.discard(region, Discard::Lazy, &attrs),
            ),
            (
                "discard, zero",
                registry.discard(region, Discard::Zero, &attrs),
            ),
            ("inherit", registry.inherit(region, Inherit::NONE)),
            ("lock", registry.lock(region)),
        ]
    }
}

fn regions(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let arena = Arena::with("WwRr..")?;
    let start = arena.pages.start;
    for (what, region) in [
        (
            "row 54: within a page",
            region(start.wrapping_byte_add(5), page),
        ),
        (
            "row 54: no bytes within a page",
            region(start.wrapping_byte_add(5), 0),
        ),
        ("a range that wraps", region(start, usize::MAX)),
        (
            "a range that wraps to 0",
            region(start, 0usize.wrapping_sub(start.addr())),
        ),
        (
            "at the last page",
            region(
                ptr::without_provenance_mut(0usize.wrapping_sub(page)),
                2 * page,
            ),
        ),
    ] {
        // SAFETY: the region wraps or is not aligned, which every call refuses.
        for (call, came) in unsafe { calls(arena.registry, region) } {
            arena.is(row, format_args!("{call}, {what}"), came, EINVAL, "WwRr..");
        }
    }
    // SAFETY: the region is empty.
    for (call, came) in unsafe { calls(arena.registry, region(start, 0)) } {
        let makes = ["map_over", "unmap", "remap in place", "remap anywhere"].contains(&call);
        let expected = if makes { EINVAL } else { DONE };
        arena.is(
            row,
            format_args!("{call}, rows 55 and 74: no bytes"),
            came,
            expected,
            "WwRr..",
        );
    }
    let came = arena.protect(0..1, Prot::from_bits_retain(0x43));
    arena.is(row, "row 69: protection 0x40", came, EINVAL, "WwRr..");
    let came = arena.inherit(0..1, Inherit::from_raw(99));
    arena.is(
        row,
        "row 107: a policy that there is not",
        came,
        EINVAL,
        "WwRr..",
    );
    // SAFETY: the row's own page, and no advice that there is.
    let came = unsafe {
        arena
            .registry
            .advise(arena.part(0..1), Advice::from_raw(9999))
    };
    arena.is(row, "row 96: unknown advice", came, EINVAL, "WwRr..");
    for (what, count, expected) in [
        ("row 84: to no bytes", 0, EINVAL),
        ("to 2^56 bytes", (1 << 56) / page, ENOMEM),
    ] {
        for to in [MoveTo::InPlace, MoveTo::Anywhere] {
            let came = answer(arena.remap(0..2, count, to));
            arena.is(row, format_args!("remap, {what}"), came, expected, "WwRr..");
        }
    }
    Ok(())
}

fn replacements(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let arena = Arena::with("WwwwRr")?;
    let program = borrowed(object::read_only(row.place)?);
    let file = MapRequest::file(program, 0, 2 * page);
    for (what, request, expected) in [
        ("another length", anonymous(1), EINVAL),
        (
            "a place",
            anonymous(2).placement(Placement::FixedNoReplace(arena.addr(3))),
            EINVAL,
        ),
        (
            "a protection beyond its maximum",
            anonymous(2).max_prot(Prot::READ),
            EINVAL,
        ),
        (
            "an offset within a page",
            MapRequest::file(program, 1, 2 * page),
            EINVAL,
        ),
        (
            "a descriptor that is not open",
            MapRequest::file(borrowed(77), 0, 2 * page),
            EBADF,
        ),
        (
            "write of what is open for reading",
            file.prot(READ_WRITE).shared(true),
            EACCES,
        ),
    ] {
        let came = arena.map_over(3..5, &request);
        arena.is(row, what, came, expected, "WwwwRr");
    }
    Ok(())
}

/// The nine steps of row 22.
fn no_replace(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("..Wwww..")?;
    let file = borrowed(object(8 * page_size())?);
    for (what, pages) in [
        ("exactly what is there", 2..6),
        ("inside", 3..5),
        ("its first page", 2..3),
        ("its last page", 5..6),
        ("over its head", 1..4),
        ("over its tail", 4..7),
        ("around it", 0..8),
    ] {
        for (how, request) in [
            ("anonymous", anonymous(pages.len())),
            ("shared", anonymous(pages.len()).shared(true)),
            (
                "row 23: an object",
                MapRequest::file(file, 0, pages.len() * page_size()),
            ),
        ] {
            let came = arena.map(pages.start, &request);
            arena.is(
                row,
                format_args!("row 22: {what}, {how}"),
                came,
                EEXIST,
                "..Wwww..",
            );
        }
    }
    // One with it, and one for itself.
    let came = arena.map(1, &anonymous(1));
    arena.is(row, "row 22: adjacent below", came, DONE, ".Wwwww..");
    let came = arena.map(6, &anonymous(1).prot(Prot::READ));
    arena.is(row, "row 22: adjacent above", came, DONE, ".WwwwwR.");
    let (came, two) = (arena.map(0, &anonymous(2)), arena.map(6, &anonymous(2)));
    arena.is(row, "below and over it", came, EEXIST, ".WwwwwR.");
    arena.is(row, "above and over it", two, EEXIST, ".WwwwwR.");
    Ok(())
}

/// Row 24: what was mapped otherwise.
fn foreign(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::free(6);
    arena.map_foreign(2..4)?;
    let file = borrowed(object(6 * page_size())?);
    for (what, pages) in [
        ("exactly", 2..4),
        ("inside", 3..4),
        ("over its head", 1..3),
        ("over its tail", 3..5),
        ("around", 0..6),
    ] {
        let came = arena.map(pages.start, &anonymous(pages.len()));
        arena.is(row, format_args!("row 24: {what}"), came, EEXIST, "..**..");
        let request = MapRequest::file(file, 0, pages.len() * page_size());
        let came = arena.map(pages.start, &request);
        arena.is(
            row,
            format_args!("row 24: {what}, an object"),
            came,
            EEXIST,
            "..**..",
        );
    }
    let came = arena.map(0, &anonymous(2)).and(arena.map(4, &anonymous(2)));
    arena.is(row, "row 24: beside it", came, DONE, "Ww**Ww");
    arena.is(row, "one call for all", arena.unmap(0..6), DONE, "......");
    Ok(())
}

/// Row 26.
fn image(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww")?;
    let on_stack = 0u8;
    for (what, addr) in [
        ("its code", image as *const () as usize),
        ("its data", (&raw const LOCAL).addr()),
        ("its stack", (&raw const on_stack).addr()),
    ] {
        let place = Placement::FixedNoReplace(addr & !(page_size() - 1));
        let came = arena.registry.map(&anonymous(1).placement(place));
        arena.is(
            row,
            format_args!("row 26: {what}"),
            answer(came),
            EEXIST,
            "Ww",
        );
    }
    Ok(())
}

/// Errors that come after the arguments were looked at.
fn exhausted(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww.Rr.")?;
    let len = (1 << 47) / page_size();
    let came = answer(
        arena
            .registry
            .map(&anonymous(len).max_prot(ALL).align(1 << 47)),
    );
    arena.is(row, "more than there is, aligned", came, ENOMEM, "Ww.Rr.");
    let came = answer(arena.remap(0..2, 4, MoveTo::InPlace));
    arena.is(row, "row 83: no room", came, ENOMEM, "Ww.Rr.");
    let came = arena.inherit(0..2, Inherit::SHARE);
    let expected = by_system(Err(Errno::ENOTSUP), DONE, DONE);
    arena.is(row, "row 107: share", came, expected, "Ww.Rr.");
    Ok(())
}
