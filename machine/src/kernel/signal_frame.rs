//! Where a system puts the registers of an interrupted program for its handler to see, and takes them back from.

use crate::registers::{Registers, Vectors, aarch64, x86_64};
use crate::target::Architecture;

/// The frame that a system pushes: offsets in bytes, inside the context where nothing else is said.
pub(crate) struct Layout {
    pub(crate) size: usize,
    /// `siginfo_t` in the frame.
    pub(crate) information: usize,
    /// `ucontext_t` in the frame.
    pub(crate) context: usize,
    pub(crate) context_size: usize,
    pub(crate) mask: usize,
    /// Where `uc_stack` stands.
    pub(crate) stack: usize,
    pub(crate) link: usize,
    /// Each general register, in the order of [`Registers`].
    pub(crate) general: &'static [usize],
    pub(crate) program_counter: usize,
    pub(crate) stack_pointer: usize,
    pub(crate) flags: usize,
    pub(crate) vectors: usize,
    /// Words that hold the same in every context.
    pub(crate) constants: &'static [(usize, u64)],
}

fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}

fn get<const SIZE: usize>(bytes: &[u8], offset: usize) -> [u8; SIZE] {
    let mut value = [0; SIZE];
    value.copy_from_slice(&bytes[offset..offset + SIZE]);
    value
}

fn word(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(get(bytes, offset))
}

impl Layout {
    /// Fills a context; what is not named here stays as it is.
    pub(crate) fn write_context(
        &self,
        context: &mut [u8],
        registers: &Registers,
        vectors: &Vectors,
        mask: u128,
    ) {
        for &(offset, value) in self.constants {
            put(context, offset, &value.to_le_bytes());
        }
        put(context, self.mask, &mask.to_le_bytes());
        put(context, self.link, &0_u64.to_le_bytes());
        for (&offset, value) in self.general.iter().zip(&registers.general) {
            put(context, offset, &value.to_le_bytes());
        }
        for (offset, value) in [
            (self.program_counter, registers.program_counter),
            (self.stack_pointer, registers.stack_pointer),
            (self.flags, registers.flags),
        ] {
            put(context, offset, &value.to_le_bytes());
        }
        for (index, vector) in vectors.iter().enumerate() {
            put(context, self.vectors + 16 * index, vector);
        }
    }

    /// The registers of a context that a program hands back, which may have changed them.
    pub(crate) fn read_registers(&self, architecture: Architecture, context: &[u8]) -> Registers {
        let mut registers = Registers::new(architecture);
        for (&offset, value) in self.general.iter().zip(&mut registers.general) {
            *value = word(context, offset);
        }
        registers.program_counter = word(context, self.program_counter);
        registers.stack_pointer = word(context, self.stack_pointer);
        let flags = word(context, self.flags);
        registers.flags = match architecture {
            Architecture::X86_64 => flags & x86_64::CHANGEABLE | x86_64::FLAGS_AT_ENTRY,
            Architecture::Aarch64 => flags & aarch64::STATUS,
        };
        registers
    }

    pub(crate) fn read_vectors(&self, context: &[u8], count: usize) -> Vectors {
        (0..count)
            .map(|index| get(context, self.vectors + 16 * index))
            .collect()
    }

    pub(crate) fn read_mask(&self, context: &[u8]) -> u128 {
        u128::from_le_bytes(get(context, self.mask))
    }
}
