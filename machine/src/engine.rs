//! The emulated processor: Unicorn over the page table of whichever process runs.

use std::rc::Rc;

use unicorn_engine::{
    Arch, Arm64CpuModel, Context, HookType, MemType, Mode as UnicornMode, Prot, RegisterARM64,
    RegisterX86, TlbEntry, TlbType, Unicorn, X86Insn, uc_error,
};

use crate::pool::{PAGE, Pool};
use crate::registers::{Registers, Vectors, vector_count};
use crate::space::{Access, Denial, Protection, Translation};
use crate::target::Architecture;

/// A physical address with nothing behind it.
///
/// The page-table hook is told only the page of an access, and refusing it there stops the processor before the
/// instruction has changed anything. To learn the byte, the instruction is tried again with its page put here: Unicorn's
/// hook for missing physical memory then names the address.
const NOWHERE: u64 = 1 << 40;

/// The bytes of code that count as one step.
const STEP_LENGTH: u64 = 4;

/// What a system call counts for: a loop around one comes to its end about as soon as another.
const SYSTEM_CALL_STEPS: u64 = 1000;

/// The bytes of x86_64's `syscall`.
pub(crate) const SYSCALL_LENGTH: u64 = 2;

/// What the processor asks about every page it meets.
pub(crate) trait PageTable {
    fn translate(&self, address: u64, access: Access) -> Result<Translation, Denial>;
}

/// Why the processor stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// `syscall` or `svc`; the program counter stands after it.
    SystemCall,
    Fault(Fault),
    Trap(Trap),
    /// As many steps were made as were allowed, and nothing else happened.
    Paused,
}

/// An access that the page table denied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) address: u64,
    pub(crate) access: Access,
    pub(crate) denial: Denial,
}

/// An instruction that raises an exception by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    Illegal,
    Breakpoint,
    Arithmetic,
    /// The processor's own number for it.
    Other(u32),
}

/// A processor that owns its page table, so that the hooks reach it.
pub(crate) struct Engine<T: PageTable + 'static> {
    unicorn: Unicorn<'static, Attached<T>>,
    architecture: Architecture,
    pool: Rc<Pool>,
}

struct Attached<T> {
    table: T,
    pool: Rc<Pool>,
    /// The page that was denied.
    fault: Option<Fault>,
    search: Option<Search>,
    event: Option<Event>,
    /// How much was executed, by the length of the blocks; four bytes are one step, an instruction of aarch64.
    steps: u64,
    pause_at: u64,
    /// Where x86_64's `syscall` returns to: Unicorn moves the instruction pointer itself only after the hook.
    syscall_return: u64,
}

/// The second attempt at an instruction, for the exact address of its fault.
struct Search {
    access: Access,
    /// The last page that was put nowhere.
    page: u64,
    found: Option<u64>,
}

/// Registers that a process has and [`Registers`] does not: SIMD, thread pointer and the like.
pub(crate) struct ExtendedState(Context);

const X86_GENERAL: [RegisterX86; crate::registers::x86_64::COUNT] = [
    RegisterX86::RAX,
    RegisterX86::RBX,
    RegisterX86::RCX,
    RegisterX86::RDX,
    RegisterX86::RSI,
    RegisterX86::RDI,
    RegisterX86::RBP,
    RegisterX86::R8,
    RegisterX86::R9,
    RegisterX86::R10,
    RegisterX86::R11,
    RegisterX86::R12,
    RegisterX86::R13,
    RegisterX86::R14,
    RegisterX86::R15,
];

/// Unicorn numbers x0…x28 in a row; x29 and x30 stand elsewhere.
fn aarch64_general(index: usize) -> i32 {
    match index {
        29 => RegisterARM64::X29 as i32,
        30 => RegisterARM64::X30 as i32,
        _ => RegisterARM64::X0 as i32 + index as i32,
    }
}

impl<T: PageTable + 'static> Engine<T> {
    pub(crate) fn new(
        architecture: Architecture,
        pool: &Rc<Pool>,
        table: T,
    ) -> Result<Self, uc_error> {
        let attached = Attached {
            table,
            pool: Rc::clone(pool),
            fault: None,
            search: None,
            event: None,
            steps: 0,
            pause_at: u64::MAX,
            syscall_return: 0,
        };
        let mut unicorn = match architecture {
            Architecture::X86_64 => {
                Unicorn::new_with_data(Arch::X86, UnicornMode::MODE_64, attached)?
            }
            Architecture::Aarch64 => {
                let mut unicorn =
                    Unicorn::new_with_data(Arch::ARM64, UnicornMode::LITTLE_ENDIAN, attached)?;
                // The atomic instructions of ARMv8.1 are in no smaller model.
                unicorn.ctl_set_cpu_model(Arm64CpuModel::MAX as i32)?;
                unicorn.ctl_set_page_size(PAGE as u32)?;
                unicorn
            }
        };
        unicorn.ctl_set_tlb_type(TlbType::VIRTUAL)?;
        // The list of exits stays empty: a jump to any address, 0 too, is the program's own affair.
        unicorn.ctl_exits_enable()?;
        // SAFETY: the pointer and the length are those of the pool's mapping, which `self.pool` and the hooks' data keep
        // alive as long as Unicorn; nothing else holds a reference into it.
        unsafe { unicorn.mem_map_ptr(0, pool.length(), Prot::ALL, pool.base().cast())? };
        let mut engine = Self {
            unicorn,
            architecture,
            pool: Rc::clone(pool),
        };
        engine.install_hooks()?;
        Ok(engine)
    }

    fn install_hooks(&mut self) -> Result<(), uc_error> {
        self.unicorn.add_tlb_hook(1, 0, look_up)?;
        self.unicorn.add_mem_hook(
            HookType::MEM_READ_UNMAPPED | HookType::MEM_WRITE_UNMAPPED,
            1,
            0,
            |unicorn, _, physical, _, _| {
                if let Some(search) = &mut unicorn.get_data_mut().search {
                    search.found.get_or_insert(search.page + physical % PAGE);
                }
                false
            },
        )?;
        self.unicorn.add_block_hook(1, 0, |unicorn, _, size| {
            let attached = unicorn.get_data_mut();
            attached.steps += u64::from(size).div_ceil(STEP_LENGTH);
            if attached.steps >= attached.pause_at && attached.search.is_none() {
                stop(unicorn, Event::Paused);
            }
        })?;
        if self.architecture == Architecture::X86_64 {
            self.unicorn
                .add_insn_sys_hook(X86Insn::SYSCALL, 1, 0, |unicorn| {
                    if let Ok(address) = unicorn.reg_read(RegisterX86::RIP) {
                        unicorn.get_data_mut().syscall_return = address + SYSCALL_LENGTH;
                        stop(unicorn, Event::SystemCall);
                    }
                })?;
        }
        let architecture = self.architecture;
        self.unicorn
            .add_intr_hook(move |unicorn, number| stop(unicorn, exception(architecture, number)))?;
        self.unicorn.add_insn_invalid_hook(|unicorn| {
            stop(unicorn, Event::Trap(Trap::Illegal));
            false
        })?;
        Ok(())
    }

    pub(crate) fn table(&self) -> &T {
        &self.unicorn.get_data().table
    }

    pub(crate) fn table_mut(&mut self) -> &mut T {
        &mut self.unicorn.get_data_mut().table
    }

    /// How many steps were made since the machine was switched on.
    pub(crate) fn steps(&self) -> u64 {
        self.unicorn.get_data().steps
    }

    /// Runs from `registers` to the next event, or until so many steps were made in all, and leaves in `registers` what
    /// the program made of them.
    pub(crate) fn run(
        &mut self,
        registers: &mut Registers,
        pause_at: u64,
    ) -> Result<Event, uc_error> {
        // The kernel may have changed any mapping, and written to any page.
        self.unicorn.ctl_flush_tlb()?;
        if self.pool.take_stale_code() {
            self.unicorn.ctl_flush_tb()?;
        }
        let attached = self.unicorn.get_data_mut();
        attached.fault = None;
        attached.search = None;
        attached.event = None;
        attached.pause_at = pause_at;
        self.write_registers(registers)?;
        let result = self.unicorn.emu_start(registers.program_counter, 0, 0, 0);
        self.read_registers(registers)?;
        let attached = self.unicorn.get_data_mut();
        let event = match (attached.event.take(), attached.fault.take(), result) {
            (Some(event), _, _) => event,
            (None, Some(fault), Err(_)) => Event::Fault(fault),
            (None, None, Err(error)) => return Err(error),
            // Only a halt stops the processor without a word, and a program may not halt it.
            (None, _, Ok(())) => Event::Trap(Trap::Illegal),
        };
        if let Event::SystemCall = event {
            self.unicorn.get_data_mut().steps += SYSTEM_CALL_STEPS;
        }
        Ok(match event {
            Event::Fault(fault) => Event::Fault(Fault {
                address: self.exact_address(fault, registers)?,
                ..fault
            }),
            Event::SystemCall if self.architecture == Architecture::X86_64 => {
                registers.program_counter = self.unicorn.get_data().syscall_return;
                event
            }
            _ => event,
        })
    }

    /// The first byte of the denied page that the instruction wanted.
    fn exact_address(&mut self, fault: Fault, registers: &Registers) -> Result<u64, uc_error> {
        if fault.access == Access::Fetch {
            // The instruction's own start, unless it only reaches into the page.
            return Ok(fault.address.max(registers.program_counter));
        }
        self.unicorn.ctl_flush_tlb()?;
        self.unicorn.get_data_mut().search = Some(Search {
            access: fault.access,
            page: fault.address,
            found: None,
        });
        self.write_registers(registers)?;
        // This fails by design; what it brought to light is in the search.
        let _ = self.unicorn.emu_start(registers.program_counter, 0, 0, 0);
        self.write_registers(registers)?;
        let search = self.unicorn.get_data_mut().search.take();
        let found = search.and_then(|search| search.found);
        // An access that began on the page before fails at the first byte of this one.
        Ok(found.unwrap_or(fault.address).max(fault.address))
    }

    fn write_registers(&mut self, registers: &Registers) -> Result<(), uc_error> {
        for (index, &value) in registers.general.iter().enumerate() {
            self.unicorn.reg_write(self.general(index), value)?;
        }
        let (stack_pointer, flags) = self.special();
        self.unicorn
            .reg_write(stack_pointer, registers.stack_pointer)?;
        self.unicorn.reg_write(flags, registers.flags)
    }

    fn read_registers(&self, registers: &mut Registers) -> Result<(), uc_error> {
        for (index, value) in registers.general.iter_mut().enumerate() {
            *value = self.unicorn.reg_read(self.general(index))?;
        }
        let (stack_pointer, flags) = self.special();
        registers.stack_pointer = self.unicorn.reg_read(stack_pointer)?;
        registers.flags = self.unicorn.reg_read(flags)?;
        registers.program_counter = self.unicorn.reg_read(program_counter(self.architecture))?;
        Ok(())
    }

    fn general(&self, index: usize) -> i32 {
        match self.architecture {
            Architecture::X86_64 => X86_GENERAL[index] as i32,
            Architecture::Aarch64 => aarch64_general(index),
        }
    }

    fn special(&self) -> (i32, i32) {
        match self.architecture {
            Architecture::X86_64 => (RegisterX86::RSP as i32, RegisterX86::RFLAGS as i32),
            Architecture::Aarch64 => (RegisterARM64::SP as i32, RegisterARM64::NZCV as i32),
        }
    }

    /// The vector registers, which only signals have to do with.
    pub(crate) fn vectors(&self) -> Result<Vectors, uc_error> {
        self.vector_registers()
            .map(|register| {
                let value = self.unicorn.reg_read_long(register)?;
                let mut vector = [0; 16];
                vector.copy_from_slice(&value[..16]);
                Ok(vector)
            })
            .collect()
    }

    pub(crate) fn set_vectors(&mut self, vectors: &Vectors) -> Result<(), uc_error> {
        for (register, vector) in self.vector_registers().zip(vectors) {
            self.unicorn.reg_write_long(register, vector)?;
        }
        Ok(())
    }

    fn vector_registers(&self) -> impl Iterator<Item = i32> + use<T> {
        let first = match self.architecture {
            Architecture::X86_64 => RegisterX86::XMM0 as i32,
            Architecture::Aarch64 => RegisterARM64::Q0 as i32,
        };
        (first..).take(vector_count(self.architecture))
    }

    /// The state to resume another process with later.
    pub(crate) fn save(&self) -> Result<ExtendedState, uc_error> {
        self.unicorn.context_init().map(ExtendedState)
    }

    pub(crate) fn restore(&mut self, state: &ExtendedState) -> Result<(), uc_error> {
        self.unicorn.context_restore(&state.0)
    }
}

fn program_counter(architecture: Architecture) -> i32 {
    match architecture {
        Architecture::X86_64 => RegisterX86::RIP as i32,
        Architecture::Aarch64 => RegisterARM64::PC as i32,
    }
}

fn look_up<T: PageTable>(
    unicorn: &mut Unicorn<'_, Attached<T>>,
    address: u64,
    kind: MemType,
) -> Option<TlbEntry> {
    let access = match kind {
        MemType::WRITE => Access::Write,
        MemType::FETCH => Access::Fetch,
        _ => Access::Read,
    };
    let attached = unicorn.get_data_mut();
    let translation = attached.table.translate(address, access);
    if let Some(search) = &mut attached.search {
        // A store that straddles two pages must not reach the first one, so no store goes through.
        let hidden = translation.is_err() || search.access == Access::Write;
        if access == search.access && hidden {
            search.page = address;
            return Some(TlbEntry {
                paddr: NOWHERE,
                perms: Prot::ALL,
            });
        }
    }
    match translation {
        Ok(translation) => {
            if access == Access::Fetch {
                attached.pool.note_execution(translation.frame);
            }
            Some(TlbEntry {
                paddr: translation.frame.physical(),
                perms: permissions(translation.protection, access)
                    & searched(attached.search.as_ref()),
            })
        }
        Err(denial) => {
            attached.fault = Some(Fault {
                address,
                access,
                denial,
            });
            None
        }
    }
}

/// Execution is granted page by page as it is asked for, so that every frame with translated code is known.
fn permissions(protection: Protection, access: Access) -> Prot {
    let mut permissions = Prot::NONE;
    if protection.contains(Protection::READ) {
        permissions |= Prot::READ;
    }
    if protection.contains(Protection::WRITE) {
        permissions |= Prot::WRITE;
    }
    if access == Access::Fetch {
        permissions |= Prot::EXEC;
    }
    permissions
}

/// While a store is searched for, a page that was read must ask again before it is written.
fn searched(search: Option<&Search>) -> Prot {
    match search {
        Some(_) => Prot::READ | Prot::EXEC,
        None => Prot::ALL,
    }
}

fn stop<T>(unicorn: &mut Unicorn<'_, Attached<T>>, event: Event) {
    unicorn.get_data_mut().event = Some(event);
    // The processor runs, so it can be stopped; this fails for an engine that was never initialised.
    let stopped = unicorn.emu_stop();
    debug_assert!(stopped.is_ok());
}

fn exception(architecture: Architecture, number: u32) -> Event {
    match (architecture, number) {
        (Architecture::Aarch64, 2) => Event::SystemCall,
        (Architecture::X86_64, 0) => Event::Trap(Trap::Arithmetic),
        (Architecture::X86_64, 1 | 3) | (Architecture::Aarch64, 7) => Event::Trap(Trap::Breakpoint),
        (Architecture::X86_64, 6) | (Architecture::Aarch64, 1) => Event::Trap(Trap::Illegal),
        (_, other) => Event::Trap(Trap::Other(other)),
    }
}
