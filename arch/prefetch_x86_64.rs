//! Bringing memory near.

use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Asks for the cache line of an address, which need not be there.
#[inline]
pub(crate) fn prefetch<T>(at: *const T) {
    // SAFETY: it is a hint, which never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
}
