//! What a mapping holds: writing it back.

use super::{MS_ASYNC, MS_INVALIDATE, MS_SYNC, msync};
use crate::{Errno, Result};

/// Writes a shared mapping back.
pub(crate) fn sync(addr: usize, len: usize, wait: bool, invalidate: bool) -> Result<()> {
    let flags = if wait { MS_SYNC } else { MS_ASYNC } | if invalidate { MS_INVALIDATE } else { 0 };
    // SAFETY: no byte of memory changes.
    Errno::done(unsafe { msync(addr, len, flags as usize) })
}
