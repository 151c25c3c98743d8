//! Signals reach a process: its handler is made to run on its stack, and what was interrupted goes on afterwards.

use rand_chacha::rand_core::Rng;

use crate::convention;
use crate::errno::Errno;
use crate::outcome::{Death, Exit};
use crate::process::{ProcessId, State};
use crate::registers::{Registers, Vectors, aarch64, vector_count, x86_64};
use crate::signal::{Default, Signal};
use crate::signal_state::{
    Action, AlternateStack, INFORMATION, NO_DEFER, ON_STACK, Origin, RESET_HANDLER, RESTART,
    Raised, Response,
};
use crate::target::{Architecture, Mode, System};

use super::{Answer, Interruption, Kernel, netbsd};

/// What leaf functions on x86_64 may use below the stack pointer.
pub(crate) const RED_ZONE: u64 = 128;

/// `uc_stack.ss_flags` where no alternate stack is in use.
const SS_DISABLE: u32 = 4;

impl Kernel {
    /// An instruction can't be carried out: the process hears of it before anything else.
    pub(super) fn raise_by_instruction(&mut self, raised: Raised) {
        let signals = &self.process().signals;
        let handled = matches!(signals.action(raised.signal).response, Response::Handler(_));
        if !handled || signals.is_blocked(raised.signal) {
            // Nothing can be put off, and nothing ignored.
            self.die(&raised);
        } else {
            self.process_mut().signals.post(raised);
        }
    }

    /// Sends a signal to a process, and wakes it if it cares.
    pub(super) fn post(&mut self, id: ProcessId, raised: Raised) {
        let Some(process) = self.processes.get_mut(&id) else {
            return;
        };
        process.signals.post(raised);
        if process.signals.is_due() && matches!(process.state, State::Waiting) {
            process.state = State::Ready;
        }
    }

    /// Whether the current process must be looked at before it goes on.
    pub(crate) fn signal_is_due(&self) -> bool {
        self.process().signals.is_due()
    }

    /// Acts on one signal: the process ends, or its handler is the next thing that runs, or nothing happens.
    pub(crate) fn deliver(&mut self, vectors: &Vectors) {
        let Some(raised) = self.process_mut().signals.take() else {
            return;
        };
        let action = self.process().signals.action(raised.signal);
        match action.response {
            Response::Ignore => {}
            Response::Default => match raised.signal.default() {
                Default::Nothing => {}
                Default::End => self.die(&raised),
                Default::Stop => self.not_modelled("the default of a signal that stops"),
            },
            Response::Handler(handler) => {
                self.interrupt_call(action);
                if self.push_frame(handler, &action, &raised, vectors).is_err() {
                    self.die(&Raised {
                        signal: Signal::SIGILL,
                        why: format!("no room on the stack for {}", raised.signal),
                        ..raised
                    });
                }
            }
        }
    }

    /// A call that waits for something is made again after the handler, or fails.
    fn interrupt_call(&mut self, action: Action) {
        let architecture = self.target.architecture;
        let process = self.process_mut();
        let restarts =
            action.flags & RESTART != 0 && process.signals.mask_after_suspension.is_none();
        if !core::mem::take(&mut process.in_call) || restarts {
            return;
        }
        convention::give_up(architecture, &mut process.registers);
        self.answer(Err(Errno::EINTR));
    }

    fn die(&mut self, raised: &Raised) {
        let address = match raised.origin {
            Origin::Instruction { accessed, .. } => accessed,
            Origin::Sender { .. } => None,
        };
        let death = Death {
            signal: raised.signal,
            address,
            program_counter: self.process().registers.program_counter,
            why: raised.why.clone(),
        };
        self.end(Exit::Signalled(death));
    }

    fn push_frame(
        &mut self,
        handler: u64,
        action: &Action,
        raised: &Raised,
        vectors: &Vectors,
    ) -> Result<(), Errno> {
        let architecture = self.target.architecture;
        let rules = self.signal_rules();
        let layout = (rules.frame)(architecture);
        let mut frame = vec![0; layout.size];
        if self.mode == Mode::Hostile {
            self.random.fill_bytes(&mut frame);
        }
        let process = self.process();
        let interrupted = &process.registers;
        let on_alternate = process
            .signals
            .stack
            .is_some_and(|stack| stack.contains(interrupted.stack_pointer));
        let top = match process.signals.stack {
            Some(stack) if action.flags & ON_STACK != 0 && !on_alternate => {
                stack.start.wrapping_add(stack.size)
            }
            _ if architecture == Architecture::X86_64 => {
                interrupted.stack_pointer.wrapping_sub(RED_ZONE)
            }
            _ => interrupted.stack_pointer,
        };
        let start = top.wrapping_sub(layout.size as u64) & !15;
        // On NetBSD the frame begins with the address to return to, so that the stack is as after a call.
        let starts_with_return =
            (self.target.system, architecture) == (System::NetBsd, Architecture::X86_64);
        let start = if starts_with_return { start - 8 } else { start };

        let signals = &process.signals;
        let mask = signals.mask_after_suspension.unwrap_or(signals.mask);
        let context = &mut frame[layout.context..layout.context + layout.context_size];
        layout.write_context(context, interrupted, vectors, mask);
        let (stack, flags) = match process.signals.stack {
            Some(stack) => (stack, u32::from(on_alternate)),
            None => (AlternateStack { start: 0, size: 0 }, SS_DISABLE),
        };
        let stack_words = [stack.start, stack.size, flags.into()];
        for (index, value) in stack_words.into_iter().enumerate() {
            let offset = layout.stack + 8 * index;
            context[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        }
        let information =
            &mut frame[layout.information..layout.information + rules.information.size];
        rules.describe(raised, information);
        match (self.target.system, architecture) {
            (System::FreeBsd, Architecture::X86_64) => {
                frame[..8].copy_from_slice(&handler.to_le_bytes());
            }
            (System::NetBsd, Architecture::X86_64) => {
                frame[..8].copy_from_slice(&action.trampoline.to_le_bytes());
            }
            _ => {}
        }
        process
            .space
            .write(start, &frame)
            .map_err(|_| Errno::EFAULT)?;

        let mut registers = self.registers_at_handler(start, handler, action, raised);
        if self.mode == Mode::Hostile {
            self.outcome.registers_scrambled +=
                scramble_at_handler(architecture, &mut registers, &mut self.random);
        }
        self.outcome.signals_handled += 1;
        let process = self.process_mut();
        process.registers = registers.registers;
        let signals = &mut process.signals;
        signals.mask_after_suspension = None;
        let own = if action.flags & NO_DEFER == 0 {
            raised.signal.bit()
        } else {
            0
        };
        signals.set_mask(signals.mask | action.mask | own);
        if action.flags & RESET_HANDLER != 0 {
            signals.set_action(
                raised.signal,
                Action {
                    response: Response::Default,
                    ..*action
                },
            );
        }
        Ok(())
    }

    fn registers_at_handler(
        &self,
        frame: u64,
        handler: u64,
        action: &Action,
        raised: &Raised,
    ) -> HandlerRegisters {
        let architecture = self.target.architecture;
        let layout = (self.signal_rules().frame)(architecture);
        let context = frame + layout.context as u64;
        let mut registers = self.process().registers.clone();
        registers.stack_pointer = frame;
        let second = if action.flags & INFORMATION != 0 || self.target.system == System::NetBsd {
            frame + layout.information as u64
        } else {
            // A handler of the old kind is given the code.
            i64::from(raised.code) as u64
        };
        let arguments = [u64::from(raised.signal.0), second, context];
        let mut defined: Vec<usize> = match architecture {
            Architecture::X86_64 => vec![x86_64::RDI, x86_64::RSI, x86_64::RDX],
            Architecture::Aarch64 => vec![0, 1, 2],
        };
        for (&register, argument) in defined.iter().zip(arguments) {
            registers.general[register] = argument;
        }
        let mut define = |register: usize, value: u64| {
            registers.general[register] = value;
            defined.push(register);
        };
        registers.program_counter = match (self.target.system, architecture) {
            (System::FreeBsd, Architecture::X86_64) => {
                if let Origin::Instruction { address, .. } = raised.origin {
                    define(x86_64::RCX, address);
                }
                self.process().personality.signal_trampoline
            }
            (System::FreeBsd, Architecture::Aarch64) => {
                define(8, handler);
                self.process().personality.signal_trampoline
            }
            (System::NetBsd, Architecture::X86_64) => {
                define(x86_64::R15, context);
                handler
            }
            (System::NetBsd, Architecture::Aarch64) => {
                define(28, context);
                define(30, action.trampoline);
                handler
            }
        };
        if architecture == Architecture::X86_64 {
            registers.flags &= !x86_64::DIRECTION;
        }
        HandlerRegisters { registers, defined }
    }

    /// `sigreturn(context)` and `setcontext(context)`: the registers are what the context says.
    pub(super) fn resume(&mut self, context: u64) -> Answer {
        let architecture = self.target.architecture;
        let layout = (self.signal_rules().frame)(architecture);
        let mut bytes = vec![0; layout.context_size];
        self.process()
            .space
            .read(context, &mut bytes)
            .map_err(|_| Errno::EFAULT)?;
        let parts = match self.target.system {
            System::FreeBsd => u64::MAX,
            System::NetBsd => u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into(),
        };
        let process = self.process_mut();
        if parts & netbsd::UC_CPU != 0 {
            process.registers = layout.read_registers(architecture, &bytes);
        }
        if parts & netbsd::UC_FPU != 0 {
            process.vectors = Some(layout.read_vectors(&bytes, vector_count(architecture)));
        }
        if parts & netbsd::UC_SIGMASK != 0 {
            process.signals.set_mask(layout.read_mask(&bytes));
        }
        Err(Interruption::Resumed)
    }

    /// The vector registers that the current process is to go on with, if they are not what the processor has.
    pub(crate) fn take_vectors(&mut self) -> Option<Vectors> {
        self.process_mut().vectors.take()
    }
}

impl AlternateStack {
    pub(crate) fn contains(&self, stack_pointer: u64) -> bool {
        stack_pointer.wrapping_sub(self.start) <= self.size
    }
}

struct HandlerRegisters {
    registers: Registers,
    /// Those that a handler, or the code around it, may look at.
    defined: Vec<usize>,
}

/// A handler is a function: it finds its arguments, and nothing else.
fn scramble_at_handler(
    architecture: Architecture,
    entry: &mut HandlerRegisters,
    random: &mut impl Rng,
) -> u64 {
    let mut scrambled = 0;
    for (index, register) in entry.registers.general.iter_mut().enumerate() {
        if !entry.defined.contains(&index) {
            *register = random.next_u64();
            scrambled += 1;
        }
    }
    let status = match architecture {
        Architecture::X86_64 => x86_64::STATUS,
        Architecture::Aarch64 => aarch64::STATUS,
    };
    entry.registers.flags = entry.registers.flags & !status | random.next_u64() & status;
    scrambled
}
