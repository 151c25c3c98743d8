//! What a system call leaves in the registers, seen by assembly that looks at nothing else.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64::look;
#[cfg(target_arch = "x86_64")]
use x86_64::look;

use crate::{answer::tell, number};

/// A call that succeeds, and two that are refused: their second argument is 0x1111 in each.
pub(crate) fn ask_kernel() {
    let calls = [
        ("registers after getpid", number::GETPID, 0),
        ("registers after munmap(1, 0x1111)", number::MUNMAP, 1),
        (
            "registers after mprotect(-4096, 0x1111)",
            number::MPROTECT,
            4096usize.wrapping_neg(),
        ),
    ];
    for (question, number, first) in calls {
        // SAFETY: the first changes nothing. The other two are refused: on no system does one of them name a range of
        // user memory, since the first is not aligned or holds nothing, and the second lies at the end of the address
        // space.
        let seen = unsafe { look(number, first) };
        tell(question, format_args!("n={number} {seen}"));
    }
    #[cfg(all(target_os = "netbsd", target_arch = "aarch64"))]
    tell(
        "svc #20 (getpid by immediate)",
        format_args!("{}", aarch64::process_id_by_immediate() > 0),
    );
}
