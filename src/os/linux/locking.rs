//! Locking memory.

use super::{mlock, munlock};
use crate::{Errno, Result};

/// Locks a range; `ENOMEM` over the limit.
pub(crate) fn lock(addr: usize, len: usize) -> Result<()> {
    // SAFETY: no byte of memory changes.
    match Errno::of(unsafe { mlock(addr, len) }) {
        // A limit of 0 is EPERM, and pages that could not be had are EAGAIN.
        Err(Errno::EPERM | Errno::EAGAIN) => Err(Errno::ENOMEM),
        answer => answer.map(drop),
    }
}

/// Unlocks a range, of which nothing need be locked.
pub(crate) fn unlock(addr: usize, len: usize) -> Result<()> {
    // SAFETY: no byte of memory changes.
    Errno::done(unsafe { munlock(addr, len) })
}
