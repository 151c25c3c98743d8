//! On aarch64.

use core::{arch::global_asm, fmt};

/// What was in the registers after the call.
#[derive(Default)]
#[repr(C)]
pub(super) struct Seen {
    /// x0 to x8.
    low: [u64; 9],
    carry: u64,
    x16: u64,
    x17: u64,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c={}", self.carry)?;
        for (index, value) in self.low.iter().enumerate() {
            write!(f, " x{index}={value:x}")?;
        }
        write!(f, " x16={:x} x17={:x}", self.x16, self.x17)
    }
}

/// Every register that a call may have an argument in gets a value of its own. The number is in x8 and in x17, where
/// NetBSD finds it for an immediate of 0.
///
/// # Safety
///
/// What the kernel does with the call must be sound.
pub(super) unsafe fn look(number: usize, first: usize) -> Seen {
    unsafe extern "C" {
        fn answers_look(number: usize, first: usize, seen: *mut Seen);
    }
    let mut seen = Seen::default();
    // SAFETY: the assembly below writes to the place of a `Seen`; the call is the caller's contract.
    unsafe { answers_look(number, first, &mut seen) };
    seen
}

// The carry flag is set before the call: Linux gives it back, and the others clear it for success.
global_asm!(
    ".section .text.answers_look, \"ax\", %progbits",
    "answers_look:",
    "str x19, [sp, #-16]!",
    "mov x19, x2",
    "mov x8, x0",
    "mov x17, x0",
    "mov x0, x1",
    "mov x1, #0x1111",
    "mov x2, #0x2222",
    "mov x3, #0x3333",
    "mov x4, #0x4444",
    "mov x5, #0x5555",
    "mov x6, #0x6666",
    "mov x7, #0x7777",
    "mov x16, #0x1616",
    "cmp xzr, xzr",
    "svc #0",
    "cset x9, cs",
    "stp x0, x1, [x19]",
    "stp x2, x3, [x19, #16]",
    "stp x4, x5, [x19, #32]",
    "stp x6, x7, [x19, #48]",
    "stp x8, x9, [x19, #64]",
    "stp x16, x17, [x19, #80]",
    "ldr x19, [sp], #16",
    "ret",
);

/// getpid by NetBSD's first way to say a number: in the instruction. The registers hold one that no call has.
#[cfg(target_os = "netbsd")]
pub(super) fn process_id_by_immediate() -> isize {
    const NO_CALL: usize = 9999;
    let answer;
    // SAFETY: the call changes no memory.
    unsafe {
        core::arch::asm!("svc #20", "cneg x0, x0, cs", inlateout("x0") 0usize => answer, lateout("x1") _,
            inlateout("x8") NO_CALL => _, inlateout("x17") NO_CALL => _, options(nostack));
    }
    answer
}
