//! The registers of a process while the kernel has it.

use crate::target::Architecture;

/// General registers, program counter, stack pointer and flags.
///
/// `general` is indexed by the constants of [`x86_64`], or by the number in `x0`…`x30`.
#[derive(Clone, Debug)]
pub(crate) struct Registers {
    pub(crate) general: Vec<u64>,
    pub(crate) program_counter: u64,
    pub(crate) stack_pointer: u64,
    /// RFLAGS, or NZCV in its place in PSTATE.
    pub(crate) flags: u64,
}

/// The low 128 bits of each vector register.
pub(crate) type Vectors = Vec<[u8; 16]>;

/// How many vector registers there are.
pub(crate) fn vector_count(architecture: Architecture) -> usize {
    match architecture {
        Architecture::X86_64 => 16,
        Architecture::Aarch64 => 32,
    }
}

/// Where each general register of x86_64 stands; the stack pointer is kept apart.
pub(crate) mod x86_64 {
    pub(crate) const RAX: usize = 0;
    pub(crate) const RBX: usize = 1;
    pub(crate) const RCX: usize = 2;
    pub(crate) const RDX: usize = 3;
    pub(crate) const RSI: usize = 4;
    pub(crate) const RDI: usize = 5;
    pub(crate) const R8: usize = 7;
    pub(crate) const R9: usize = 8;
    pub(crate) const R10: usize = 9;
    pub(crate) const R11: usize = 10;
    pub(crate) const R15: usize = 14;
    /// rax rbx rcx rdx rsi rdi rbp r8…r15.
    pub(crate) const COUNT: usize = 15;
    pub(crate) const CARRY: u64 = 1;
    /// Carry, parity, adjust, zero, sign and overflow: what arithmetic leaves behind.
    pub(crate) const STATUS: u64 = 0x8d5;
    /// The direction of string instructions.
    pub(crate) const DIRECTION: u64 = 0x400;
    /// What a program may set: the status, traps, direction and what it can't do harm with.
    pub(crate) const CHANGEABLE: u64 = 0x24_0dd5;
    /// Bit 1 is always set; interrupts are on.
    pub(crate) const FLAGS_AT_ENTRY: u64 = 0x202;
}

/// The flags of aarch64.
pub(crate) mod aarch64 {
    /// x0…x30.
    pub(crate) const COUNT: usize = 31;
    pub(crate) const CARRY: u64 = 1 << 29;
    pub(crate) const STATUS: u64 = 0xf << 28;
}

impl Registers {
    pub(crate) fn new(architecture: Architecture) -> Self {
        let (count, flags) = match architecture {
            Architecture::X86_64 => (x86_64::COUNT, x86_64::FLAGS_AT_ENTRY),
            Architecture::Aarch64 => (aarch64::COUNT, 0),
        };
        Self {
            general: vec![0; count],
            program_counter: 0,
            stack_pointer: 0,
            flags,
        }
    }
}
