//! mmap: what mappings hold, who sees it, and where an object ends.

use core::ffi::c_void;

use rawmap::{MapFlags, Prot, SyncFlags, page_size, raw};
use rawmap_bare::{
    call, file,
    process::Ended,
    signal::{Information, SIGBUS, SIGSEGV},
};

use super::NO_FOLDER;
use crate::{
    answer::DONE,
    fault::{self, BUS_ERROR, SEGMENTATION_FAULT, STORED},
    layout::{Layout, mapped},
    object::{self, File, object},
    pages::{
        ALL, FRESH, PRIVATE, PRIVATE_OBJECT, Pages, READ_EXECUTE, READ_WRITE, SHARED,
        SHARED_OBJECT, WRITTEN,
    },
    placed::{Placed, fixed},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (35, tail_of_the_last_page),
    (36, beyond_the_end),
    (37, closed),
    (38, shared_stores),
    (39, private_stores),
    #[cfg(not(target_os = "netbsd"))]
    (40, zero_private),
    #[cfg(not(target_os = "netbsd"))]
    (41, zero_shared),
    (42, truncated),
    (43, one_byte),
    (44, every_protection),
    (45, forbidden_accesses),
    #[cfg(target_os = "linux")]
    (46, columns),
    #[cfg(target_os = "linux")]
    (47, populated),
    #[cfg(not(target_os = "freebsd"))]
    (48, locked),
    #[cfg(not(target_os = "netbsd"))]
    (49, write_only_memory),
];

/// An object that can end within a page: NetBSD's memory objects cannot be mapped beyond their last byte.
fn partial(row: &Row<'_>, len: usize) -> Result<Option<i32>, Unable> {
    if cfg!(target_os = "netbsd") {
        Ok(File::make(row.place, len)?.map(|file| file.descriptor))
    } else {
        object(len).map(Some)
    }
}

fn tail_of_the_last_page(row: &Row<'_>) -> Result<(), Unable> {
    const LEN: usize = 100;
    let Some(object) = partial(row, LEN)? else {
        row.skip("an object of 100 bytes", NO_FOLDER);
        return Ok(());
    };
    object::write_at(object, WRITTEN, LEN - 1)?;
    let pages = Pages::of_object(1, SHARED_OBJECT, object)?;
    let bytes = pages.start.cast::<u8>();
    // SAFETY: the row's own page; the object lends it the first bytes, and the others are nobody's.
    unsafe {
        row.is("its last byte", bytes.add(LEN - 1).read_volatile(), WRITTEN);
        let rest = LEN..page_size();
        let not_0 = rest.filter(|&at| bytes.add(at).read_volatile() != 0);
        row.is("bytes behind it that are not 0", not_0.count(), 0);
        bytes.add(LEN).write_volatile(WRITTEN);
        bytes.add(page_size() - 1).write_volatile(WRITTEN);
        let synced = raw::msync(pages.start, page_size(), SyncFlags::SYNC);
        row.is("msync after stores behind it", synced, DONE);
    }
    let came = [
        object::byte_at(object, LEN - 1)?,
        object::byte_at(object, LEN)?,
        object::byte_at(object, page_size() - 1)?,
    ];
    row.is(
        "they don't reach the object",
        came,
        [Some(WRITTEN), None, None],
    );
    Ok(())
}

fn beyond_the_end(row: &Row<'_>) -> Result<(), Unable> {
    #[cfg(target_os = "netbsd")]
    {
        let object = object(page_size())?;
        let came = Pages::map(2, Prot::READ, SHARED_OBJECT, object).map(|_| ());
        let refused = Err(rawmap::Errno::EINVAL);
        row.is("a memory object that is too short", came, refused);
    }
    let Some(object) = partial(row, page_size())? else {
        row.skip("a file that is too short", NO_FOLDER);
        return Ok(());
    };
    let pages = Pages::of_object(2, SHARED_OBJECT, object)?;
    row.is(
        "before the end",
        fault::load(pages.page(0)),
        Ended::Exited(FRESH),
    );
    row.is("a load beyond it", fault::load(pages.page(1)), BUS_ERROR);
    row.is("a store beyond it", fault::store(pages.page(1)), BUS_ERROR);
    let private = Pages::of_object(2, PRIVATE_OBJECT, object)?;
    row.is(
        "a private load beyond it",
        fault::load(private.page(1)),
        BUS_ERROR,
    );
    extern "C" fn extend(_: i32, information: &Information, _: *mut c_void) {
        fault::note(information);
        // If the object does not get longer, the next fault ends the process.
        let _ = file::truncate(fault::subject() as i32, 2 * page_size() as u64);
    }
    fault::handle(SIGBUS, extend, object as usize)?;
    // SAFETY: the page is mapped, and the handler makes it a part of the object.
    let byte = unsafe { pages.read(1) };
    row.is("a load, extended by a handler", byte, FRESH);
    let expected = (1, pages.page(1).addr());
    row.is("the address that it was told", fault::caught(), expected);
    Ok(())
}

fn closed(row: &Row<'_>) -> Result<(), Unable> {
    let object = object(page_size())?;
    let pages = Pages::of_object(1, SHARED_OBJECT, object)?;
    call::close(object);
    still_usable(row, "closed", &pages);
    let Some(file) = File::make(row.place, page_size())? else {
        row.skip("a file that is closed and unlinked", NO_FOLDER);
        return Ok(());
    };
    let pages = Pages::of_object(1, SHARED_OBJECT, file.descriptor)?;
    call::close(file.descriptor);
    drop(file);
    still_usable(row, "closed and unlinked", &pages);
    Ok(())
}

fn still_usable(row: &Row<'_>, how: &str, pages: &Pages) {
    // SAFETY: the row's own mapping of an object that nobody else has.
    unsafe {
        pages.write(0, WRITTEN);
        row.is(
            format_args!("{how}: a store and a load"),
            pages.read(0),
            WRITTEN,
        );
        let synced = raw::msync(pages.start, page_size(), SyncFlags::SYNC);
        row.is(format_args!("{how}: msync"), synced, DONE);
    }
}

fn shared_stores(row: &Row<'_>) -> Result<(), Unable> {
    let object = object(2 * page_size())?;
    let pages = Pages::of_object(2, SHARED_OBJECT, object)?;
    // SAFETY: the row's own object, which it stores to by both mappings.
    unsafe {
        pages.write(1, WRITTEN);
        let later = Pages::of_object(2, SHARED_OBJECT, object)?;
        row.is("a later mapping", later.read(1), WRITTEN);
    }
    row.is(
        "the object",
        object::byte_at(object, page_size())?,
        Some(WRITTEN),
    );
    row.is(
        "a child",
        fault::load(pages.page(1)),
        Ended::Exited(WRITTEN),
    );
    row.is(
        "a child's store",
        fault::store(pages.page(0)),
        Ended::Exited(0),
    );
    // SAFETY: as above.
    row.is("the parent", unsafe { pages.read(0) }, STORED);
    let anonymous = Pages::shared(1)?;
    let stored = fault::store(anonymous.start);
    row.is("a child's store, anonymous", stored, Ended::Exited(0));
    // SAFETY: as above.
    row.is(
        "the parent, anonymous",
        unsafe { anonymous.read(0) },
        STORED,
    );
    Ok(())
}

fn private_stores(row: &Row<'_>) -> Result<(), Unable> {
    let object = object(page_size())?;
    let pages = Pages::of_object(1, PRIVATE_OBJECT, object)?;
    let shared = Pages::of_object(1, SHARED_OBJECT, object)?;
    // SAFETY: the row's own object and mappings.
    unsafe {
        pages.write(0, WRITTEN);
        row.is("the mapping", pages.read(0), WRITTEN);
        row.is("a shared mapping", shared.read(0), FRESH);
    }
    row.is("the object", object::byte_at(object, 0)?, Some(FRESH));
    let anonymous = Pages::private(1)?;
    let stored = fault::store(anonymous.start);
    row.is("a child's store, anonymous", stored, Ended::Exited(0));
    // SAFETY: the row's own page.
    row.is("the parent, anonymous", unsafe { anonymous.read(0) }, FRESH);
    Ok(())
}

#[cfg(not(target_os = "netbsd"))]
const NO_ZERO: &str = "there is no /dev/zero";

/// Two mappings of /dev/zero share nothing, and both read as zero.
#[cfg(not(target_os = "netbsd"))]
fn zeros(row: &Row<'_>, flags: MapFlags) -> Result<(), Unable> {
    let Ok(zero) = file::open(c"/dev/zero", file::Access::ReadWrite) else {
        row.skip("two mappings", NO_ZERO);
        return Ok(());
    };
    let one = Pages::of_object(2, flags, zero)?;
    let other = Pages::of_object(2, flags, zero)?;
    // SAFETY: the row's own mappings.
    unsafe {
        row.is("zero at first", [one.read(0), one.read(1)], [FRESH; 2]);
        one.fill();
        row.is("it holds what is written", one.read(1), WRITTEN);
        row.is(
            "the other does not",
            [other.read(0), other.read(1)],
            [FRESH; 2],
        );
    }
    Ok(())
}

#[cfg(not(target_os = "netbsd"))]
fn zero_private(row: &Row<'_>) -> Result<(), Unable> {
    zeros(row, PRIVATE_OBJECT)
}

#[cfg(not(target_os = "netbsd"))]
fn zero_shared(row: &Row<'_>) -> Result<(), Unable> {
    zeros(row, SHARED_OBJECT)
}

fn truncated(row: &Row<'_>) -> Result<(), Unable> {
    let memory = object(3 * page_size())?;
    // NetBSD's memory objects have pages beyond their end for those who have mapped them.
    resized(row, "an object", memory, cfg!(not(target_os = "netbsd")))?;
    match File::make(row.place, 3 * page_size())? {
        Some(file) => resized(row, "a file", file.descriptor, true),
        None => {
            row.skip("a file", NO_FOLDER);
            Ok(())
        }
    }
}

fn resized(row: &Row<'_>, of: &str, object: i32, ends: bool) -> Result<(), Unable> {
    let pages = Pages::of_object(3, SHARED_OBJECT, object)?;
    // SAFETY: the row's own object, touched where it has bytes.
    unsafe {
        let bytes = || [pages.read(0), pages.read(1), pages.read(2)];
        pages.fill();
        object::truncate(object, page_size())?;
        row.is(format_args!("{of}, shorter"), pages.read(0), WRITTEN);
        if ends {
            let came = fault::load(pages.page(1));
            row.is(format_args!("{of}, beyond its end"), came, BUS_ERROR);
        }
        object::truncate(object, 3 * page_size())?;
        let kept = [WRITTEN, FRESH, FRESH];
        row.is(format_args!("{of}, grown again"), bytes(), kept);
        object::truncate(object, 0)?;
        if ends {
            let came = fault::load(pages.page(0));
            row.is(format_args!("{of}, empty"), came, BUS_ERROR);
        }
        object::truncate(object, 3 * page_size())?;
        row.is(
            format_args!("{of}, grown from nothing"),
            bytes(),
            [FRESH; 3],
        );
        pages.write(2, WRITTEN);
    }
    let came = object::byte_at(object, 2 * page_size())?;
    row.is(
        format_args!("{of}, a store after that"),
        came,
        Some(WRITTEN),
    );
    Ok(())
}

fn one_byte(row: &Row<'_>) -> Result<(), Unable> {
    let place = Pages::free_place(3)?;
    let came = fixed(place.page(1), 1, READ_WRITE, PRIVATE);
    row.is("a map of one byte", came, Placed::There);
    row.is("it is a page", mapped(place.start, 3), Layout::of(".x."));
    let last = place.page(2).wrapping_byte_sub(1);
    row.is("its last byte", fault::store(last), Ended::Exited(0));
    // SAFETY: the row's own page.
    let came = unsafe { raw::munmap(place.page(1), 1) };
    row.is("munmap of one byte", came, DONE);
    row.is(
        "the page is gone",
        mapped(place.start, 3),
        Layout::of("..."),
    );
    Ok(())
}

const PROTECTIONS: [(&str, Prot); 8] = [
    ("none", Prot::NONE),
    ("read", Prot::READ),
    ("write", Prot::WRITE),
    ("read, write", READ_WRITE),
    ("execute", Prot::EXEC),
    ("read, execute", READ_EXECUTE),
    ("write, execute", Prot::WRITE.union(Prot::EXEC)),
    ("read, write, execute", ALL),
];

fn every_protection(row: &Row<'_>) -> Result<(), Unable> {
    let write_and_execute = Prot::WRITE | Prot::EXEC;
    for (what, prot) in PROTECTIONS {
        let came = Pages::map(1, prot, PRIVATE, -1);
        let restricted = super::protect::RESTRICTED && prot.contains(write_and_execute);
        let expected = if restricted {
            crate::answer::EACCES
        } else {
            DONE
        };
        row.is(what, came.map(|_| ()), expected);
        let Ok(pages) = came else {
            continue;
        };
        if prot.contains(Prot::READ) {
            let came = fault::load(pages.start);
            row.is(format_args!("{what}: a load"), came, Ended::Exited(FRESH));
        }
        if prot.contains(Prot::WRITE) {
            let came = fault::store(pages.start);
            row.is(format_args!("{what}: a store"), came, Ended::Exited(0));
        }
    }
    Ok(())
}

fn forbidden_accesses(row: &Row<'_>) -> Result<(), Unable> {
    let unable = |error| Unable::to("anonymous memory", error);
    for (what, flags) in [("private", PRIVATE), ("shared", SHARED)] {
        let read = Pages::map(1, Prot::READ, flags, -1).map_err(unable)?;
        let none = Pages::map(1, Prot::NONE, flags, -1).map_err(unable)?;
        let came = [
            fault::load(read.start),
            fault::store(read.start),
            fault::load(none.start),
            fault::store(none.start),
            fault::execute(none.start),
        ];
        let expected = [
            Ended::Exited(FRESH),
            SEGMENTATION_FAULT,
            SEGMENTATION_FAULT,
            SEGMENTATION_FAULT,
            SEGMENTATION_FAULT,
        ];
        row.is(what, came, expected);
    }
    extern "C" fn allow(_: i32, information: &Information, _: *mut c_void) {
        fault::note(information);
        let page = core::ptr::with_exposed_provenance_mut(fault::subject());
        // SAFETY: the page is the row's, which waits for it to become accessible. If it does not, the next fault ends
        // the process.
        let _ = unsafe { raw::mprotect(page, page_size(), READ_WRITE) };
    }
    let prot = Prot::NONE.with_max(READ_WRITE);
    let none = Pages::map(1, prot, PRIVATE, -1).map_err(unable)?;
    fault::handle(SIGSEGV, allow, none.start.expose_provenance())?;
    let middle = none.start.wrapping_byte_add(page_size() / 2);
    // SAFETY: the page is mapped, and the handler makes it accessible.
    unsafe { middle.cast::<u8>().write_volatile(WRITTEN) };
    row.is(
        "the address that a handler is told",
        fault::caught(),
        (1, middle.addr()),
    );
    // SAFETY: the handler made it accessible.
    let byte = unsafe { middle.cast::<u8>().read_volatile() };
    row.is("a store, allowed by a handler", byte, WRITTEN);
    Ok(())
}

#[cfg(target_os = "linux")]
fn columns(row: &Row<'_>) -> Result<(), Unable> {
    use crate::{placed::no_replace, proc};

    if proc::setting(c"/proc/sys/vm/max_map_count").is_none() {
        row.skip("/proc/self/maps", proc::MISSING);
        return Ok(());
    }
    let expected: [[&[u8; 4]; 8]; 2] = [
        [
            b"---p", b"r--p", b"-w-p", b"rw-p", b"--xp", b"r-xp", b"-wxp", b"rwxp",
        ],
        [
            b"---s", b"r--s", b"-w-s", b"rw-s", b"--xs", b"r-xs", b"-wxs", b"rwxs",
        ],
    ];
    let kinds = [("private", PRIVATE), ("shared", SHARED)];
    for ((kind, flags), expected) in kinds.into_iter().zip(expected) {
        for ((what, prot), expected) in PROTECTIONS.into_iter().zip(expected) {
            // A free page on each side keeps it from becoming one with a neighbour.
            let place = Pages::free_place(3)?;
            let came = no_replace(place.page(1), page_size(), prot, flags, -1);
            let columns = proc::columns(place.page(1));
            row.is(
                format_args!("{what}, {kind}"),
                (came, columns),
                (Placed::There, Some(*expected)),
            );
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn populated(row: &Row<'_>) -> Result<(), Unable> {
    use crate::layout::resident;

    let unable = |error| Unable::to("mmap with POPULATE", error);
    let all = Layout::of("xxxxxxxx");
    for (what, flags) in [("private", PRIVATE), ("shared", SHARED)] {
        let flags = flags | MapFlags::POPULATE;
        let pages = Pages::map(8, READ_WRITE, flags, -1).map_err(unable)?;
        row.is(what, resident(pages.start, 8), all);
    }
    let object = object(8 * page_size())?;
    let flags = SHARED_OBJECT | MapFlags::POPULATE;
    let pages = Pages::map(8, READ_WRITE, flags, object).map_err(unable)?;
    row.is("an object", resident(pages.start, 8), all);
    let pages = Pages::private(8)?;
    let none = Layout::of("........");
    row.is("without it", resident(pages.start, 8), none);
    Ok(())
}

#[cfg(target_os = "linux")]
fn locked(row: &Row<'_>) -> Result<(), Unable> {
    use crate::{layout::resident, proc};
    use rawmap::Advice;

    let before = proc::locked();
    let pages = Pages::map(4, READ_WRITE, PRIVATE | MapFlags::LOCKED, -1)
        .map_err(|error| Unable::to("mmap with LOCKED", error))?;
    row.is("in memory", resident(pages.start, 4), Layout::of("xxxx"));
    // SAFETY: the pages hold nothing yet.
    let came = unsafe { raw::madvise(pages.start, pages.len(), Advice::DONTNEED) };
    row.is("DONTNEED", came, crate::answer::EINVAL);
    match (before, proc::locked()) {
        (Some(before), Some(now)) => {
            row.is("VmLck", now - before, pages.len() / 1024);
        }
        _ => row.skip("VmLck", proc::MISSING),
    }
    Ok(())
}

#[cfg(target_os = "netbsd")]
fn locked(row: &Row<'_>) -> Result<(), Unable> {
    use crate::layout::resident;

    let pages = Pages::map(4, READ_WRITE, PRIVATE | MapFlags::WIRED, -1)
        .map_err(|error| Unable::to("mmap with WIRED", error))?;
    row.is("in memory", resident(pages.start, 4), Layout::of("xxxx"));
    // SAFETY: nothing relies on the pages staying in memory.
    let came = unsafe { raw::munlock(pages.start, pages.len()) };
    row.is("munlock", came, DONE);
    // SAFETY: as above.
    let came = unsafe { raw::munlock(pages.start, pages.len()) };
    row.is("munlock once more", came, crate::answer::ENOMEM);
    Ok(())
}

#[cfg(not(target_os = "netbsd"))]
fn write_only_memory(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::map(1, Prot::WRITE, PRIVATE, -1)
        .map_err(|error| Unable::to("mmap with WRITE alone", error))?;
    let came = rawmap_bare::process::child(|| {
        // SAFETY: the row's own page, which can be written.
        unsafe { pages.write(0, WRITTEN) };
        // SAFETY: the row's own page.
        match unsafe { raw::mprotect(pages.start, page_size(), Prot::READ) } {
            // SAFETY: it can be read now.
            Ok(()) => unsafe { pages.read(0) },
            Err(_) => 1,
        }
    });
    row.is("a store", came, Ended::Exited(WRITTEN));
    Ok(())
}
