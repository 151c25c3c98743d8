//! Tiny static programs, made from instructions and notes.

// Every test file takes what it needs of this.
#![allow(dead_code)]

pub mod script;

use rawmap_machine::{Architecture, Exit, Machine, Mode, Outcome, System, Target};

/// Where the code stands.
pub const CODE: u64 = 0x40_1000;
/// Sixteen pages of zero, readable and writable.
pub const DATA: u64 = 0x50_0000;
/// The size of the data.
pub const DATA_SIZE: u64 = 16 * 4096;

/// The name that programs are started with.
pub const NAME: &str = "/test/program";

pub const FREEBSD_X86_64: Target = Target {
    system: System::FreeBsd,
    architecture: Architecture::X86_64,
};
pub const FREEBSD_AARCH64: Target = Target {
    system: System::FreeBsd,
    architecture: Architecture::Aarch64,
};
pub const NETBSD_X86_64: Target = Target {
    system: System::NetBsd,
    architecture: Architecture::X86_64,
};
pub const NETBSD_AARCH64: Target = Target {
    system: System::NetBsd,
    architecture: Architecture::Aarch64,
};

pub const TARGETS: [Target; 4] = [
    FREEBSD_X86_64,
    FREEBSD_AARCH64,
    NETBSD_X86_64,
    NETBSD_AARCH64,
];

/// An ELF file in the making.
pub struct Program {
    architecture: Architecture,
    os_abi: u8,
    position_independent: bool,
    code: Vec<u8>,
    note_segments: Vec<Vec<u8>>,
}

/// A note record.
pub fn note(name: &[u8], kind: u32, description: u32) -> Vec<u8> {
    let mut record = Vec::new();
    record.extend((name.len() as u32).to_le_bytes());
    record.extend(4_u32.to_le_bytes());
    record.extend(kind.to_le_bytes());
    record.extend(name);
    record.resize(record.len().next_multiple_of(4), 0);
    record.extend(description.to_le_bytes());
    record
}

/// The note by which a system knows its programs.
pub fn abi_note(system: System) -> Vec<u8> {
    match system {
        System::FreeBsd => note(b"FreeBSD\0", 1, 1_501_000),
        System::NetBsd => note(b"NetBSD\0", 1, 1_099_001_200),
    }
}

impl Program {
    /// A program without notes.
    pub fn unbranded(architecture: Architecture, code: Vec<u8>) -> Self {
        Self {
            architecture,
            os_abi: 0,
            position_independent: false,
            code,
            note_segments: Vec::new(),
        }
    }

    /// A program with the note of its system.
    pub fn new(target: Target, code: Vec<u8>) -> Self {
        Self::unbranded(target.architecture, code).with_note_segment(abi_note(target.system))
    }

    pub fn with_note_segment(mut self, notes: Vec<u8>) -> Self {
        self.note_segments.push(notes);
        self
    }

    pub fn with_os_abi(mut self, os_abi: u8) -> Self {
        self.os_abi = os_abi;
        self
    }

    pub fn position_independent(mut self) -> Self {
        self.position_independent = true;
        self
    }

    /// The bytes of the file: headers in the first page, then the code, then the notes.
    pub fn file(&self) -> Vec<u8> {
        const CODE_OFFSET: usize = 0x1000;
        let notes_offset = CODE_OFFSET + self.code.len().next_multiple_of(8);
        let (kind, machine) = (
            if self.position_independent { 3_u16 } else { 2 },
            match self.architecture {
                Architecture::X86_64 => 62_u16,
                Architecture::Aarch64 => 183,
            },
        );
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.push(self.os_abi);
        file.resize(16, 0);
        file.extend(kind.to_le_bytes());
        file.extend(machine.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        for word in [CODE, 64, 0] {
            file.extend(word.to_le_bytes());
        }
        file.extend(0_u32.to_le_bytes());
        let header_count = 2 + self.note_segments.len() as u16;
        for half in [64, 56, header_count, 64, 0, 0] {
            file.extend(half.to_le_bytes());
        }
        let mut header = |kind: u32, flags: u32, words: [u64; 6]| {
            file.extend(kind.to_le_bytes());
            file.extend(flags.to_le_bytes());
            for word in words {
                file.extend(word.to_le_bytes());
            }
        };
        let code_size = self.code.len() as u64;
        let code_offset = CODE_OFFSET as u64;
        header(1, 5, [code_offset, CODE, CODE, code_size, code_size, 4096]);
        header(1, 6, [0, DATA, DATA, 0, DATA_SIZE, 4096]);
        let mut offset = notes_offset as u64;
        for notes in &self.note_segments {
            let size = notes.len() as u64;
            header(4, 4, [offset, 0, 0, size, size, 4]);
            offset += size;
        }
        file.resize(CODE_OFFSET, 0);
        file.extend(&self.code);
        file.resize(notes_offset, 0);
        file.extend(self.note_segments.concat());
        file
    }

    /// Runs the program on a machine of its own.
    pub fn run(&self, machine: Machine) -> Outcome {
        let environment: [&str; 1] = ["KEY=value"];
        machine
            .run(&self.file(), &[NAME, "argument"], &environment)
            .expect("the machine runs the program")
    }
}

/// Runs code on a target.
pub fn run(target: Target, mode: Mode, seed: u64, code: Vec<u8>) -> Outcome {
    Program::new(target, code).run(Machine::new(target.system).mode(mode).seed(seed))
}

/// The words that a program has written before it exited with 0.
pub fn words(outcome: &Outcome) -> Vec<u64> {
    assert_eq!(outcome.exit, Exit::Exited(0));
    outcome
        .stdout
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().expect("a chunk has eight bytes")))
        .collect()
}

/// Assembles x86_64 instructions.
#[macro_export]
macro_rules! x86_64 {
    ($($instructions:tt)*) => {{
        // Which of them is needed depends on the instructions.
        #[allow(unused_imports)]
        use dynasmrt::{DynasmApi as _, DynasmLabelApi as _};
        let mut assembler =
            dynasmrt::VecAssembler::<dynasmrt::x64::X64Relocation>::new($crate::program::CODE as usize);
        // A register that the code names by a number is converted once more by the assembler.
        #[allow(clippy::useless_conversion)]
        {
            dynasmrt::dynasm!(assembler; .arch x64; $($instructions)*);
        }
        assembler.finalize().expect("the code assembles")
    }};
}

/// Assembles aarch64 instructions.
#[macro_export]
macro_rules! aarch64 {
    ($($instructions:tt)*) => {{
        // Which of them is needed depends on the instructions.
        #[allow(unused_imports)]
        use dynasmrt::{DynasmApi as _, DynasmLabelApi as _};
        let mut assembler =
            dynasmrt::VecAssembler::<dynasmrt::aarch64::Aarch64Relocation>::new($crate::program::CODE as usize);
        // A register that the code names by a number is converted once more by the assembler.
        #[allow(clippy::useless_conversion)]
        {
            dynasmrt::dynasm!(assembler; .arch aarch64; $($instructions)*);
        }
        assembler.finalize().expect("the code assembles")
    }};
}

/// Code that writes so many bytes to descriptor 1, from where r12 or x19 points; a write may do only a part of it.
pub fn write_all(target: Target, length: usize) -> Vec<u8> {
    let length = length as i32;
    match target {
        FREEBSD_X86_64 | NETBSD_X86_64 => x86_64! {
            mov r13d, length;
            again:;
            mov eax, 4; mov edi, 1; mov rsi, r12; mov rdx, r13; syscall;
            add r12, rax; sub r13, rax; jnz <again
        },
        FREEBSD_AARCH64 => aarch64! {
            movz x20, length as u32;
            again:;
            movz x8, #4; movz x0, #1; mov x1, x19; mov x2, x20; svc #0;
            add x19, x19, x0; subs x20, x20, x0; b.ne <again
        },
        NETBSD_AARCH64 => aarch64! {
            movz x20, length as u32;
            again:;
            movz x0, #1; mov x1, x19; mov x2, x20; svc #4;
            add x19, x19, x0; subs x20, x20, x0; b.ne <again
        },
    }
}

/// Code that writes `count` words of the data to descriptor 1 and exits with 0.
pub fn report(target: Target, count: usize) -> Vec<u8> {
    let data = DATA as i32;
    let mut code = match target.architecture {
        Architecture::X86_64 => x86_64! { mov r12d, data },
        Architecture::Aarch64 => aarch64! { movz x19, #0x50, lsl #16 },
    };
    code.extend(write_all(target, 8 * count));
    code.extend(match target {
        FREEBSD_X86_64 | NETBSD_X86_64 => x86_64! { mov eax, 1; xor edi, edi; syscall },
        FREEBSD_AARCH64 => aarch64! { movz x8, #1; movz x0, #0; svc #0 },
        NETBSD_AARCH64 => aarch64! { movz x0, #0; svc #1 },
    });
    code
}
