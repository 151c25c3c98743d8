//! mlock, munlock and their kin.

use rawmap::{Errno, Prot, page_size, raw};
use rawmap_bare::{
    limit::{self, Resource},
    process::{self, Ended},
};

use crate::{
    answer::{DONE, EINVAL, ENOMEM, by_system},
    pages::{PRIVATE, Pages},
    place,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (102, refused),
    (103, on_fault),
    (104, repeated),
    #[cfg(target_os = "netbsd")]
    (105, wired),
    #[cfg(not(target_os = "netbsd"))]
    (106, truncated),
];

/// Locks bytes of a row's pages, from an offset in bytes on.
fn lock(pages: &Pages, from: usize, len: usize) -> rawmap::Result<()> {
    // SAFETY: no byte changes.
    unsafe { raw::mlock(pages.start.wrapping_byte_add(from), len) }
}

/// Unlocks bytes of a row's pages, from an offset in bytes on.
fn unlock(pages: &Pages, from: usize, len: usize) -> rawmap::Result<()> {
    // SAFETY: nothing relies on the pages staying in memory.
    unsafe { raw::munlock(pages.start.wrapping_byte_add(from), len) }
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let place = Pages::free_place(1)?;
    row.is("unmapped", lock(&place, 0, page), ENOMEM);
    let none = Pages::map(1, Prot::NONE, PRIVATE, -1)
        .map_err(|error| Unable::to("anonymous memory", error))?;
    let came = lock(&none, 0, page);
    row.is("no access", came, by_system(ENOMEM, ENOMEM, EINVAL));
    let pages = Pages::private(4)?;
    // SAFETY: the row's own page, which it does not touch.
    unsafe { raw::munmap(pages.page(3), page) }.map_err(|error| Unable::to("munmap", error))?;
    let came = lock(&pages, 0, pages.len());
    row.is("a hole", came, by_system(ENOMEM, ENOMEM, EINVAL));
    let came = process::child(|| limited(row, &pages).map_or(1, |()| 0));
    row.is("the end of the limited process", came, Ended::Exited(0));
    Ok(())
}

/// With a limit of two pages, and then of none, and without the privileges of root.
fn limited(row: &Row<'_>, pages: &Pages) -> Result<(), Unable> {
    let page = page_size();
    let unable = |number| Unable::because("setrlimit", number);
    place::give_up_root()?;
    limit::set_current(Resource::LockedMemory, 2 * page as u64).map_err(unable)?;
    let over = by_system(ENOMEM, ENOMEM, Err(Errno::EAGAIN));
    row.is("over the limit", lock(pages, 0, 3 * page), over);
    row.is("within the limit", lock(pages, 0, 2 * page), DONE);
    row.is(
        "over the limit by one more",
        lock(pages, 2 * page, page),
        over,
    );
    row.is("munlock", unlock(pages, 0, 2 * page), DONE);
    limit::set_current(Resource::LockedMemory, 0).map_err(unable)?;
    let none = by_system(Err(Errno::EPERM), ENOMEM, Err(Errno::EAGAIN));
    row.is("with a limit of 0", lock(pages, 0, page), none);
    Ok(())
}

#[cfg(target_os = "linux")]
fn on_fault(row: &Row<'_>) -> Result<(), Unable> {
    use crate::{
        layout::{Layout, resident},
        pages::WRITTEN,
        proc,
    };

    let pages = Pages::private(4)?;
    let before = proc::locked();
    // SAFETY: no byte changes.
    let came = unsafe { raw::mlock_onfault(pages.start, pages.len()) };
    row.is("mlock_onfault", came, DONE);
    row.is("in memory", resident(pages.start, 4), Layout::of("...."));
    // SAFETY: the row's own page.
    unsafe { pages.write(1, WRITTEN) };
    row.is("when touched", resident(pages.start, 4), Layout::of(".x.."));
    let once = proc::locked();
    row.is("mlock", lock(&pages, 0, pages.len()), DONE);
    row.is(
        "in memory then",
        resident(pages.start, 4),
        Layout::of("xxxx"),
    );
    match (before, once, proc::locked()) {
        (Some(before), Some(once), Some(twice)) => {
            let kib = pages.len() / 1024;
            row.is("VmLck", [once - before, twice - before], [kib; 2]);
        }
        _ => row.skip("VmLck", proc::MISSING),
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn on_fault(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(1)?;
    // SAFETY: there is no such call.
    let came = unsafe { raw::mlock_onfault(pages.start, page_size()) };
    row.is("there is no mlock_onfault", came, Err(Errno::ENOSYS));
    Ok(())
}

fn repeated(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let pages = Pages::private(2)?;
    row.is("a page", lock(&pages, 0, page), DONE);
    row.is("once more", lock(&pages, 0, page), DONE);
    row.is("a byte of it", lock(&pages, 0, 1), DONE);
    row.is("a byte within it", lock(&pages, 5, 1), DONE);
    row.is(
        "a byte on each side of its end",
        lock(&pages, page - 1, 2),
        DONE,
    );
    row.is("munlock of both", unlock(&pages, 0, 2 * page), DONE);
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the pages hold nothing.
        let came = unsafe { raw::madvise(pages.start, pages.len(), rawmap::Advice::DONTNEED) };
        row.is("DONTNEED, which locked pages refuse", came, DONE);
    }
    let came = unlock(&pages, 0, 2 * page);
    row.is("munlock once more", came, by_system(DONE, DONE, ENOMEM));
    Ok(())
}

#[cfg(target_os = "netbsd")]
fn wired(row: &Row<'_>) -> Result<(), Unable> {
    use rawmap::MapFlags;

    let page = page_size();
    let pages = Pages::map(2, crate::pages::READ_WRITE, PRIVATE | MapFlags::WIRED, -1)
        .map_err(|error| Unable::to("mmap with WIRED", error))?;
    row.is("mlock", lock(&pages, 0, pages.len()), DONE);
    // SAFETY: the row's own pages, which it does not touch.
    let came = unsafe { raw::munmap(pages.start, pages.len()) };
    row.is("munmap", came, DONE);
    row.is("munlock then", unlock(&pages, 0, pages.len()), ENOMEM);
    let none = Pages::map(1, Prot::NONE, PRIVATE | MapFlags::WIRED, -1).map(|pages| {
        row.is("mlock without access", lock(&pages, 0, page), EINVAL);
    });
    row.is("mmap with WIRED, without access", none, DONE);
    Ok(())
}

#[cfg(not(target_os = "netbsd"))]
fn truncated(row: &Row<'_>) -> Result<(), Unable> {
    use crate::{
        object::{self, object},
        pages::{FRESH, SHARED_OBJECT, WRITTEN},
    };

    let page = page_size();
    let object = object(4 * page)?;
    let pages = Pages::of_object(4, SHARED_OBJECT, object)?;
    // SAFETY: the row's own object, touched where it has bytes.
    unsafe {
        pages.fill();
        row.is("mlock", lock(&pages, 0, pages.len()), DONE);
        object::truncate(object, page)?;
        row.is("cut", pages.read(0), WRITTEN);
        object::truncate(object, 4 * page)?;
        let came = [pages.read(0), pages.read(1), pages.read(3)];
        row.is("grown again", came, [WRITTEN, FRESH, FRESH]);
        object::truncate(object, 0)?;
        object::truncate(object, 4 * page)?;
        row.is("grown from nothing", pages.read(0), FRESH);
    }
    row.is("munlock", unlock(&pages, 0, pages.len()), DONE);
    row.is("mlock again", lock(&pages, 0, pages.len()), DONE);
    object::truncate(object, 0)?;
    row.is(
        "munlock of what is cut off",
        unlock(&pages, 0, pages.len()),
        DONE,
    );
    Ok(())
}
