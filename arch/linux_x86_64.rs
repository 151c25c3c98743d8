//! Linux on x86_64, by the `syscalls` crate: `syscall`, number in `rax`, arguments in `rdi rsi rdx r10 r8
//! r9`, −errno in `rax`. The kernel changes `rax`, `rcx` and `r11` and nothing else.

/// The architecture has one page size.
pub(crate) const PAGE_SIZE: Option<usize> = Some(4096);

macro_rules! call {
    ($name:ident = $raw:ident($($argument:ident),+)) => {
        /// # Safety
        ///
        /// Whatever the kernel does with this number and these arguments must be sound.
        #[inline(always)]
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
