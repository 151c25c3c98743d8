//! `_start` and the ELF notes, which are assembly files of their own, and where the entry leads.

use core::arch::global_asm;

use crate::{call, start::Start};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
global_asm!(
    include_str!("../../../targets/x86_64-unknown-linux-gnu.s"),
    options(raw)
);
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
global_asm!(
    include_str!("../../../targets/aarch64-unknown-linux-gnu.s"),
    options(raw)
);
#[cfg(all(target_os = "freebsd", target_arch = "x86_64"))]
global_asm!(
    include_str!("../../../targets/x86_64-unknown-freebsd.s"),
    options(raw)
);
#[cfg(all(target_os = "freebsd", target_arch = "aarch64"))]
global_asm!(
    include_str!("../../../targets/aarch64-unknown-freebsd.s"),
    options(raw)
);
#[cfg(all(target_os = "netbsd", target_arch = "x86_64"))]
global_asm!(
    include_str!("../../../targets/x86_64-unknown-netbsd.s"),
    options(raw)
);
#[cfg(all(target_os = "netbsd", target_arch = "aarch64"))]
global_asm!(
    include_str!("../../../targets/aarch64-unknown-netbsd.s"),
    options(raw)
);

unsafe extern "Rust" {
    /// The program; [`program!`](crate::program) defines it.
    fn bare_program(start: &Start) -> i32;
}

/// Called by `_start` and by nothing else.
///
/// # Safety
///
/// `block` is the argument block that the kernel made.
#[unsafe(no_mangle)]
unsafe extern "C" fn bare_start(block: *const usize) -> ! {
    // SAFETY: the block is the kernel's, by contract; `program!` gives its function this signature.
    call::exit(unsafe { bare_program(&Start::new(block)) })
}

/// Makes a function `fn(&Start) -> i32` the program, whose result is the exit status.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        #[unsafe(no_mangle)]
        fn bare_program(start: &$crate::Start) -> i32 {
            $run(start)
        }
    };
}
