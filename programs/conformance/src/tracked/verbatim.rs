//! The systems' own calls, recorded: the pages that each kernel touches.

use core::ptr;

use rawmap::{
    Errno, MapFlags, Prot, RawFd, Result, page_size,
    space::{Kind, MapRequest},
};
use rawmap_bare::process::Ended;

use super::arena::{Arena, anonymous};
use crate::{
    answer::{DONE, EACCES, EBADF, EINVAL, ENOMEM, by_system},
    fault::{self, SEGMENTATION_FAULT},
    object,
    pages::{PRIVATE, PRIVATE_OBJECT, READ_WRITE, SHARED_OBJECT},
    portable::owned::{borrowed, numbered_object},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (391, mapped),
    (392, replaced),
    (393, unmapped),
    (394, protected),
    (395, unaligned),
    (396, no_bytes),
    (397, refused),
    (398, objects),
    #[cfg(not(target_os = "freebsd"))]
    (399, moving::moved),
    #[cfg(target_os = "freebsd")]
    (399, absent),
    #[cfg(target_os = "linux")]
    (400, grows_down),
];

/// Maps so many bytes from an offset in a page on, in place of what is there.
fn over(
    arena: &Arena,
    offset: usize,
    len: usize,
    prot: Prot,
    flags: MapFlags,
    fd: RawFd,
) -> Result<()> {
    let start = arena.pages.start.wrapping_byte_add(offset);
    let flags = flags | MapFlags::FIXED;
    // SAFETY: the row's own addresses.
    let came = unsafe { arena.registry.mmap(start, len, prot, flags, fd, 0) };
    came.map(|_| ())
}

fn unmap(arena: &Arena, offset: usize, len: usize) -> Result<()> {
    let start = arena.pages.start.wrapping_byte_add(offset);
    // SAFETY: the row's own addresses.
    unsafe { arena.registry.munmap(start, len) }
}

fn protect(arena: &Arena, offset: usize, len: usize, prot: Prot) -> Result<()> {
    let start = arena.pages.start.wrapping_byte_add(offset);
    // SAFETY: the row's own pages, which are touched by children alone.
    unsafe { arena.registry.mprotect(start, len, prot) }
}

/// Where the kernel chooses.
fn mapped(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let registry = Arena::free(0).registry;
    for (what, len, pages) in [
        ("a byte", 1, 1),
        ("a page", page, 1),
        ("a page and a byte", page + 1, 2),
    ] {
        // SAFETY: a new mapping, where the kernel chooses.
        let came = unsafe { registry.mmap(ptr::null_mut(), len, Prot::READ, PRIVATE, -1, 0) };
        let found = came.map(|at| {
            let info = registry.find(at.addr());
            let is_it = |info: rawmap::registry::MapInfo| {
                (
                    info.start() == at.addr(),
                    info.len() / page,
                    info.prot(),
                    info.kind(),
                )
            };
            (
                info.map(is_it),
                registry.len(),
                registry.mapped_bytes() / page,
            )
        });
        let expected = (
            Some((true, pages, Some(Prot::READ), Kind::Anonymous)),
            1,
            pages,
        );
        row.is(format_args!("mmap, {what}"), found, Ok(expected));
        let at = came.unwrap_or(ptr::null_mut());
        // SAFETY: it was made just now.
        let came = unsafe { registry.munmap(at, len) };
        row.is(
            format_args!("munmap, {what}"),
            (came, registry.len(), registry.check()),
            (DONE, 0, Ok(())),
        );
    }
    Ok(())
}

fn replaced(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let arena = Arena::free(6);
    let read = |first: usize, count: usize| {
        over(&arena, first * page, count * page, Prot::READ, PRIVATE, -1)
    };
    let write = |first: usize, count: usize| {
        over(&arena, first * page, count * page, READ_WRITE, PRIVATE, -1)
    };
    arena.is(row, "row 21: where nothing is", read(0, 6), DONE, "Rrrrrr");
    arena.is(row, "row 21: in the middle", write(2, 2), DONE, "RrWwRr");
    arena.is(row, "row 21: over a boundary", write(3, 2), DONE, "RrWwwR");
    arena.is(row, "row 21: like both", read(2, 3), DONE, "Rrrrrr");
    let came = over(&arena, page, page + 1, READ_WRITE, PRIVATE, -1);
    arena.is(row, "a page and a byte", came, DONE, "RWwRrr");
    let came = over(&arena, 4 * page, 1, READ_WRITE, PRIVATE, -1);
    arena.is(row, "row 43: a byte", came, DONE, "RWwRWR");
    arena.is(row, "all of it", unmap(&arena, 0, 6 * page), DONE, "......");
    // What the portable layer made, and the other way round.
    arena.is(
        row,
        "a portable one",
        arena.map(0, &anonymous(4)),
        DONE,
        "Wwww..",
    );
    arena.is(row, "replaced in part", read(1, 1), DONE, "WRWw..");
    arena.is(
        row,
        "and back",
        arena.map_over(0..4, &anonymous(4)),
        DONE,
        "Wwww..",
    );
    Ok(())
}

fn unmapped(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let arena = Arena::with("WwwRrr.Ww")?;
    arena.is(
        row,
        "row 66: tail and head",
        unmap(&arena, 2 * page, 2 * page),
        DONE,
        "Ww..Rr.Ww",
    );
    arena.is(
        row,
        "row 62: over holes",
        unmap(&arena, page, 7 * page),
        DONE,
        "W.......W",
    );
    arena.is(
        row,
        "row 53: a free range",
        unmap(&arena, page, 7 * page),
        DONE,
        "W.......W",
    );
    arena.is(
        row,
        "row 43: a byte of it",
        unmap(&arena, 8 * page, 1),
        DONE,
        "W........",
    );
    arena.is(
        row,
        "all of it",
        unmap(&arena, 0, 9 * page),
        DONE,
        ".........",
    );
    Ok(())
}

fn protected(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let arena = Arena::with("Wwwww.Ww")?;
    let to = |first: usize, count: usize, prot| protect(&arena, first * page, count * page, prot);
    arena.is(
        row,
        "row 73: page 1",
        to(1, 1, Prot::READ),
        DONE,
        "WRWww.Ww",
    );
    arena.is(
        row,
        "row 73: page 3",
        to(3, 1, Prot::READ),
        DONE,
        "WRWRW.Ww",
    );
    arena.is(
        row,
        "row 73: 1 to 4 back",
        to(1, 4, READ_WRITE),
        DONE,
        "Wwwww.Ww",
    );
    arena.is(
        row,
        "row 75: two bytes",
        protect(&arena, page, 2, Prot::READ),
        DONE,
        "WRWww.Ww",
    );
    // The system's own answer, and what it did.
    arena.is(
        row,
        "row 76: over a hole",
        to(3, 5, Prot::READ),
        by_system(ENOMEM, DONE, DONE),
        by_system("WRWRr.Ww", "WRWRr.Rr", "WRWRr.Rr"),
    );
    let stores = [3, 6].map(|page| fault::store(arena.pages.page(page)));
    let (stored, faults) = (Ended::Exited(0), SEGMENTATION_FAULT);
    row.is(
        "row 76: what has changed",
        stores,
        [faults, by_system(stored, faults, faults)],
    );
    Ok(())
}

/// Linux refuses what does not begin with a page; the others round it outwards.
fn unaligned(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let expected = by_system(EINVAL, DONE, DONE);
    for (what, offset, len, left, to_read) in [
        ("a byte within a page", page + 5, 1, "W.Ww", "WRWw"),
        ("a byte on each side", 2 * page - 1, 2, "W..W", "WRrW"),
        ("as long as a page", page + 5, page, "W..W", "WRrW"),
        ("to the end of a page", page + 5, page - 5, "W.Ww", "WRWw"),
    ] {
        let arena = Arena::with("Wwww")?;
        let came = protect(&arena, offset, len, Prot::READ);
        arena.is(
            row,
            format_args!("mprotect, {what}"),
            came,
            expected,
            by_system("Wwww", to_read, to_read),
        );
        let stores = [0, 1, 2, 3].map(|page| fault::store(arena.pages.page(page)));
        let faults = to_read
            .bytes()
            .map(|sign| sign.eq_ignore_ascii_case(&b'r') && !cfg!(target_os = "linux"));
        let agrees = faults
            .zip(stores)
            .all(|(faults, ended)| faults == (ended == SEGMENTATION_FAULT));
        row.holds(format_args!("mprotect, {what}: what has changed"), agrees);
        let came = arena.protect(0..4, READ_WRITE);
        arena.is(
            row,
            format_args!("mprotect, {what}: back"),
            came,
            DONE,
            "Wwww",
        );
        let came = unmap(&arena, offset, len);
        arena.is(
            row,
            format_args!("row 54: munmap, {what}"),
            came,
            expected,
            by_system("Wwww", left, left),
        );
        let came = arena.unmap(0..4);
        arena.is(row, format_args!("{what}: all of it"), came, DONE, "....");
    }
    let arena = Arena::with("Wwww")?;
    let came = over(&arena, page + 5, page, Prot::READ, PRIVATE, -1);
    arena.is(row, "row 2: mmap, fixed", came, EINVAL, "Wwww");
    Ok(())
}

fn no_bytes(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let arena = Arena::with("Www")?;
    let came = unmap(&arena, page_size(), 0);
    arena.is(
        row,
        "row 55: munmap",
        came,
        by_system(EINVAL, EINVAL, DONE),
        "Www",
    );
    let came = unmap(&arena, 5, 0);
    arena.is(
        row,
        "munmap, unaligned",
        came,
        by_system(EINVAL, EINVAL, DONE),
        "Www",
    );
    let came = over(&arena, 0, 0, Prot::READ, PRIVATE, -1);
    arena.is(
        row,
        "row 1: mmap, fixed",
        came,
        by_system(EINVAL, EINVAL, DONE),
        "Www",
    );
    let came = protect(&arena, page_size(), 0, Prot::READ);
    arena.is(row, "row 74: mprotect", came, DONE, "Www");
    // FreeBSD rounds the address down first, and then there is something to change.
    let came = protect(&arena, 5, 0, Prot::READ);
    arena.is(
        row,
        "row 74: mprotect, unaligned",
        came,
        by_system(EINVAL, DONE, DONE),
        by_system("Www", "RWw", "Www"),
    );
    Ok(())
}

fn refused(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let arena = Arena::with("WwwwRr")?;
    let program = object::read_only(row.place)?;
    let came = over(&arena, page, 2 * page, Prot::READ, PRIVATE_OBJECT, 77);
    arena.is(row, "row 8: mmap, fixed", came, EBADF, "WwwwRr");
    let came = over(&arena, page, 2 * page, READ_WRITE, SHARED_OBJECT, program);
    arena.is(row, "row 10: mmap, fixed", came, EACCES, "WwwwRr");
    let none = ptr::null_mut();
    // SAFETY: the kernel refuses it.
    let came = unsafe {
        arena
            .registry
            .mmap(none, page, Prot::READ, PRIVATE_OBJECT, 77, 0)
    };
    arena.is(row, "row 8: mmap", came.map(|_| ()), EBADF, "WwwwRr");
    // SAFETY: as above.
    let came = unsafe { arena.registry.mmap(none, 0, Prot::READ, PRIVATE, -1, 0) };
    arena.is(
        row,
        "row 1: mmap",
        came.map(|_| ()),
        by_system(EINVAL, EINVAL, DONE),
        "WwwwRr",
    );
    let came = over(&arena, page, 1 << 56, Prot::READ, PRIVATE, -1);
    let outside = by_system(ENOMEM, EINVAL, Err(Errno::EFBIG));
    arena.is(row, "rows 13 and 14: mmap, fixed", came, outside, "WwwwRr");
    let came = arena.map_over(
        5..6,
        &MapRequest::file(borrowed(program), 0, page).shared(true),
    );
    arena.is(row, "what cannot be written", came, DONE, "WwwwRR");
    let came = protect(&arena, 5 * page, page, READ_WRITE);
    arena.is(row, "row 67: mprotect", came, EACCES, "WwwwRR");
    Ok(())
}

/// Offsets; the systems round those within a page, or refuse them.
fn objects(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let arena = Arena::free(6);
    let object = numbered_object(6)?;
    let fixed = PRIVATE_OBJECT | MapFlags::FIXED;
    // SAFETY: the row's own addresses.
    let came = unsafe {
        arena.registry.mmap(
            arena.pages.page(1),
            3 * page,
            READ_WRITE,
            fixed,
            object,
            2 * page as u64,
        )
    };
    arena.is(
        row,
        "from the third page on",
        came.map(|_| ()),
        DONE,
        ".Www..",
    );
    let offset = |page: usize| arena.find(page).map(|info| info.kind());
    let file = |offset: usize| {
        Some(Kind::File {
            offset: (offset * page) as u64,
        })
    };
    row.is("its offset", offset(1), file(2));
    arena.is(
        row,
        "its head unmapped",
        unmap(&arena, page, page),
        DONE,
        "..Ww..",
    );
    row.is("its offset then", offset(2), file(3));
    arena.is(
        row,
        "its tail protected",
        protect(&arena, 3 * page, page, Prot::READ),
        DONE,
        "..WR..",
    );
    row.is("the tail's offset", offset(3), file(4));
    let none = ptr::null_mut();
    // SAFETY: a new mapping, where the kernel chooses.
    let came = unsafe {
        arena.registry.mmap(
            none,
            page,
            Prot::READ,
            PRIVATE_OBJECT,
            object,
            page as u64 + 100,
        )
    };
    let known = came.map(|at| {
        let info = arena.registry.find(at.addr());
        info.map(|info| (at.addr() - info.start(), info.len() / page, info.kind()))
    });
    let rounded = Ok(Some((
        100,
        2,
        Kind::File {
            offset: page as u64,
        },
    )));
    row.is(
        "row 3: an offset within a page",
        known,
        by_system(Err(Errno::EINVAL), rounded, rounded),
    );
    row.is("all is well", arena.wrong(), None);
    Ok(())
}

#[cfg(target_os = "freebsd")]
fn absent(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let arena = Arena::with("Ww..")?;
    let (start, len) = (arena.pages.start, 2 * page_size());
    let none = rawmap::RemapFlags::empty();
    // SAFETY: there is no such call.
    let came = unsafe {
        arena
            .registry
            .mremap(start, len, 2 * len, none, ptr::null_mut())
    };
    arena.is(
        row,
        "there is no mremap",
        came.map(|_| ()),
        Err(Errno::ENOSYS),
        "Ww..",
    );
    Ok(())
}

#[cfg(not(target_os = "freebsd"))]
mod moving {
    use rawmap::RemapFlags;

    use super::*;
    use crate::answer::EFAULT;

    /// To stay where it is; on NetBSD the new address is the old one then.
    const STAY: RemapFlags = if cfg!(target_os = "netbsd") {
        RemapFlags::FIXED
    } else {
        RemapFlags::empty()
    };

    /// To move to an address.
    #[cfg(target_os = "linux")]
    const TO: RemapFlags = RemapFlags::MAYMOVE.union(RemapFlags::FIXED);
    /// To move to an address.
    #[cfg(target_os = "netbsd")]
    const TO: RemapFlags = RemapFlags::FIXED;
    /// To be at both places.
    #[cfg(target_os = "linux")]
    const TWICE: RemapFlags = TO.union(RemapFlags::DONTUNMAP);
    /// To be at both places.
    #[cfg(target_os = "netbsd")]
    const TWICE: RemapFlags = TO.union(RemapFlags::REMAPDUP);

    fn remap(
        arena: &Arena,
        pages: core::ops::Range<usize>,
        count: usize,
        flags: RemapFlags,
        to: usize,
    ) -> Result<()> {
        let (start, to) = (arena.pages.page(pages.start), arena.pages.page(to));
        let (old, new) = (pages.len() * page_size(), count * page_size());
        // SAFETY: the row's own pages.
        let came = unsafe { arena.registry.mremap(start, old, new, flags, to) };
        came.map(|_| ())
    }

    pub(super) fn moved(row: &Row<'_>) -> core::result::Result<(), Unable> {
        let arena = Arena::with("WwwwR.......")?;
        let came = remap(&arena, 0..4, 6, STAY, 0);
        arena.is(row, "row 83: no room", came, ENOMEM, "WwwwR.......");
        let came = remap(&arena, 0..4, 3, STAY, 0);
        arena.is(row, "shorter", came, DONE, "Www.R.......");
        let came = remap(&arena, 0..3, 4, STAY, 0);
        arena.is(row, "row 80: longer", came, DONE, "WwwwR.......");
        let came = remap(&arena, 1..3, 2, TO, 6);
        arena.is(row, "row 85: a part", came, DONE, "W..WR.Ww....");
        let came = remap(&arena, 6..8, 4, TO, 8);
        arena.is(row, "row 85: longer", came, DONE, "W..WR...Wwww");
        // Of the same name in both systems, and not the same: one replaces.
        let came = remap(&arena, 8..10, 2, TO, 3);
        arena.is(
            row,
            "row 85: onto others",
            came,
            by_system(DONE, EINVAL, ENOMEM),
            by_system("W..Ww.....Ww", "", "W..WR...Wwww"),
        );
        let came = remap(&arena, 11..12, 1, TWICE, 6);
        arena.is(
            row,
            "at both places",
            came,
            DONE,
            by_system("W..Ww.W...Ww", "", "W..WR.W.Wwww"),
        );
        let came = remap(&arena, 1..2, 1, TO, 7);
        let expected = by_system(EFAULT, EFAULT, EINVAL);
        let left = by_system("W..Ww.W...Ww", "", "W..WR.W.Wwww");
        arena.is(row, "row 82: where nothing is", came, expected, left);
        let came = arena.unmap(0..12);
        arena.is(row, "all of it", came, DONE, "............");
        let object = borrowed(numbered_object(6)?);
        let file = MapRequest::file(object, page_size() as u64, 4 * page_size());
        let came = arena.map(0, &file.prot(READ_WRITE).shared(true));
        arena.is(row, "a file", came, DONE, "Wwww........");
        let came = remap(&arena, 2..3, 2, TO, 6);
        arena.is(
            row,
            "row 80: a part of it, longer",
            came,
            DONE,
            "Ww.W..Ww....",
        );
        let offset = 3 * page_size() as u64;
        let kind = arena.find(6).map(|info| info.kind());
        row.is("its offset", kind, Some(Kind::File { offset }));
        Ok(())
    }
}

/// Row 34: a mapping whose start moves, without a call that could be recorded.
#[cfg(target_os = "linux")]
fn grows_down(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let arena = Arena::with("............")?;
    let start = arena.pages.page(10);
    let flags = PRIVATE | MapFlags::GROWSDOWN | MapFlags::FIXED;
    // SAFETY: the row's own addresses.
    let came = unsafe {
        arena
            .registry
            .mmap(start, 2 * page_size(), READ_WRITE, flags, -1, 0)
    };
    arena.is(
        row,
        "row 34: at first",
        came.map(|_| ()),
        DONE,
        "..........Ww",
    );
    // SAFETY: the kernel maps these pages when they are touched.
    unsafe { arena.pages.write(8, 1) };
    arena.is(row, "row 34: grown", DONE, DONE, "........**Ww");
    let came = arena.unmap(11..12);
    arena.is(row, "row 34: its end unmapped", came, DONE, "........**W.");
    // SAFETY: as above.
    unsafe { arena.pages.write(6, 1) };
    arena.is(row, "row 34: grown more", DONE, DONE, "......****W.");
    let came = arena.unmap(0..12);
    arena.is(row, "row 34: all of it", came, DONE, "............");
    Ok(())
}
