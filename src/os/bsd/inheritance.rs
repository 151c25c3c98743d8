//! What forked children find.

use crate::{Errno, Result, os::minherit};

/// Sets what forked children find in a range.
///
/// # Safety
///
/// What the children find must be sound in them.
pub(crate) unsafe fn inherit(addr: usize, len: usize, how: i32) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { minherit(addr, len, how as usize) })
}
