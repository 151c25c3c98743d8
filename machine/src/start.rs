//! What a program finds when it starts: its stack, and the registers that lead there.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::pool::PAGE;
use crate::registers::{Registers, x86_64};
use crate::space::{AddressSpace, Denial};
use crate::target::{Architecture, Mode, System, Target};

const AT_NULL: u64 = 0;
const AT_PHDR: u64 = 3;
const AT_PHENT: u64 = 4;
const AT_PHNUM: u64 = 5;
const AT_PAGESZ: u64 = 6;
const AT_BASE: u64 = 7;
const AT_FLAGS: u64 = 8;
const AT_ENTRY: u64 = 9;
/// FreeBSD: where the page sizes are listed, and how many bytes that is.
const AT_PAGESIZES: u64 = 20;
const AT_PAGESIZESLEN: u64 = 21;

/// `sizeof(Elf64_Phdr)`.
const PROGRAM_HEADER_SIZE: u64 = 56;

/// A page, and the two sizes of superpages.
const PAGE_SIZES: [u64; 3] = [PAGE, 2 << 20, 1 << 30];

/// NetBSD's `struct ps_strings`.
const PS_STRINGS_SIZE: u64 = 32;

/// The program that the stack is for.
pub(crate) struct Program<'data> {
    pub(crate) entry: u64,
    pub(crate) headers: u64,
    pub(crate) header_count: u64,
    pub(crate) arguments: &'data [Vec<u8>],
    pub(crate) environment: &'data [Vec<u8>],
}

/// A stack that is filled from its upper end.
struct Stack<'space> {
    space: &'space AddressSpace,
    top: u64,
}

impl Stack<'_> {
    fn push(&mut self, bytes: &[u8], alignment: u64) -> Result<u64, Denial> {
        self.top = (self.top - bytes.len() as u64) & !(alignment - 1);
        self.space.write(self.top, bytes)?;
        Ok(self.top)
    }

    fn push_strings(&mut self, strings: &[Vec<u8>]) -> Result<Vec<u64>, Denial> {
        let mut addresses = Vec::new();
        for string in strings {
            addresses.push(self.push(&[string.as_slice(), &[0]].concat(), 1)?);
        }
        Ok(addresses)
    }

    fn push_words(&mut self, words: &[u64], alignment: u64) -> Result<u64, Denial> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.push(&bytes, alignment)
    }
}

/// Lays out the stack below `top`, and sets the registers that the system defines at entry.
pub(crate) fn prepare(
    target: Target,
    mode: Mode,
    random: &mut ChaCha8Rng,
    space: &AddressSpace,
    top: u64,
    program: &Program<'_>,
    registers: &mut Registers,
) -> Result<(), Denial> {
    let hostile = mode == Mode::Hostile;
    let mut stack = Stack { space, top };
    let ps_strings = top - PS_STRINGS_SIZE;
    if target.system == System::NetBsd {
        stack.top = ps_strings;
    }
    let arguments = stack.push_strings(program.arguments)?;
    let environment = stack.push_strings(program.environment)?;

    let mut vectors = vec![
        (AT_PHDR, program.headers),
        (AT_PHENT, PROGRAM_HEADER_SIZE),
        (AT_PHNUM, program.header_count),
        (AT_PAGESZ, PAGE),
        (AT_BASE, 0),
        (AT_FLAGS, 0),
        (AT_ENTRY, program.entry),
    ];
    if target.system == System::FreeBsd {
        let sizes = stack.push_words(&PAGE_SIZES, 8)?;
        vectors.push((AT_PAGESIZES, sizes));
        vectors.push((AT_PAGESIZESLEN, size_of_val(&PAGE_SIZES) as u64));
    }
    vectors.push((AT_NULL, 0));

    let argument_count = arguments.len() as u64;
    let mut block = vec![argument_count];
    block.extend(&arguments);
    block.push(0);
    block.extend(&environment);
    block.push(0);
    for (kind, value) in vectors {
        // NetBSD's type has 32 bits; what pads it to a word is nobody's.
        let padding = if target.system == System::NetBsd && hostile {
            random.next_u64() << 32
        } else {
            0
        };
        block.extend([kind | padding, value]);
    }
    // The block itself is only aligned to words. Where the stack pointer is derived from it, or the program has to align
    // it, either parity will do; NetBSD on aarch64 hands it over as it is.
    let derived = (target.system, target.architecture) != (System::NetBsd, Architecture::Aarch64);
    let odd = derived && hostile && random.next_u32() % 2 == 1;
    let size = 8 * block.len() as u64;
    let even_start = (stack.top - size) & !15;
    stack.top = even_start + size - if odd { 8 } else { 0 };
    let start = stack.push_words(&block, 8)?;

    registers.program_counter = program.entry;
    let general = &mut registers.general;
    match (target.system, target.architecture) {
        (System::FreeBsd, Architecture::X86_64) => {
            general[x86_64::RDI] = start;
            general[x86_64::RSI] = 0;
            registers.stack_pointer = ((start - 8) & !15) + 8;
        }
        (System::FreeBsd, Architecture::Aarch64) => {
            general[0] = start;
            general[2] = 0;
            registers.stack_pointer = start & !15;
        }
        (System::NetBsd, Architecture::X86_64) => {
            general[x86_64::RBX] = ps_strings;
            general[x86_64::RDX] = 0;
            registers.stack_pointer = start;
        }
        (System::NetBsd, Architecture::Aarch64) => {
            general[0] = 0;
            general[1] = 0;
            general[2] = ps_strings;
            registers.stack_pointer = start;
        }
    }
    // A program that takes the stack pointer for its arguments finds garbage there.
    if hostile && registers.stack_pointer < start {
        space.write(registers.stack_pointer, &random.next_u64().to_le_bytes())?;
    }
    if target.system == System::NetBsd {
        // The two counts are 32 bits wide.
        let padding = |random: &mut ChaCha8Rng| {
            if hostile { random.next_u64() << 32 } else { 0 }
        };
        let environment_start = start + 8 * (argument_count + 2);
        let words = [
            start + 8,
            argument_count | padding(random),
            environment_start,
            environment.len() as u64 | padding(random),
        ];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        space.write(ps_strings, &bytes)?;
    }
    Ok(())
}
