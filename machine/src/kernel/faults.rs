//! Instructions that can't be carried out, and the signals that they raise.

use crate::engine::{Fault, Trap};
use crate::outcome::{Death, Exit};
use crate::pool::PAGE;
use crate::process::ProcessId;
use crate::signal::Signal;
use crate::signal_state::{Origin, Raised};
use crate::space::{Access, Contents, Denial, Entry, Memory, page_start};
use crate::target::System;

use super::{Kernel, freebsd};

const SEGV_MAPERR: i32 = 1;
const SEGV_ACCERR: i32 = 2;
const ILL_ILLOPC: i32 = 1;
const ILL_ILLTRP: i32 = 4;
const TRAP_BRKPT: i32 = 1;

impl Kernel {
    pub(super) fn fault(&mut self, fault: Fault) {
        if self.grow_stack(fault.address) {
            return;
        }
        let codes = &self.signal_rules().codes;
        let (signal, code, what) = match fault.denial {
            Denial::Unmapped => (Signal::SIGSEGV, SEGV_MAPERR, "unmapped memory"),
            Denial::Protected if self.protection_fault_is_bus_error() => {
                (Signal::SIGBUS, freebsd::BUS_PAGE_FAULT, "protected memory")
            }
            Denial::Protected => (Signal::SIGSEGV, SEGV_ACCERR, "protected memory"),
            Denial::BeyondEnd => (
                Signal::SIGBUS,
                codes.beyond_end,
                "a page beyond the end of its object",
            ),
            Denial::NoMemory => {
                return self.kill(
                    Signal::SIGKILL,
                    "a page when the machine's memory is used up",
                );
            }
        };
        let access = match fault.access {
            Access::Read => "load from",
            Access::Write => "store to",
            Access::Fetch => "execution of",
        };
        self.raise_by_instruction(Raised {
            signal,
            code,
            origin: Origin::Instruction {
                address: fault.address,
                accessed: Some(fault.address),
            },
            why: format!("{access} {what} at address {:#x}", fault.address),
        });
    }

    pub(super) fn trap(&mut self, trap: Trap) {
        let (signal, code, why) = match trap {
            Trap::Illegal => (Signal::SIGILL, ILL_ILLOPC, "illegal instruction".to_owned()),
            Trap::Breakpoint => (Signal::SIGTRAP, TRAP_BRKPT, "breakpoint".to_owned()),
            Trap::Arithmetic => (
                Signal::SIGFPE,
                self.signal_rules().codes.integer_division,
                "arithmetic fault".to_owned(),
            ),
            Trap::Other(number) => (Signal::SIGILL, ILL_ILLTRP, format!("exception {number}")),
        };
        self.raise_trap(signal, code, why);
    }

    /// An `svc` that is no system call.
    pub(super) fn wrong_immediate(&mut self, immediate: u16) {
        let why = format!("svc #{immediate} where only svc #0 is a system call");
        self.raise_trap(Signal::SIGILL, ILL_ILLOPC, why);
    }

    fn raise_trap(&mut self, signal: Signal, code: i32, why: String) {
        let address = self.process().registers.program_counter;
        self.raise_by_instruction(Raised {
            signal,
            code,
            origin: Origin::Instruction {
                address,
                accessed: None,
            },
            why,
        });
    }

    /// Sends a signal that no process has sent.
    pub(super) fn post_from_kernel(
        &mut self,
        target: ProcessId,
        signal: Signal,
        why: impl Into<String>,
    ) {
        let code = self.signal_rules().codes.kernel;
        self.post(
            target,
            Raised {
                signal,
                code,
                origin: Origin::Sender {
                    process: 0,
                    user: 0,
                },
                why: why.into(),
            },
        );
    }

    fn protection_fault_is_bus_error(&self) -> bool {
        self.target.system == System::FreeBsd
            && self.process().personality.os_release < freebsd::release::SEGMENTATION_FAULTS
    }

    /// Ends the current process, whatever it has said about the signal.
    pub(super) fn kill(&mut self, signal: Signal, why: impl Into<String>) {
        let death = Death {
            signal,
            address: None,
            program_counter: self.process().registers.program_counter,
            why: why.into(),
        };
        self.end(Exit::Signalled(death));
    }

    /// Opens some of the room below a stack, if that is where an access went; its last page stays closed.
    fn grow_stack(&mut self, address: u64) -> bool {
        let pool = std::rc::Rc::clone(&self.pool);
        let space = &mut self.process_mut().space;
        let Some((room_start, room)) = space.find(address) else {
            return false;
        };
        let (start, end) = (page_start(address), room.end);
        let is_room = matches!(room.contents, Contents::StackRoom);
        if !is_room || start < room_start + PAGE {
            return false;
        }
        let Some((_, above)) = space.find(end) else {
            return false;
        };
        if !above.stack {
            return false;
        }
        let chunk = end
            .saturating_sub(freebsd::STACK_GROWTH)
            .max(room_start + PAGE);
        let grown = Entry {
            end,
            contents: Contents::Memory(Memory::anonymous(&pool, false)),
            ..above.clone()
        };
        space.insert(start.min(chunk), grown);
        true
    }
}
