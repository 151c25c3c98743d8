//! NetBSD on aarch64: `svc` with the number as its immediate operand, arguments in `x0`–`x7`. An error is the
//! carry flag and a positive errno in `x0`.
//!
//! `x8` is never looked at; an immediate of 0 or 198 would take the number from `x17`, which the calls here do
//! not need, since every number is a constant. The kernel changes `x1`, its second return register, and was
//! seen to keep the others. Its own stubs are C functions, to whose callers `x0`–`x17` are lost: those that
//! carry arguments or could carry a number are declared as changed.

use core::arch::asm;

/// Asked of the kernel: those that are shipped use 4 KiB, the headers allow more.
pub(crate) const PAGE_SIZE: Option<usize> = None;

macro_rules! call {
    ($name:ident($first:ident $(, $argument:ident)*): $($operands:tt)+) => {
        /// # Safety
        ///
        /// Whatever the kernel does with this number and these arguments must be sound.
        #[inline(never)]
        pub(crate) unsafe fn $name<const NUMBER: usize>($first: usize $(, $argument: usize)*) -> usize {
            let answer;
            // SAFETY: every register that the kernel may change is an output, flags and memory count as
            // changed, and the stack is not touched; the rest is the caller's contract.
            unsafe {
                asm!(
                    "svc #{number}",
                    // Carry set: errno turns into −errno.
                    "cneg x0, x0, cs",
                    inlateout("x0") $first => answer,
                    number = const NUMBER,
                    lateout("x17") _,
                    $($operands)+,
                    options(nostack),
                );
            }
            answer
        }
    };
}

call!(call1(a): lateout("x1") _, lateout("x2") _, lateout("x3") _, lateout("x4") _, lateout("x5") _, lateout("x6") _, lateout("x7") _);
call!(call2(a, b): inlateout("x1") b => _, lateout("x2") _, lateout("x3") _, lateout("x4") _, lateout("x5") _, lateout("x6") _, lateout("x7") _);
call!(call3(a, b, c): inlateout("x1") b => _, inlateout("x2") c => _, lateout("x3") _, lateout("x4") _, lateout("x5") _, lateout("x6") _, lateout("x7") _);
call!(call5(a, b, c, d, e): inlateout("x1") b => _, inlateout("x2") c => _, inlateout("x3") d => _, inlateout("x4") e => _, lateout("x5") _, lateout("x6") _, lateout("x7") _);
call!(call6(a, b, c, d, e, f): inlateout("x1") b => _, inlateout("x2") c => _, inlateout("x3") d => _, inlateout("x4") e => _, inlateout("x5") f => _, lateout("x6") _, lateout("x7") _);
call!(call7(a, b, c, d, e, f, g): inlateout("x1") b => _, inlateout("x2") c => _, inlateout("x3") d => _, inlateout("x4") e => _, inlateout("x5") f => _, inlateout("x6") g => _, lateout("x7") _);
