//! Locking memory.

use super::{mlock, munlock};
use crate::{Errno, Result};

/// Locks a range; `ENOMEM` over the limit.
pub(crate) fn lock(addr: usize, len: usize) -> Result<()> {
    // SAFETY: no byte of memory changes.
    Errno::done(unsafe { mlock(addr, len) })
}

/// Unlocks a range, of which nothing need be locked.
pub(crate) fn unlock(addr: usize, len: usize) -> Result<()> {
    // SAFETY: no byte of memory changes.
    Errno::done(unsafe { munlock(addr, len) })
}
