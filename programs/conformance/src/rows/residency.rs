//! mincore.

use core::ptr;

use rawmap::{Advice, LockAllFlags, page_size, raw};

use crate::{
    answer::{DONE, EFAULT, EINVAL, ENOMEM, by_system},
    layout::{Layout, resident},
    pages::Pages,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(100, refused), (101, told)];

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let pages = Pages::private(2)?;
    // SAFETY: the row's own page, which it does not touch.
    unsafe { raw::munmap(pages.page(1), page) }.map_err(|error| Unable::to("munmap", error))?;
    let mut bytes = [0u8; 4];
    let vector = bytes.as_mut_ptr();
    let nowhere = ptr::without_provenance_mut(8);
    for (what, offset, len, vector, expected) in [
        ("a page", 0, page, vector, DONE),
        ("a byte", 0, 1, vector, DONE),
        ("unaligned", 5, 1, vector, by_system(EINVAL, DONE, EINVAL)),
        ("a vector that is nowhere", 0, page, nowhere, EFAULT),
        ("unmapped", page, page, vector, ENOMEM),
        ("longer than what is mapped", 0, 2 * page, vector, ENOMEM),
        ("length 0", 0, 0, vector, by_system(DONE, DONE, EINVAL)),
    ] {
        let start = pages.start.wrapping_byte_add(offset);
        // SAFETY: the kernel writes two bytes at most, or refuses the address.
        let came = unsafe { raw::mincore(start, len, vector) };
        row.is(what, came, expected);
    }
    Ok(())
}

/// Whether mincore tells the truth of pages that are not locked: nothing has touched these.
pub(crate) fn tells_of_unlocked() -> Result<bool, Unable> {
    const MANY: usize = 32;
    let pages = Pages::private(MANY)?;
    Ok(resident(pages.start, MANY) == Layout::none(MANY))
}

/// The reason for a skip where [`tells_of_unlocked`] says no.
pub(crate) const TELLS_NOTHING: &str = "this kernel tells nothing of pages that are not locked";

fn told(row: &Row<'_>) -> Result<(), Unable> {
    locked(row)?;
    if tells_of_unlocked()? {
        unlocked(row)
    } else {
        row.skip("pages that are not locked", TELLS_NOTHING);
        Ok(())
    }
}

fn locked(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(4)?;
    // SAFETY: no byte changes.
    let came = unsafe { raw::mlock(pages.page(2), 2 * page_size()) };
    row.is("mlock", came, DONE);
    let came = resident(pages.page(2), 2);
    row.is("locked pages", came, Layout::of("xx"));
    // SAFETY: no byte changes.
    let came = unsafe { raw::mlockall(LockAllFlags::CURRENT) };
    row.is("mlockall", came, DONE);
    row.is("all pages", resident(pages.start, 4), Layout::of("xxxx"));
    // SAFETY: no byte changes.
    let came = unsafe { raw::mlockall(LockAllFlags::FUTURE) };
    row.is("mlockall of what will be", came, DONE);
    let later = Pages::private(2)?;
    row.is(
        "a later mapping",
        resident(later.start, 2),
        Layout::of("xx"),
    );
    // SAFETY: nothing relies on pages staying in memory.
    row.is("munlockall", unsafe { raw::munlockall() }, DONE);
    Ok(())
}

fn unlocked(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(4)?;
    row.is("fresh pages", resident(pages.start, 4), Layout::of("...."));
    // SAFETY: the row's own pages, of which nothing relies on a byte.
    unsafe {
        pages.write(1, 1);
        pages.write(3, 1);
        row.is("touched ones", resident(pages.start, 4), Layout::of(".x.x"));
        let drops = by_system(Advice::DONTNEED, Advice::NORMAL, Advice::FREE);
        let came = raw::madvise(pages.page(1), page_size(), drops);
        row.is("advice that drops", came, DONE);
    }
    // FreeBSD has none that drops at once.
    let left = Layout::of(by_system("...x", ".x.x", "...x"));
    row.is("a dropped one", resident(pages.start, 4), left);
    Ok(())
}
