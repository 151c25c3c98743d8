//! msync.

use rawmap::{SyncFlags, page_size, raw};

use super::NO_FOLDER;
use crate::{
    answer::{DONE, EFAULT, EINVAL, ENOMEM, by_system},
    object::{self, File, object},
    pages::{Pages, SHARED_OBJECT},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    #[cfg(not(target_os = "netbsd"))]
    (93, refused),
    #[cfg(target_os = "netbsd")]
    (94, refused),
    (95, visible),
];

/// Synchronises bytes of a row's pages, from an offset in bytes on.
fn sync(pages: &Pages, from: usize, len: usize, flags: SyncFlags) -> rawmap::Result<()> {
    let start = pages.start.wrapping_byte_add(from);
    // SAFETY: no byte of memory changes.
    unsafe { raw::msync(start, len, flags) }
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let pages = Pages::private(3)?;
    for (what, flags, expected) in [
        (
            "no flag",
            SyncFlags::from_bits_retain(0),
            by_system(DONE, DONE, EINVAL),
        ),
        ("SYNC", SyncFlags::SYNC, DONE),
        ("ASYNC", SyncFlags::ASYNC, DONE),
        ("INVALIDATE", SyncFlags::INVALIDATE, DONE),
        ("flag 4", SyncFlags::from_bits_retain(4), DONE),
        (
            "flags 1 and 4",
            SyncFlags::from_bits_retain(5),
            by_system(EINVAL, DONE, EINVAL),
        ),
        // FreeBSD's SYNC is no bit.
        (
            "ASYNC and SYNC",
            SyncFlags::ASYNC | SyncFlags::SYNC,
            by_system(EINVAL, DONE, EINVAL),
        ),
        (
            "ASYNC and INVALIDATE",
            SyncFlags::ASYNC | SyncFlags::INVALIDATE,
            by_system(DONE, EINVAL, DONE),
        ),
        (
            "flag 0x100",
            SyncFlags::from_bits_retain(0x100),
            by_system(EINVAL, DONE, EINVAL),
        ),
    ] {
        row.is(what, sync(&pages, 0, page, flags), expected);
    }
    let came = sync(&pages, 5, 1, SyncFlags::SYNC);
    row.is("unaligned", came, by_system(EINVAL, DONE, DONE));
    row.is("length 0", sync(&pages, 0, 0, SyncFlags::SYNC), DONE);
    let unmapped = by_system(ENOMEM, ENOMEM, EFAULT);
    let place = Pages::free_place(1)?;
    row.is("unmapped", sync(&place, 0, page, SyncFlags::SYNC), unmapped);
    // SAFETY: the row's own page, which it does not touch.
    unsafe { raw::munmap(pages.page(1), page) }.map_err(|error| Unable::to("munmap", error))?;
    row.is(
        "over a hole",
        sync(&pages, 0, 3 * page, SyncFlags::SYNC),
        unmapped,
    );
    #[cfg(target_os = "linux")]
    {
        // SAFETY: no byte changes.
        row.is("mlock", unsafe { raw::mlock(pages.start, page) }, DONE);
        let came = sync(&pages, 0, page, SyncFlags::INVALIDATE);
        row.is(
            "INVALIDATE of locked memory",
            came,
            Err(rawmap::Errno::EBUSY),
        );
        row.is(
            "SYNC of locked memory",
            sync(&pages, 0, page, SyncFlags::SYNC),
            DONE,
        );
    }
    Ok(())
}

fn visible(row: &Row<'_>) -> Result<(), Unable> {
    each_way(row, "an object", object(2 * page_size())?)?;
    match File::make(row.place, 2 * page_size())? {
        Some(file) => each_way(row, "a file", file.descriptor),
        None => {
            row.skip("a file", NO_FOLDER);
            Ok(())
        }
    }
}

fn each_way(row: &Row<'_>, of: &str, object: i32) -> Result<(), Unable> {
    let pages = Pages::of_object(2, SHARED_OBJECT, object)?;
    for (byte, what, flags) in [
        (1, "SYNC", SyncFlags::SYNC),
        (2, "ASYNC", SyncFlags::ASYNC),
        (3, "INVALIDATE", SyncFlags::INVALIDATE),
        (
            4,
            "SYNC and INVALIDATE",
            SyncFlags::SYNC | SyncFlags::INVALIDATE,
        ),
    ] {
        // SAFETY: the row's own object.
        unsafe { pages.write(1, byte) };
        let synced = sync(&pages, 0, pages.len(), flags);
        let came = object::byte_at(object, page_size())?;
        row.is(
            format_args!("{what}, {of}"),
            (synced, came),
            (DONE, Some(byte)),
        );
    }
    Ok(())
}
