//! Arguments that make no sense, which are refused alike everywhere, before anything has changed.

use core::ptr;

use rawmap::{
    Advice, Errno, Inherit, MapFlags, Prot, Result, page_size,
    space::{
        AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Placement, Region, SyncMode,
    },
};
use rawmap_bare::{file::Access, process::Ended};

use super::{
    owned::{Owned, anonymous, answer, borrowed, numbered_object, region},
    seen::seen,
};
use crate::{
    answer::{DONE, EACCES, EBADF, EEXIST, EINVAL, ENOMEM},
    fault,
    layout::{Layout, mapped},
    object::{self, File, object},
    pages::{ALL, Pages, READ_WRITE, WRITTEN},
    report::{Ask, Row, Unable},
    rows::NO_FOLDER,
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (201, no_bytes),
    (202, wraps),
    (203, unaligned),
    (204, too_long),
    (205, outside),
    (206, protections),
    (207, flags),
    (208, descriptors),
    (209, replacements),
];

/// What every call says of a region, but those that only look at something else. Those that make something need bytes.
///
/// # Safety
///
/// The region is empty, or one that every call refuses.
unsafe fn calls(region: Region) -> [(&'static str, bool, Result<()>); 13] {
    let attrs = Attrs::new();
    let page = page_size();
    // SAFETY: the caller's contract.
    unsafe {
        let remap = |to| answer(Kernel.remap(region, page, to, &attrs));
        let over = answer(Kernel.map_over(region, &anonymous(1)));
        [
            ("map_over", true, over),
            ("unmap", true, Kernel.unmap(region)),
            ("remap in place", true, remap(MoveTo::InPlace)),
            ("remap anywhere", true, remap(MoveTo::Anywhere)),
            ("protect", false, Kernel.protect(region, Prot::NONE)),
            ("advise", false, Kernel.advise(region, UNKNOWN_ADVICE)),
            (
                "discard, lazy",
                false,
                Kernel.discard(region, Discard::Lazy, &attrs),
            ),
            (
                "discard, zero",
                false,
                Kernel.discard(region, Discard::Zero, &attrs),
            ),
            ("inherit", false, Kernel.inherit(region, Inherit::NONE)),
            (
                "sync, start",
                false,
                Kernel.sync(region, SyncMode::Start, false),
            ),
            (
                "sync, wait",
                false,
                Kernel.sync(region, SyncMode::Wait, true),
            ),
            ("lock", false, Kernel.lock(region)),
            ("unlock", false, Kernel.unlock(region)),
        ]
    }
}

/// What every kernel refuses, if it is asked.
const UNKNOWN_ADVICE: Advice = Advice::from_raw(9999);

/// So many pages of a row's are there and hold what it wrote, and it can store to them.
fn is_untouched(row: &Row<'_>, what: &str, owned: &Owned) {
    // SAFETY: what is there can be read.
    let came = unsafe { seen::<3>(owned.pages.start) };
    row.is(
        format_args!("nothing changes, {what}"),
        came,
        [Some(WRITTEN); 3],
    );
    let stores = [0, 1, 2].map(|page| fault::store(owned.pages.page(page)));
    row.is(
        format_args!("nothing changes for children, {what}"),
        stores,
        [Ended::Exited(0); 3],
    );
}

fn no_bytes(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let object = borrowed(object(page_size())?);
    let owned = Owned::private(3)?;
    let place = Pages::free_place(2)?;
    let nothing = MapRequest::anonymous(0);
    let at = place.start.addr();
    for (what, request) in [
        ("anonymous", nothing),
        ("anonymous and shared", nothing.shared(true)),
        ("of an object", MapRequest::file(object, 0, 0)),
        ("with a hint", nothing.placement(Placement::Hint(at))),
        (
            "at a free place",
            nothing.placement(Placement::FixedNoReplace(at)),
        ),
        ("aligned", nothing.align(1 << 21)),
    ] {
        row.is(
            format_args!("map, {what}"),
            answer(Kernel.map(&request)),
            EINVAL,
        );
    }
    row.is(
        "nothing is mapped",
        mapped(place.start, 2),
        Layout::of(".."),
    );
    for (what, start) in [
        ("at the start", owned.pages.start),
        ("inside", owned.pages.page(1)),
        ("at the end", owned.pages.page(3)),
        ("where nothing is", place.start),
    ] {
        // SAFETY: the region is empty.
        for (call, makes, came) in unsafe { calls(region(start, 0)) } {
            let expected = if makes { EINVAL } else { DONE };
            row.is(format_args!("{call}, {what}"), came, expected);
        }
    }
    for (what, to) in [
        ("in place", MoveTo::InPlace),
        ("anywhere", MoveTo::Anywhere),
        ("to a free place", MoveTo::FixedNoReplace(at)),
    ] {
        let came = owned.remap(0, to).map(|_| ());
        row.is(format_args!("remap to nothing, {what}"), came, EINVAL);
    }
    is_untouched(row, "by no bytes", &owned);
    Ok(())
}

/// The last address of all that is a multiple of the page size.
fn last_page() -> usize {
    0usize.wrapping_sub(page_size())
}

fn wraps(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let owned = Owned::private(3)?;
    let file = borrowed(object(8 * page)?);
    for (what, at, pages) in [
        ("by a page", last_page(), 2),
        ("by four pages", last_page() - 3 * page, 8),
    ] {
        let place = Placement::FixedNoReplace(at);
        let came = Kernel.map(&anonymous(pages).placement(place));
        row.is(format_args!("map, {what}"), answer(came), EINVAL);
        let came = Kernel.map(&MapRequest::file(file, 0, pages * page).placement(place));
        row.is(
            format_args!("map of an object, {what}"),
            answer(came),
            EINVAL,
        );
        let came = owned.remap(pages, MoveTo::FixedNoReplace(at)).map(|_| ());
        row.is(format_args!("remap, {what}"), came, EINVAL);
    }
    let start = owned.pages.start;
    for (what, start, len) in [
        ("to 0", start, 0usize.wrapping_sub(start.addr())),
        ("as long as can be", start, usize::MAX),
        (
            "at the last page",
            ptr::without_provenance_mut(last_page()),
            2 * page,
        ),
    ] {
        // SAFETY: the region wraps, which every call refuses.
        for (call, _, came) in unsafe { calls(region(start, len)) } {
            row.is(format_args!("{call}, {what}"), came, EINVAL);
        }
    }
    is_untouched(row, "by ranges that wrap", &owned);
    Ok(())
}

/// Three pages, of which each call is to take the second one alone.
fn unaligned(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let owned = Owned::private(3)?;
    for (what, offset) in [("by 5 bytes", 5), ("by half a page", page / 2)] {
        let start = owned.pages.page(1).wrapping_byte_add(offset);
        for (how, len) in [("a page", page), ("no bytes", 0)] {
            // SAFETY: the region is not aligned, which every call refuses.
            for (call, _, came) in unsafe { calls(region(start, len)) } {
                row.is(format_args!("{call} of {how}, {what}"), came, EINVAL);
            }
        }
    }
    is_untouched(row, "by unaligned ranges", &owned);

    let one = anonymous(1);
    for (what, align) in [("1", 1), ("2", 2), ("a page", page)] {
        let came = Owned::map(&one.align(align))?;
        let came = came.region.start() % page;
        row.is(format_args!("alignment {what}"), came, 0);
    }
    let object = borrowed(object(4 * page)?);
    let place = Pages::free_place(33)?;
    let at = place.start.addr();
    let fixed = |at| Placement::FixedNoReplace(at);
    for (what, request) in [
        ("a byte above", one.placement(fixed(at + 1))),
        ("half a page above", one.placement(fixed(at + page / 2))),
        ("not where the alignment is", {
            let odd = if at.is_multiple_of(32 * page) {
                at + page
            } else {
                at
            };
            one.placement(fixed(odd)).align(32 * page)
        }),
        ("alignment 0", one.align(0)),
        ("alignment 3", one.align(3)),
        ("alignment of three pages", one.align(3 * page)),
        ("the largest alignment there is not", one.align(usize::MAX)),
    ] {
        row.is(what, answer(Kernel.map(&request)), EINVAL);
        row.is(
            format_args!("{what}, shared"),
            answer(Kernel.map(&request.shared(true))),
            EINVAL,
        );
    }
    for (what, offset) in [("1", 1), ("100", 100), ("half a page", page as u64 / 2)] {
        let request = MapRequest::file(object, offset, page);
        for (how, shared) in [("private", false), ("shared", true)] {
            row.is(
                format_args!("file offset {what}, {how}"),
                answer(Kernel.map(&request.shared(shared))),
                EINVAL,
            );
        }
    }
    for (what, to) in [
        ("a byte above", at + 1),
        ("half a page above", at + page / 2),
    ] {
        let came = owned.remap(3, MoveTo::FixedNoReplace(to)).map(|_| ());
        row.is(format_args!("remap to {what}"), came, EINVAL);
    }
    row.is(
        "nothing is mapped",
        mapped(place.start, 32),
        Layout::none(32),
    );
    is_untouched(row, "by unaligned places", &owned);
    Ok(())
}

fn too_long(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let owned = Owned::private(3)?;
    let object = borrowed(object(page)?);
    for (what, len) in [
        ("2^48", 1 << 48),
        ("2^56", 1 << 56),
        ("as many pages as can be", isize::MAX as usize & !(page - 1)),
        ("isize::MAX, rounded up", isize::MAX as usize),
        ("one more", isize::MAX as usize + 1),
        ("near 2^64", usize::MAX - 100),
        ("usize::MAX", usize::MAX),
    ] {
        let request = MapRequest::anonymous(len);
        row.is(
            format_args!("map, {what}"),
            answer(Kernel.map(&request)),
            ENOMEM,
        );
        let came = Kernel.map(&request.align(1 << 21));
        row.is(format_args!("map, aligned, {what}"), answer(came), ENOMEM);
        // SAFETY: the row's own pages, which stay where they are.
        let remap = |to| unsafe { Kernel.remap(owned.region, len, to, &owned.attrs) };
        row.is(
            format_args!("remap in place, {what}"),
            answer(remap(MoveTo::InPlace)),
            ENOMEM,
        );
        row.is(
            format_args!("remap anywhere, {what}"),
            answer(remap(MoveTo::Anywhere)),
            ENOMEM,
        );
        if len > isize::MAX as usize & !(page - 1) {
            let came = Kernel.map(&MapRequest::file(object, 0, len));
            row.is(
                format_args!("map of an object, {what}"),
                answer(came),
                ENOMEM,
            );
        }
    }
    let request = MapRequest::file(object, i64::MAX as u64 & !(page as u64 - 1), page);
    row.is(
        "an offset beyond every file",
        answer(Kernel.map(&request)),
        Err(Errno::EOVERFLOW),
    );
    is_untouched(row, "by what is too long", &owned);
    Ok(())
}

/// The first address that no program has on any system here.
const KERNEL_HALF: usize = 0xffff_8000_0000_0000;

/// Where the addresses of programs may end: NetBSD's and Linux' on x86_64, those of 47 bits, of 48 and 52 bits on aarch64,
/// and of 57 bits on x86_64. Some leave out the last page.
fn ends() -> [usize; 8] {
    let page = page_size();
    [
        (0x7f80 << 32) - page,
        (1 << 47) - page,
        1 << 47,
        (1 << 48) - page,
        1 << 48,
        1 << 52,
        (1 << 56) - page,
        1 << 56,
    ]
}

/// What becomes of a page at an address; what is mapped is unmapped.
fn try_page(at: usize) -> Result<()> {
    let region = Kernel.map(&anonymous(1).placement(Placement::FixedNoReplace(at)))?;
    // SAFETY: it was made just now.
    unsafe { Kernel.unmap(region) }
}

fn outside(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let Some(end) = ends().into_iter().find(|&end| try_page(end) == ENOMEM) else {
        row.holds("somewhere the addresses of programs end", false);
        return Ok(());
    };
    let before = try_page(end - page);
    row.holds(
        format_args!("the page before {end:#x} is a program's: {before:?}"),
        [DONE, EEXIST].contains(&before),
    );
    let owned = Owned::private(3)?;
    let object = borrowed(object(2 * page)?);
    for (what, at, pages) in [
        ("just beyond", end, 1),
        ("over the end", end - page, 2),
        ("a page further", end + page, 1),
        ("in the kernel half", KERNEL_HALF, 1),
        ("high in the kernel half", 0usize.wrapping_sub(16 * page), 2),
        ("just below 2^64", last_page(), 1),
    ] {
        let place = Placement::FixedNoReplace(at);
        let came = Kernel.map(&anonymous(pages).placement(place));
        row.is(what, answer(came), ENOMEM);
        let came = Kernel.map(&anonymous(pages).shared(true).placement(place));
        row.is(format_args!("{what}, shared"), answer(came), ENOMEM);
        let came = Kernel.map(&MapRequest::file(object, 0, pages * page).placement(place));
        row.is(format_args!("{what}, an object"), answer(came), ENOMEM);
        let came = owned.remap(pages, MoveTo::FixedNoReplace(at)).map(|_| ());
        row.is(format_args!("{what}, remap"), came, ENOMEM);
    }
    is_untouched(row, "by places that no program has", &owned);
    Ok(())
}

fn protections(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let request = anonymous(1);
    let bits = Prot::from_bits_retain;
    for (what, prot, max_prot) in [
        ("write beyond read", READ_WRITE, Prot::READ),
        ("execute beyond read and write", Prot::EXEC, READ_WRITE),
        ("everything beyond read and write", ALL, READ_WRITE),
        ("read beyond none", Prot::READ, Prot::NONE),
        ("bit 0x40", bits(0x43), READ_WRITE),
        ("bit 30", bits(1 << 30), READ_WRITE),
        ("a maximum of the raw layer", bits(0x3_0003), READ_WRITE),
        ("bit 0x40 of the maximum", READ_WRITE, bits(0x43)),
        ("bit 30 of the maximum", READ_WRITE, bits(1 << 30 | 3)),
    ] {
        let came = Kernel.map(&request.prot(prot).max_prot(max_prot));
        row.is(what, answer(came), EINVAL);
        // SAFETY: the request is refused.
        let came = unsafe {
            let owned = Owned::private(1)?;
            let attrs = owned.attrs.with_prot(prot).with_max_prot(max_prot);
            Kernel.discard(owned.region, Discard::Zero, &attrs)
        };
        row.is(format_args!("attributes, {what}"), came, EINVAL);
    }
    let came = Kernel.map(&request.prot(Prot::NONE).max_prot(Prot::NONE));
    row.is("none within none", answer(came), DONE);
    let owned = Owned::private(3)?;
    for (what, prot) in [
        ("bit 0x40", bits(0x43)),
        ("bit 30", bits(1 << 30)),
        ("a maximum of the raw layer", bits(0x3_0003)),
    ] {
        // SAFETY: the protection is refused.
        let came = unsafe { Kernel.protect(owned.region, prot) };
        row.is(format_args!("protect, {what}"), came, EINVAL);
    }
    is_untouched(row, "by protections that there are not", &owned);
    Ok(())
}

/// Flags that anyone may add.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const HARMLESS: &[MapFlags] = &[
    MapFlags::NORESERVE,
    MapFlags::STACK,
    MapFlags::MAP_32BIT,
    MapFlags::ABOVE4G,
];
/// Flags that anyone may add.
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
const HARMLESS: &[MapFlags] = &[MapFlags::NORESERVE, MapFlags::STACK];
/// Flags that anyone may add.
#[cfg(target_os = "freebsd")]
const HARMLESS: &[MapFlags] = &[
    MapFlags::MAP_32BIT,
    MapFlags::NOSYNC,
    MapFlags::PREFAULT_READ,
    MapFlags::HASSEMAPHORE,
];
/// Flags that anyone may add.
#[cfg(target_os = "netbsd")]
const HARMLESS: &[MapFlags] = &[
    MapFlags::NORESERVE,
    MapFlags::STACK,
    MapFlags::TRYFIXED,
    MapFlags::HASSEMAPHORE,
];

fn flags(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let owned = Owned::private(3)?;
    let mut granted = 0;
    let mut refused = 0;
    for bit in 0..u32::BITS {
        let flags = MapFlags::from_bits_retain(1 << bit);
        let harmless = HARMLESS.contains(&flags);
        let hint = Placement::Hint(owned.region.start());
        for request in [anonymous(1), anonymous(1).placement(hint)] {
            match answer(Kernel.map(&request.flags(flags))) {
                DONE if harmless => granted += 1,
                EINVAL if !harmless => refused += 1,
                came => row.is(format_args!("flag {:#x}", flags.bits()), came, DONE),
            }
        }
    }
    row.is("flags that do no harm", granted, 2 * HARMLESS.len());
    row.is("flags that are refused", refused, 2 * (32 - HARMLESS.len()));
    is_untouched(row, "by flags", &owned);
    Ok(())
}

fn descriptors(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let program = borrowed(object::read_only(row.place)?);
    let request = MapRequest::file(program, 0, page);
    for (what, prot) in [("write", Prot::WRITE), ("read and write", READ_WRITE)] {
        let came = Kernel.map(&request.prot(prot).shared(true));
        row.is(
            format_args!("read-only, shared, to {what}"),
            answer(came),
            EACCES,
        );
        let came = Kernel.map(&request.prot(prot).shared(true).align(1 << 16));
        row.is(
            format_args!("the same, aligned, to {what}"),
            answer(came),
            EACCES,
        );
    }
    for (what, shared, max_prot, write) in [
        (
            "shared, with write in the maximum",
            true,
            READ_WRITE,
            EACCES,
        ),
        ("shared, with everything in the maximum", true, ALL, EACCES),
        (
            "private, with write in the maximum",
            false,
            READ_WRITE,
            DONE,
        ),
    ] {
        let mut owned = Owned::map(&request.shared(shared).max_prot(max_prot))?;
        // SAFETY: the row's own mapping of a file that does not change.
        let byte = unsafe { owned.pages.read(0) };
        row.is(format_args!("read-only, {what}"), byte, b'\x7f');
        row.is(
            format_args!("to write then, {what}"),
            owned.protect(READ_WRITE),
            write,
        );
        let changes = [owned.protect(Prot::NONE), owned.protect(Prot::READ)];
        row.is(format_args!("to read again, {what}"), changes, [DONE; 2]);
        let came = fault::load(owned.pages.start);
        row.is(format_args!("a load, {what}"), came, Ended::Exited(b'\x7f'));
    }
    let none = MapRequest::file(borrowed(77), 0, page);
    row.is(
        "a descriptor that is not open",
        answer(Kernel.map(&none)),
        EBADF,
    );
    let Some(file) = File::make(row.place, page)? else {
        row.skip("a descriptor for writing only", NO_FOLDER);
        return Ok(());
    };
    let request = MapRequest::file(borrowed(file.open(Access::Write)?), 0, page);
    for (what, shared) in [("shared", true), ("private", false)] {
        let came = Kernel.map(&request.shared(shared));
        row.is(
            format_args!("write-only, to read, {what}"),
            answer(came),
            EACCES,
        );
    }
    Ok(())
}

fn replacements(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let owned = Owned::private(3)?;
    let second = owned.part(1, 1);
    let at = second.start();
    for (what, region, request) in [
        ("another length", second, anonymous(2)),
        (
            "a hint",
            second,
            anonymous(1).placement(Placement::Hint(at)),
        ),
        (
            "a place",
            second,
            anonymous(1).placement(Placement::FixedNoReplace(at)),
        ),
        ("no bytes", second, MapRequest::anonymous(0)),
        (
            "an alignment that it has not",
            owned.part(if at.is_multiple_of(1 << 16) { 0 } else { 1 }, 1),
            anonymous(1).align(1 << 16),
        ),
        (
            "a protection beyond its maximum",
            second,
            anonymous(1).max_prot(Prot::READ),
        ),
        ("a flag", second, anonymous(1).flags(MapFlags::FIXED)),
        (
            "zeros for the children of shared memory",
            second,
            anonymous(1).shared(true).inherit(Inherit::ZERO),
        ),
    ] {
        // SAFETY: the request is refused.
        let came = unsafe { Kernel.map_over(region, &request) };
        row.is(what, answer(came), EINVAL);
    }
    is_untouched(row, "by replacements", &owned);
    // SAFETY: the row's own page.
    let came = unsafe { Kernel.map_over(second, &anonymous(1)) };
    row.is("a replacement", came, Ok(second));
    // SAFETY: the row's own pages.
    let came = unsafe { seen::<3>(owned.pages.start) };
    row.is(
        "it replaces its page alone",
        came,
        [Some(WRITTEN), Some(0), Some(WRITTEN)],
    );
    let object = numbered_object(2)?;
    let request = MapRequest::file(borrowed(object), page_size() as u64, page_size());
    // SAFETY: the row's own page.
    let came = unsafe { Kernel.map_over(second, &request.inherit(Inherit::NONE)) };
    row.is("a replacement by an object", came, Ok(second));
    // SAFETY: the row's own pages.
    let came = unsafe { seen::<3>(owned.pages.start) };
    row.is("it is there", came, [Some(WRITTEN), Some(2), Some(WRITTEN)]);
    let child = fault::load(second.as_ptr());
    row.is("children get none of it", child, fault::SEGMENTATION_FAULT);
    Ok(())
}
