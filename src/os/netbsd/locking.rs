//! Locking memory.

use super::{mlock, munlock};
use crate::{Errno, Result, page_size};

/// Locks a range; `ENOMEM` over the limit.
pub(crate) fn lock(addr: usize, len: usize) -> Result<()> {
    // SAFETY: no byte of memory changes.
    match Errno::of(unsafe { mlock(addr, len) }) {
        // Over the limit is EAGAIN; a hole, or a page that may not be touched, EINVAL.
        Err(Errno::EAGAIN | Errno::EINVAL) => Err(Errno::ENOMEM),
        answer => answer.map(drop),
    }
}

/// Unlocks a range, of which nothing need be locked.
///
/// The kernel unlocks nothing of a range in which one page is not locked, and says `ENOMEM`. Then the pages are asked
/// one by one.
pub(crate) fn unlock(addr: usize, len: usize) -> Result<()> {
    match unlock_all(addr, len) {
        Err(Errno::ENOMEM) => {}
        answer => return answer,
    }
    let page = page_size();
    for offset in (0..len).step_by(page) {
        match unlock_all(addr + offset, page) {
            Ok(()) | Err(Errno::ENOMEM) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn unlock_all(addr: usize, len: usize) -> Result<()> {
    // SAFETY: no byte of memory changes.
    Errno::done(unsafe { munlock(addr, len) })
}
