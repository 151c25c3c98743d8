//! The calling convention of each kernel: where it takes a system call from, and what it leaves behind.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::errno::Errno;
use crate::registers::{Registers, aarch64, x86_64};
use crate::space::AddressSpace;
use crate::target::{Architecture, Mode, System, Target};

/// The two numbers that mean "the number is elsewhere".
const INDIRECT: [u32; 2] = [0, 198];

/// NetBSD looks at the low bits only.
const NETBSD_NUMBERS: u64 = 512;

/// Bytes of `svc`.
const SVC_LENGTH: u64 = 4;

/// A request, with everything decoded but the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) number: u32,
    /// How many argument slots the indirect call itself took.
    shift: usize,
}

/// Arguments are taken by slots; padding is a slot too.
pub(crate) const SLOTS: usize = 8;

/// An `svc` that the kernel answers with SIGILL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongImmediate(pub(crate) u16);

/// What a call that succeeded hands back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) first: u64,
    /// The kernels have a second return register, and clear it where a call gives no second value.
    pub(crate) second: u64,
    /// Whether programs may rely on the second value.
    pub(crate) is_pair: bool,
}

impl From<u64> for Value {
    fn from(first: u64) -> Self {
        Self {
            first,
            second: 0,
            is_pair: false,
        }
    }
}

/// The number of a system call, from where the kernel takes it.
pub(crate) fn request(
    target: Target,
    registers: &Registers,
    space: &AddressSpace,
) -> Result<Request, WrongImmediate> {
    let general = &registers.general;
    let direct = |number| Request { number, shift: 0 };
    Ok(match (target.system, target.architecture) {
        (System::FreeBsd, Architecture::X86_64) => {
            shifted(direct(general[x86_64::RAX] as u32), general[x86_64::RDI])
        }
        (System::FreeBsd, Architecture::Aarch64) => {
            let immediate = svc_immediate(registers, space);
            if immediate != 0 {
                return Err(WrongImmediate(immediate));
            }
            shifted(direct(general[8] as u32), general[0])
        }
        (System::NetBsd, Architecture::X86_64) => shifted(
            direct(masked(general[x86_64::RAX])),
            masked(general[x86_64::RDI]).into(),
        ),
        (System::NetBsd, Architecture::Aarch64) => {
            let immediate = masked(svc_immediate(registers, space).into());
            if INDIRECT.contains(&immediate) {
                direct(masked(general[17]))
            } else {
                direct(immediate)
            }
        }
    })
}

fn masked(number: u64) -> u32 {
    (number % NETBSD_NUMBERS) as u32
}

/// Resolves the indirect numbers where they move every argument by one.
fn shifted(request: Request, first_argument: u64) -> Request {
    if INDIRECT.contains(&request.number) {
        Request {
            number: first_argument as u32,
            shift: 1,
        }
    } else {
        request
    }
}

/// The instruction is the only place where the immediate stands.
fn svc_immediate(registers: &Registers, space: &AddressSpace) -> u16 {
    let address = registers.program_counter - SVC_LENGTH;
    let instruction = space
        .fetch_word(address)
        .expect("the processor has just executed this instruction");
    (instruction >> 5) as u16
}

/// The arguments of a call that takes `slots` of them.
pub(crate) fn arguments(
    target: Target,
    request: Request,
    slots: usize,
    registers: &Registers,
    space: &AddressSpace,
) -> Result<[u64; SLOTS], Errno> {
    let general = &registers.general;
    // Above the register arguments the kernel copies words: after the place of a return address on x86_64, and from
    // the stack pointer itself on aarch64.
    let (in_registers, stack): (&[usize], u64) = match target.architecture {
        Architecture::X86_64 => (
            &[
                x86_64::RDI,
                x86_64::RSI,
                x86_64::RDX,
                x86_64::R10,
                x86_64::R8,
                x86_64::R9,
            ],
            registers.stack_pointer.wrapping_add(8),
        ),
        Architecture::Aarch64 => (&[0, 1, 2, 3, 4, 5, 6, 7], registers.stack_pointer),
    };
    let in_registers = &in_registers[request.shift..];
    let mut arguments = [0; SLOTS];
    for (slot, argument) in arguments.iter_mut().enumerate().take(slots) {
        *argument = match in_registers.get(slot) {
            Some(&register) => general[register],
            None => {
                let word = (slot - in_registers.len()) as u64;
                space
                    .read_word(stack.wrapping_add(8 * word))
                    .map_err(|_| Errno::EFAULT)?
            }
        };
    }
    Ok(arguments)
}

/// Writes a result as the kernel does, and fills what it leaves undefined; the number of registers filled.
pub(crate) fn answer(
    target: Target,
    mode: Mode,
    random: &mut ChaCha8Rng,
    registers: &mut Registers,
    result: Result<Value, Errno>,
) -> u64 {
    let before = registers.flags;
    let (result_register, second_register, carry, status) = match target.architecture {
        Architecture::X86_64 => (x86_64::RAX, x86_64::RDX, x86_64::CARRY, x86_64::STATUS),
        Architecture::Aarch64 => (0, 1, aarch64::CARRY, aarch64::STATUS),
    };
    match result {
        Ok(value) => {
            registers.general[result_register] = value.first;
            registers.flags &= !carry;
        }
        Err(Errno(number)) => {
            registers.general[result_register] = number.into();
            registers.flags |= carry;
        }
    }
    match mode {
        Mode::Hostile => {
            let undefined = undefined(target);
            for &register in undefined {
                registers.general[register] = random.next_u64();
            }
            // FreeBSD on x86_64 is the one that promises every flag but carry.
            if (target.system, target.architecture) != (System::FreeBsd, Architecture::X86_64) {
                let free = status & !carry;
                registers.flags = registers.flags & !free | random.next_u64() & free;
            }
            if let Ok(value) = result
                && value.is_pair
            {
                registers.general[second_register] = value.second;
            }
            undefined.len() as u64
        }
        Mode::Measured => {
            // FreeBSD on x86_64 shows the second value only of the calls that have one.
            if let Ok(value) = result
                && ((target.system, target.architecture) != (System::FreeBsd, Architecture::X86_64)
                    || value.second != 0)
            {
                registers.general[second_register] = value.second;
            }
            if target.architecture == Architecture::X86_64 {
                registers.general[x86_64::RCX] = registers.program_counter;
                registers.general[x86_64::R11] = before;
                if target.system == System::FreeBsd {
                    for register in [x86_64::R8, x86_64::R9, x86_64::R10] {
                        registers.general[register] = 0;
                    }
                }
            }
            0
        }
    }
}

/// The registers that a program may not look at after a system call.
fn undefined(target: Target) -> &'static [usize] {
    match (target.system, target.architecture) {
        (System::FreeBsd, Architecture::X86_64) => &[
            x86_64::RCX,
            x86_64::RDX,
            x86_64::R8,
            x86_64::R9,
            x86_64::R10,
            x86_64::R11,
        ],
        (System::NetBsd, Architecture::X86_64) => &[x86_64::RCX, x86_64::RDX, x86_64::R11],
        (_, Architecture::Aarch64) => &[1],
    }
}

/// Rewinds onto the trap instruction, so that the call is made again.
pub(crate) fn restart(architecture: Architecture, registers: &mut Registers) {
    registers.program_counter -= trap_length(architecture);
}

/// Takes back a [`restart`].
pub(crate) fn give_up(architecture: Architecture, registers: &mut Registers) {
    registers.program_counter += trap_length(architecture);
}

fn trap_length(architecture: Architecture) -> u64 {
    match architecture {
        Architecture::X86_64 => crate::engine::SYSCALL_LENGTH,
        Architecture::Aarch64 => SVC_LENGTH,
    }
}
