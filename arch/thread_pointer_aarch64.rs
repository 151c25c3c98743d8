//! The thread pointer on aarch64: a register that every program may read.

use core::arch::asm;

/// # Safety
///
/// None is needed.
#[inline]
pub(crate) unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: a register is read.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

/// The same: there is no need to look into memory.
///
/// # Safety
///
/// None is needed.
#[inline]
pub(crate) unsafe fn thread_pointer_in_memory() -> usize {
    // SAFETY: none is needed.
    unsafe { thread_pointer() }
}
