//! What a mapping holds: dropping it, and writing it back.

use super::{
    MADV_DONTNEED, MADV_DONTNEED_LOCKED, MADV_FREE, MS_ASYNC, MS_INVALIDATE, MS_SYNC,
    attributes::{advise, where_possible},
    msync,
};
use crate::{Errno, Result, os::Held};

/// Lets the kernel drop what private anonymous memory holds. Locked pages are kept.
///
/// # Safety
///
/// Nothing relies on what the range holds.
pub(crate) unsafe fn discard_lazily(held: &Held) -> Result<()> {
    // SAFETY: the caller's contract. A kernel before 4.5, and locked memory, refuse.
    where_possible(unsafe { advise(held.addr, held.len, MADV_FREE) })
}

/// Makes private anonymous memory zero.
///
/// # Safety
///
/// Nothing relies on what the range holds.
pub(crate) unsafe fn discard_to_zero(held: &Held) -> Result<()> {
    // SAFETY: the caller's contract.
    unsafe {
        match advise(held.addr, held.len, MADV_DONTNEED) {
            // Locked, or huge pages, of which kernels know since 5.18.
            Err(Errno::EINVAL) => advise(held.addr, held.len, MADV_DONTNEED_LOCKED),
            answer => answer,
        }
    }
}

/// Writes a shared mapping back.
pub(crate) fn sync(addr: usize, len: usize, wait: bool, invalidate: bool) -> Result<()> {
    let flags = if wait { MS_SYNC } else { MS_ASYNC } | if invalidate { MS_INVALIDATE } else { 0 };
    // SAFETY: no byte of memory changes.
    Errno::done(unsafe { msync(addr, len, flags as usize) })
}
