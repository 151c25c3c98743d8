//! `sigaction`, `sigprocmask`, `kill` and their kin.

use rand_chacha::rand_core::Rng;

use crate::errno::Errno;
use crate::process::{ProcessId, State};
use crate::signal::Signal;
use crate::signal_state::{Action, AlternateStack, Origin, Raised, Response};
use crate::target::{Mode, System};

use super::signal_rules::ACTION_SIZE;
use super::{Answer, Interruption, Kernel, fault};

const SIG_DFL: u64 = 0;
const SIG_IGN: u64 = 1;

const SIG_BLOCK: u32 = 1;
const SIG_UNBLOCK: u32 = 2;
const SIG_SETMASK: u32 = 3;

/// `sizeof(stack_t)`, and its flags.
const STACK_SIZE: usize = 24;
const SS_ONSTACK: u64 = 1;
const SS_DISABLE: u64 = 4;
/// `MINSIGSTKSZ`, the least of the four.
const SMALLEST_STACK: u64 = 2048;

/// NetBSD: which trampoline comes with a handler; this one is called as [`super::delivery`] calls it.
const TRAMPOLINE_WITH_INFORMATION: u64 = 2;

/// `sigaction(signal, new, old)`; NetBSD's has a trampoline and its version besides.
pub(crate) fn sigaction(
    kernel: &mut Kernel,
    signal: u64,
    new: u64,
    old: u64,
    trampoline: u64,
    version: u64,
) -> Answer {
    let rules = kernel.signal_rules();
    let signal = kernel.signal(signal).ok_or(Errno::EINVAL)?;
    let former = kernel.process().signals.action(signal);
    let mut action = None;
    if new != 0 {
        let mut bytes = [0; ACTION_SIZE];
        kernel
            .process()
            .space
            .read(new, &mut bytes)
            .map_err(fault)?;
        let (handler, flags, mask) = rules.decode_action(&bytes);
        let response = match handler {
            SIG_DFL => Response::Default,
            SIG_IGN => Response::Ignore,
            address => Response::Handler(address),
        };
        if !signal.is_free() && response != Response::Default {
            return Err(Errno::EINVAL.into());
        }
        let needs_trampoline =
            kernel.target.system == System::NetBsd && matches!(response, Response::Handler(_));
        if needs_trampoline && version != TRAMPOLINE_WITH_INFORMATION {
            return Err(Errno::EINVAL.into());
        }
        action = Some(Action {
            response,
            mask,
            flags,
            trampoline,
        });
    }
    if old != 0 {
        let mut bytes = [0; ACTION_SIZE];
        kernel.fill_padding(&mut bytes);
        let handler = match former.response {
            Response::Default => SIG_DFL,
            Response::Ignore => SIG_IGN,
            Response::Handler(address) => address,
        };
        rules.encode_action(handler, &former, &mut bytes);
        kernel.process().space.write(old, &bytes).map_err(fault)?;
    }
    if let Some(action) = action {
        kernel.process_mut().signals.set_action(signal, action);
    }
    Ok(0.into())
}

/// `sigprocmask(how, new, old)`
pub(crate) fn sigprocmask(kernel: &mut Kernel, how: u64, new: u64, old: u64) -> Answer {
    let process = kernel.process();
    let former = process.signals.mask;
    let mut mask = former;
    if new != 0 {
        let change = kernel.read_set(new)?;
        mask = match how as u32 {
            SIG_BLOCK => former | change,
            SIG_UNBLOCK => former & !change,
            SIG_SETMASK => change,
            _ => return Err(Errno::EINVAL.into()),
        };
    }
    if old != 0 {
        let bytes = former.to_le_bytes();
        kernel.process().space.write(old, &bytes).map_err(fault)?;
    }
    kernel.process_mut().signals.set_mask(mask);
    Ok(0.into())
}

/// `sigpending(set)`
pub(crate) fn sigpending(kernel: &mut Kernel, set: u64) -> Answer {
    let process = kernel.process();
    let blocked = process.signals.pending() & process.signals.mask;
    let bytes = blocked.to_le_bytes();
    process.space.write(set, &bytes).map_err(fault)?;
    Ok(0.into())
}

/// `sigsuspend(set)`: waits with another mask, and always ends with EINTR.
pub(crate) fn sigsuspend(kernel: &mut Kernel, set: u64) -> Answer {
    let mask = kernel.read_set(set)?;
    let signals = &mut kernel.process_mut().signals;
    if signals.mask_after_suspension.is_none() {
        signals.mask_after_suspension = Some(signals.mask);
    }
    signals.set_mask(mask);
    if signals.is_due() {
        return Err(Errno::EINTR.into());
    }
    Err(Interruption::Wait)
}

/// `sigaltstack(new, old)`
pub(crate) fn sigaltstack(kernel: &mut Kernel, new: u64, old: u64) -> Answer {
    let process = kernel.process();
    let former = process.signals.stack;
    let in_use = former.is_some_and(|stack| stack.contains(process.registers.stack_pointer));
    if old != 0 {
        let mut bytes = [0; STACK_SIZE];
        kernel.fill_padding(&mut bytes);
        let (start, size, flags) = match former {
            None => (0, 0, SS_DISABLE),
            Some(stack) if in_use => (stack.start, stack.size, SS_ONSTACK),
            Some(stack) => (stack.start, stack.size, 0),
        };
        bytes[..8].copy_from_slice(&start.to_le_bytes());
        bytes[8..16].copy_from_slice(&size.to_le_bytes());
        bytes[16..20].copy_from_slice(&(flags as u32).to_le_bytes());
        kernel.process().space.write(old, &bytes).map_err(fault)?;
    }
    if new == 0 {
        return Ok(0.into());
    }
    if in_use {
        return Err(Errno::EPERM.into());
    }
    let space = &kernel.process().space;
    let start = space.read_word(new).map_err(fault)?;
    let size = space.read_word(new.wrapping_add(8)).map_err(fault)?;
    let mut flags = [0; 4];
    space
        .read(new.wrapping_add(16), &mut flags)
        .map_err(fault)?;
    let stack = match u64::from(u32::from_le_bytes(flags)) {
        SS_DISABLE => None,
        0 if size < SMALLEST_STACK => return Err(Errno::ENOMEM.into()),
        0 => Some(AlternateStack { start, size }),
        _ => return Err(Errno::EINVAL.into()),
    };
    kernel.process_mut().signals.stack = stack;
    Ok(0.into())
}

/// `kill(process, signal)`
pub(crate) fn kill(kernel: &mut Kernel, process: u64, signal: u64) -> Answer {
    let code = kernel.signal_rules().codes.user;
    let signal = kernel.signal_or_none(signal)?;
    let targets: Vec<ProcessId> = match process as i32 {
        // Every process here is of one group.
        0 => kernel.living().collect(),
        id => {
            let id = ProcessId::try_from(id).map_err(|_| Errno::ESRCH)?;
            let process = kernel.processes.get(&id).ok_or(Errno::ESRCH)?;
            let own = kernel.process();
            if !own.credentials.may_signal(&process.credentials) {
                return Err(Errno::EPERM.into());
            }
            vec![id]
        }
    };
    if let Some(signal) = signal {
        for target in targets {
            kernel.send(target, signal, code);
        }
    }
    Ok(0.into())
}

/// `thr_kill(thread, signal)` and `_lwp_kill(thread, signal)`; every process has one thread.
pub(crate) fn kill_thread(kernel: &mut Kernel, thread: u64, signal: u64) -> Answer {
    let code = kernel.signal_rules().codes.thread;
    let signal = kernel.signal_or_none(signal)?;
    if thread != kernel.process().thread {
        return Err(Errno::ESRCH.into());
    }
    if let Some(signal) = signal {
        let current = kernel.current;
        kernel.send(current, signal, code);
    }
    Ok(0.into())
}

impl Kernel {
    fn signal(&self, number: u64) -> Option<Signal> {
        let number = u8::try_from(number as u32).ok()?;
        (1..=self.signal_rules().last_signal)
            .contains(&number)
            .then_some(Signal(number))
    }

    /// The signal of a `kill`, which is none where only the process is asked for.
    fn signal_or_none(&self, number: u64) -> Result<Option<Signal>, Errno> {
        if number as u32 == 0 {
            return Ok(None);
        }
        self.signal(number).map(Some).ok_or(Errno::EINVAL)
    }

    fn read_set(&self, address: u64) -> Result<u128, Errno> {
        let mut bytes = [0; 16];
        self.process()
            .space
            .read(address, &mut bytes)
            .map_err(fault)?;
        Ok(u128::from_le_bytes(bytes))
    }

    fn send(&mut self, target: ProcessId, signal: Signal, code: i32) {
        let sender = self.current;
        let raised = Raised {
            signal,
            code,
            origin: Origin::Sender {
                process: sender,
                user: self.process().credentials.real,
            },
            why: format!("sent by process {sender}"),
        };
        let ended = |process: &crate::process::Process| matches!(process.state, State::Ended(_));
        if !self.processes.get(&target).is_some_and(ended) {
            self.post(target, raised);
        }
    }

    /// Fills what a structure does not define.
    pub(super) fn fill_padding(&mut self, bytes: &mut [u8]) {
        if self.mode == Mode::Hostile {
            self.random.fill_bytes(bytes);
        }
    }
}
