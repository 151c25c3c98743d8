//! Signals on NetBSD: structures, codes, and the frame of a handler, which returns to code of the program's own.

use crate::kernel::signal_frame::Layout;
use crate::kernel::signal_rules::{Codes, InformationLayout, Rules};
use crate::target::Architecture;

pub(crate) const SIGNAL_RULES: Rules = Rules {
    last_signal: 63,
    action_flags: 24,
    action_mask: 8,
    information: InformationLayout {
        size: 128,
        errno: 8,
        code: 4,
        process: 16,
        user: 20,
        address: 16,
    },
    codes: Codes {
        user: 0,
        thread: -5,
        kernel: 32_767,
        integer_division: 1,
        beyond_end: 2,
    },
    frame: layout,
};

/// Which parts of a context are valid, in its first word.
pub(crate) const UC_SIGMASK: u64 = 0x1;
pub(crate) const UC_CPU: u64 = 0x4;
pub(crate) const UC_FPU: u64 = 0x8;
const UC_EVERYTHING: u64 = UC_SIGMASK | UC_CPU | UC_FPU;

/// `struct sigframe_siginfo`: the address that the handler returns to, the information, the context.
const X86_64: Layout = Layout {
    size: 920,
    information: 8,
    context: 136,
    context_size: 784,
    mask: 16,
    stack: 32,
    link: 8,
    // rax rbx rcx rdx rsi rdi rbp r8…r15, as words 14 13 3 2 1 0 12 4…11 from 56 on.
    general: &[
        168, 160, 80, 72, 64, 56, 152, 88, 96, 104, 112, 120, 128, 136, 144,
    ],
    program_counter: 224,
    stack_pointer: 248,
    flags: 240,
    // The XMM registers in what `fxsave` leaves at 272.
    vectors: 432,
    // uc_flags, cs and ss.
    constants: &[(0, UC_EVERYTHING), (232, 0x47), (256, 0x3f)],
};

/// `struct sigframe_siginfo`: the information, then the context.
const AARCH64: Layout = Layout {
    size: 1072,
    information: 0,
    context: 128,
    context_size: 944,
    mask: 16,
    stack: 32,
    link: 8,
    general: &[
        64, 72, 80, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 184, 192, 200, 208,
        216, 224, 232, 240, 248, 256, 264, 272, 280, 288, 296, 304,
    ],
    program_counter: 320,
    stack_pointer: 312,
    flags: 328,
    vectors: 352,
    constants: &[(0, UC_EVERYTHING)],
};

fn layout(architecture: Architecture) -> &'static Layout {
    match architecture {
        Architecture::X86_64 => &X86_64,
        Architecture::Aarch64 => &AARCH64,
    }
}
