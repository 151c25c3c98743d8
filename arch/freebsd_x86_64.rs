//! FreeBSD on x86_64: `syscall`, number in `rax`, arguments in `rdi rsi rdx r10 r8 r9`. An error is the
//! carry flag and a positive errno in `rax`.
//!
//! The kernel keeps `rdi rsi rbx rbp r12`–`r15` and the vector registers. `rcx` and `r11` belong to the
//! instruction; `rdx` is the second return register; `r8 r9 r10` come back as zero on the fast way out and
//! with other values on the slow one (a pending signal, a restart).

use core::arch::asm;

/// The architecture has one page size.
pub(crate) const PAGE_SIZE: Option<usize> = Some(4096);

macro_rules! call {
    ($name:ident($($argument:ident),+): $($operands:tt)+) => {
        /// # Safety
        ///
        /// Whatever the kernel does with this number and these arguments must be sound.
        #[inline(always)]
        pub(crate) unsafe fn $name<const NUMBER: usize>($($argument: usize),+) -> usize {
            let answer;
            // SAFETY: every register that the kernel may change is an output, flags and memory count as
            // changed, and the stack is not touched; the rest is the caller's contract.
            unsafe {
                asm!(
                    "syscall",
                    // With the carry set rcx becomes all ones and the next two lines negate rax, so that
                    // errno turns into −errno; with the carry clear they leave it alone.
                    "sbb rcx, rcx",
                    "xor rax, rcx",
                    "sub rax, rcx",
                    inlateout("rax") NUMBER => answer,
                    lateout("rcx") _,
                    lateout("r11") _,
                    $($operands)+,
                    options(nostack),
                );
            }
            answer
        }
    };
}

call!(call1(a): in("rdi") a, lateout("rdx") _, lateout("r10") _, lateout("r8") _, lateout("r9") _);
call!(call2(a, b): in("rdi") a, in("rsi") b, lateout("rdx") _, lateout("r10") _, lateout("r8") _, lateout("r9") _);
call!(call3(a, b, c): in("rdi") a, in("rsi") b, inlateout("rdx") c => _, lateout("r10") _, lateout("r8") _, lateout("r9") _);
call!(call5(a, b, c, d, e): in("rdi") a, in("rsi") b, inlateout("rdx") c => _, inlateout("r10") d => _, inlateout("r8") e => _, lateout("r9") _);
call!(call6(a, b, c, d, e, f): in("rdi") a, in("rsi") b, inlateout("rdx") c => _, inlateout("r10") d => _, inlateout("r8") e => _, inlateout("r9") f => _);
