//! The door to the kernel, and the only inline assembly of the library: one file per operating system and
//! architecture.
//!
//! # The contract that each file keeps
//!
//! `callN::<NUMBER>(a, b, …)` puts the number and the N arguments where this kernel looks for them, executes
//! the system-call instruction once, and returns the kernel's answer as one word in which −4095…−1 mean
//! −errno, whatever the kernel's own way of signalling an error is (a carry flag and a positive number on
//! the BSDs). Everything about registers ends here:
//!
//! - every register and flag that the kernel may change is declared, so that the block may stand inside any code;
//! - memory is clobbered (no `nomem`, no `readonly`): a mapping call changes what loads see;
//! - pointers travel as exposed addresses, which the callers in [`raw`](crate::raw) take care of;
//! - the system-call instruction is the only one that depends on the argument registers, since all three
//!   kernels restart a call by winding the program counter back to it.
//!
//! The number is a constant parameter because NetBSD on aarch64 takes it as an immediate operand of the
//! instruction. Numbers and argument order are the business of [`os`](crate::os).
//!
//! On x86_64 the functions are inlined. On aarch64 they are not: a caller may use SVE, by a feature of the whole
//! program or of one function that it chooses at run time, and keep values in registers of which the kernels
//! save the low 128 bits at the most. Around a call the compiler saves them, by the procedure-call standard; a
//! clobber of all vector registers would cost every caller more than the call does.
//!
//! `PAGE_SIZE` is the page size where the architecture has only one. `thread_pointer` reads the register that tells
//! threads apart, which is the same on the three systems.

cfg_if::cfg_if! {
    if #[cfg(all(target_os = "linux", target_arch = "x86_64"))] {
        mod linux_x86_64;
        pub(crate) use linux_x86_64::*;
    } else if #[cfg(all(target_os = "linux", target_arch = "aarch64"))] {
        mod linux_aarch64;
        pub(crate) use linux_aarch64::*;
    } else if #[cfg(all(target_os = "freebsd", target_arch = "x86_64"))] {
        mod freebsd_x86_64;
        pub(crate) use freebsd_x86_64::*;
    } else if #[cfg(all(target_os = "freebsd", target_arch = "aarch64"))] {
        mod freebsd_aarch64;
        pub(crate) use freebsd_aarch64::*;
    } else if #[cfg(all(target_os = "netbsd", target_arch = "x86_64"))] {
        mod netbsd_x86_64;
        pub(crate) use netbsd_x86_64::*;
    } else if #[cfg(all(target_os = "netbsd", target_arch = "aarch64"))] {
        mod netbsd_aarch64;
        pub(crate) use netbsd_aarch64::*;
    }
}

#[cfg(feature = "registry")]
#[cfg_attr(target_arch = "x86_64", path = "thread_pointer_x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "thread_pointer_aarch64.rs")]
mod thread_pointer;
#[cfg(feature = "registry")]
pub(crate) use thread_pointer::{thread_pointer, thread_pointer_in_memory};

#[cfg(feature = "registry")]
#[cfg_attr(target_arch = "x86_64", path = "prefetch_x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "prefetch_aarch64.rs")]
mod prefetch;
#[cfg(feature = "registry")]
pub(crate) use prefetch::prefetch;
