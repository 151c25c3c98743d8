//! The thread pointer on x86_64: the segment `fs`, whose first word holds its own address wherever there is
//! thread-local storage.

use core::arch::asm;

/// # Safety
///
/// This thread has thread-local storage: without it there is nothing at `fs:0`, and reading that is SIGSEGV.
#[inline]
pub(crate) unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: the caller's contract; the word is only read.
    unsafe { asm!("mov {}, fs:0", out(reg) pointer, options(nostack, preserves_flags, readonly)) };
    pointer
}
