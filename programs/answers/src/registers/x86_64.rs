//! On x86_64.

use core::{arch::global_asm, fmt};

/// What was in the registers after the call.
#[derive(Default)]
#[repr(C)]
pub(super) struct Seen {
    carry: u64,
    rax: u64,
    rdi: u64,
    rsi: u64,
    rdx: u64,
    r10: u64,
    r8: u64,
    r9: u64,
    rbx: u64,
    rcx: u64,
    /// The address of the instruction behind the call.
    next: u64,
    /// What was in `rdi` before.
    first: u64,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rdi = if self.rdi == self.first {
            "kept"
        } else {
            "CHANGED"
        };
        write!(
            f,
            "cf={} rax={:x} rdi={rdi} rsi={:x} rdx={:x} r10={:x} r8={:x} r9={:x} rbx={:x} rcx_is_code={}",
            self.carry,
            self.rax,
            self.rsi,
            self.rdx,
            self.r10,
            self.r8,
            self.r9,
            self.rbx,
            self.rcx == self.next,
        )
    }
}

/// Every register that a call may have an argument in gets a value of its own.
///
/// # Safety
///
/// What the kernel does with the call must be sound.
pub(super) unsafe fn look(number: usize, first: usize) -> Seen {
    unsafe extern "C" {
        fn answers_look(number: usize, first: usize, seen: *mut Seen);
    }
    let mut seen = Seen {
        first: first as u64,
        ..Seen::default()
    };
    // SAFETY: the assembly below writes to the place of a `Seen`; the call is the caller's contract.
    unsafe { answers_look(number, first, &mut seen) };
    seen
}

// Before the call the carry flag is what it must not be afterwards: Linux gives back what was there, and the record
// was made with a clear one; the others clear it for success.
global_asm!(
    ".section .text.answers_look, \"ax\", @progbits",
    "answers_look:",
    "push rbx",
    "push r12",
    "mov r12, rdx",
    "mov rax, rdi",
    "mov rdi, rsi",
    "mov esi, 0x1111",
    "mov edx, 0x2222",
    "mov r10d, 0x3333",
    "mov r8d, 0x4444",
    "mov r9d, 0x5555",
    "mov ebx, 0x6666",
    #[cfg(target_os = "linux")]
    "clc",
    #[cfg(not(target_os = "linux"))]
    "stc",
    "syscall",
    "2:",
    "setc byte ptr [r12]",
    "mov [r12 + 8], rax",
    "mov [r12 + 16], rdi",
    "mov [r12 + 24], rsi",
    "mov [r12 + 32], rdx",
    "mov [r12 + 40], r10",
    "mov [r12 + 48], r8",
    "mov [r12 + 56], r9",
    "mov [r12 + 64], rbx",
    "mov [r12 + 72], rcx",
    "lea rax, [rip + 2b]",
    "mov [r12 + 80], rax",
    "pop r12",
    "pop rbx",
    "ret",
);
