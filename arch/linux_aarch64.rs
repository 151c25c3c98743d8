//! Linux on aarch64, by the `syscalls` crate: `svc #0`, number in `x8`, arguments in `x0`–`x5`, −errno in
//! `x0`. The kernel changes `x0` and no other general register; of SVE registers it keeps the low 128 bits.

/// 4, 16 or 64 KiB, as the kernel was built: it has to be asked.
pub(crate) const PAGE_SIZE: Option<usize> = None;

macro_rules! call {
    ($name:ident = $raw:ident($($argument:ident),+)) => {
        /// # Safety
        ///
        /// Whatever the kernel does with this number and these arguments must be sound.
        #[cfg_attr(target_feature = "sve", inline(never))]
        #[cfg_attr(not(target_feature = "sve"), inline(always))]
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
