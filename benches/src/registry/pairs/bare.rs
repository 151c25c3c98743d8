//! Both calls by assembly, both results compared with the range of errors: the least that a program can do.

use core::arch::asm;

use rawmap::Prot;
use rawmap_benches::failed;

const ERRORS: usize = -4096isize as usize;

/// Maps private anonymous memory.
#[inline(always)]
pub(crate) fn mmap(len: usize, prot: Prot) -> usize {
    let mapped: usize;
    // SAFETY: new memory, where nothing is; the registers are those of Linux on x86_64.
    unsafe {
        asm!("syscall", inlateout("rax") 9usize => mapped, in("rdi") 0, in("rsi") len, in("rdx") prot.bits() as usize,
            in("r10") 0x22, in("r8") -1isize, in("r9") 0, lateout("rcx") _, lateout("r11") _,
            options(nostack, preserves_flags));
    }
    if mapped > ERRORS {
        failed();
    }
    mapped
}

/// Unmaps it again.
///
/// # Safety
///
/// The range is the caller's, and nothing refers to it.
#[inline(always)]
pub(crate) unsafe fn munmap(at: usize, len: usize) {
    let unmapped: usize;
    // SAFETY: the caller's contract; the registers are those of Linux on x86_64.
    unsafe {
        asm!("syscall", inlateout("rax") 11usize => unmapped, in("rdi") at, in("rsi") len,
            lateout("rcx") _, lateout("r11") _, options(nostack, preserves_flags));
    }
    if unmapped > ERRORS {
        failed();
    }
}
