//! The thread pointer on x86_64: the base of the segment `fs`.

use core::arch::asm;

/// The base itself, which no memory need be behind.
///
/// # Safety
///
/// The kernel allows the instruction.
#[inline]
pub(crate) unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: the caller's contract; a register is read.
    unsafe { asm!("rdfsbase {}", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// What its first word says, which is its own address wherever there is thread-local storage.
///
/// # Safety
///
/// This thread has thread-local storage: without it there is nothing at `fs:0`, and reading that is SIGSEGV.
#[inline]
pub(crate) unsafe fn thread_pointer_in_memory() -> usize {
    let pointer;
    // SAFETY: the caller's contract; the word is only read.
    unsafe { asm!("mov {}, fs:0", out(reg) pointer, options(nostack, preserves_flags, readonly)) };
    pointer
}
