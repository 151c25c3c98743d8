//! Bringing memory near.

use core::arch::asm;

/// Asks for the cache line of an address, which need not be there.
#[inline]
pub(crate) fn prefetch<T>(at: *const T) {
    // SAFETY: it is a hint, which never faults, and changes nothing that a program sees.
    unsafe {
        asm!("prfm pldl1keep, [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
    }
}
