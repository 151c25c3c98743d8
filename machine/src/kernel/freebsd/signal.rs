//! Signals on FreeBSD: structures, codes, the frame of a handler, and the code that it returns to.

use crate::kernel::signal_frame::Layout;
use crate::kernel::signal_rules::{Codes, InformationLayout, Rules};
use crate::target::Architecture;

pub(crate) const SIGNAL_RULES: Rules = Rules {
    last_signal: 128,
    action_flags: 8,
    action_mask: 12,
    information: InformationLayout {
        size: 80,
        errno: 4,
        code: 8,
        process: 12,
        user: 16,
        address: 24,
    },
    codes: Codes {
        user: 0x10001,
        thread: 0x10007,
        kernel: 0x10006,
        integer_division: 2,
        beyond_end: 3,
    },
    frame: layout,
};

/// What a program of old is told of a page that it may not use: the number of the page fault.
pub(crate) const BUS_PAGE_FAULT: i32 = 12;

/// `struct sigframe`: the handler, which the trampoline calls, then the context, then the information.
const X86_64: Layout = Layout {
    size: 976,
    information: 896,
    context: 16,
    context_size: 880,
    mask: 0,
    stack: 824,
    link: 816,
    // rax rbx rcx rdx rsi rdi rbp r8…r15
    general: &[
        72, 80, 48, 40, 32, 24, 88, 56, 64, 96, 104, 112, 120, 128, 136,
    ],
    program_counter: 176,
    stack_pointer: 200,
    flags: 192,
    // The XMM registers in what `fxsave` leaves at 240.
    vectors: 400,
    // cs, ss, mc_len, mc_fpformat and mc_ownedfp.
    constants: &[
        (184, 0x43),
        (208, 0x3b),
        (216, 800),
        (224, 0x1_0002),
        (232, 0x2_0001),
    ],
};

/// `struct sigframe`: the information, then the context.
const AARCH64: Layout = Layout {
    size: 1040,
    information: 0,
    context: 80,
    context_size: 960,
    mask: 0,
    stack: 904,
    link: 896,
    general: &[
        16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168,
        176, 184, 192, 200, 208, 216, 224, 232, 240, 248, 256,
    ],
    program_counter: 272,
    stack_pointer: 264,
    flags: 280,
    vectors: 288,
    // mc_flags: the vector registers are there.
    constants: &[(816, 1)],
};

fn layout(architecture: Architecture) -> &'static Layout {
    match architecture {
        Architecture::X86_64 => &X86_64,
        Architecture::Aarch64 => &AARCH64,
    }
}

/// The code on the shared page that calls a handler and then `sigreturn`.
pub(crate) fn trampoline(architecture: Architecture) -> Vec<u8> {
    match architecture {
        // call [rsp]; lea rdi, [rsp + 16]; push 0; mov rax, 417; syscall; hlt
        Architecture::X86_64 => vec![
            0xff, 0x14, 0x24, 0x48, 0x8d, 0x7c, 0x24, 0x10, 0x6a, 0x00, 0x48, 0xc7, 0xc0, 0xa1,
            0x01, 0x00, 0x00, 0x0f, 0x05, 0xf4,
        ],
        // blr x8; mov x0, sp; add x0, x0, #80; mov x8, #417; svc #0; udf #0
        Architecture::Aarch64 => [
            0xd63f_0100_u32,
            0x9100_03e0,
            0x9101_4000,
            0xd280_3428,
            0xd400_0001,
            0,
        ]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect(),
    }
}
