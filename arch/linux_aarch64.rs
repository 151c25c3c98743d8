//! Linux on aarch64, by the `syscalls` crate: `svc #0`, number in `x8`, arguments in `x0`–`x5`, −errno in
//! `x0`. Kernels were seen to change `x0` and no other general register, which is what the crate relies on; their
//! own test promises it for `x9`–`x30` only, and no value lives in the others here, where nothing is inlined. Of
//! SVE registers the low 128 bits are kept.

/// 4, 16 or 64 KiB, as the kernel was built: it has to be asked.
pub(crate) const PAGE_SIZE: Option<usize> = None;

macro_rules! call {
    ($name:ident = $raw:ident($($argument:ident),+)) => {
        /// # Safety
        ///
        /// Whatever the kernel does with this number and these arguments must be sound.
        #[inline(never)]
        pub(crate) unsafe fn $name<const NUMBER: usize>($($argument: usize),+) -> usize {
            // SAFETY: the caller's contract.
            unsafe { syscalls::raw::$raw(NUMBER, $($argument),+) }
        }
    };
}

call!(call1 = syscall1(a));
call!(call2 = syscall2(a, b));
call!(call3 = syscall3(a, b, c));
call!(call5 = syscall5(a, b, c, d, e));
call!(call6 = syscall6(a, b, c, d, e, f));
