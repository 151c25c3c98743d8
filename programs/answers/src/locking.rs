//! mlock and munlock.

use rawmap::raw;

use crate::{
    answer::ask,
    pages::{PAGE, closed_page, gone, pages},
};

pub(crate) fn ask_kernel() {
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe {
        ask("mlock unaligned", || {
            raw::mlock(pages(1)?.wrapping_byte_add(5), 1)
        });
        ask("mlock unmapped", || raw::mlock(gone(1)?, PAGE));
        ask("mlock PROT_NONE", || raw::mlock(closed_page()?, PAGE));
        ask("munlock not locked", || raw::munlock(pages(1)?, PAGE));
    }
}

/// More than is mapped, or may be locked.
#[cfg(target_os = "freebsd")]
pub(crate) fn ask_of_too_much() {
    ask("mlock past RLIMIT? 1 GiB", || {
        // SAFETY: no byte changes.
        unsafe { raw::mlock(pages(1)?, 1 << 30) }
    });
}
