//! Processes come and go: `fork`, `exit`, `wait4`, and who they are.

use rand_chacha::rand_core::Rng;

use crate::convention::Value;
use crate::errno::Errno;
use crate::outcome::Exit;
use crate::process::{Process, ProcessId, State};
use crate::signal::Signal;
use crate::target::{Mode, System};

use super::{Answer, Interruption, Kernel, fault};

/// The parent of the first process.
const INIT: ProcessId = 1;

const WNOHANG: u64 = 1;
/// The bit of a status that says that a picture of the memory was left.
const CORE_DUMPED: u32 = 0x80;
/// `sizeof(struct rusage)`
const USAGE_SIZE: usize = 144;

/// FreeBSD's threads are numbered from here on.
const FREEBSD_THREADS: u64 = 100_000;
/// Threads and processes are less than so many numbers apart.
const ID_SPREAD: u32 = 1000;

pub(crate) fn exit(_: &mut Kernel, code: u64) -> Answer {
    Err(Interruption::Exit(code as u8))
}

pub(crate) fn process_id(kernel: &Kernel) -> u64 {
    kernel.current.into()
}

pub(crate) fn parent_id(kernel: &Kernel) -> u64 {
    kernel.process().parent.unwrap_or(INIT).into()
}

pub(crate) fn fork(kernel: &mut Kernel) -> Answer {
    let id = kernel.new_process_id();
    let thread = kernel.new_thread_id(id);
    let parent = kernel.process();
    let mut child = Process {
        parent: Some(kernel.current),
        thread,
        registers: parent.registers.clone(),
        vectors: None,
        space: parent.space.fork()?,
        descriptors: parent.descriptors.clone(),
        credentials: parent.credentials,
        limits: parent.limits.clone(),
        signals: parent.signals.inherited(),
        personality: parent.personality.clone(),
        wires_future: false,
        state: State::Ready,
        in_call: false,
    };
    let in_child = Value {
        first: 0,
        second: 1,
        is_pair: false,
    };
    kernel.answer_into(&mut child.registers, Ok(in_child));
    kernel.processes.insert(id, child);
    // Which of the two goes on first is open.
    if kernel.mode == Mode::Hostile && kernel.random.next_u32().is_multiple_of(2) {
        kernel.yields = true;
    }
    Ok(u64::from(id).into())
}

/// `wait4(pid, status, options, usage)`
pub(crate) fn wait(kernel: &mut Kernel, pid: u64, status: u64, options: u64, usage: u64) -> Answer {
    let wanted = ProcessId::try_from(pid as i32).ok().filter(|&pid| pid != 0);
    let parent = kernel.current;
    let mut children = kernel.processes.iter().filter(|(id, process)| {
        process.parent == Some(parent) && wanted.is_none_or(|wanted| wanted == **id)
    });
    let mut any = children.clone().peekable();
    if any.peek().is_none() {
        return Err(Errno::ECHILD.into());
    }
    let ended = children.find_map(|(&id, process)| match &process.state {
        State::Ended(exit) => Some((id, exit.clone())),
        _ => None,
    });
    let Some((id, exit)) = ended else {
        return if options & WNOHANG != 0 {
            Ok(0.into())
        } else {
            Err(Interruption::Wait)
        };
    };
    let encoded = kernel.encode_status(&exit);
    let mut consumed = vec![0; USAGE_SIZE];
    kernel.fill_padding(&mut consumed);
    let space = &kernel.process().space;
    if status != 0 {
        let bytes = encoded.to_le_bytes();
        space.write(status, &bytes).map_err(fault)?;
    }
    if usage != 0 {
        space.write(usage, &consumed).map_err(fault)?;
    }
    kernel.processes.remove(&id);
    Ok(u64::from(id).into())
}

impl Kernel {
    /// Numbers go up, and are used once.
    fn new_process_id(&mut self) -> ProcessId {
        self.last_id += match self.mode {
            Mode::Hostile => 1 + self.random.next_u32() % ID_SPREAD,
            Mode::Measured => 1,
        };
        self.last_id
    }

    pub(super) fn new_thread_id(&mut self, process: ProcessId) -> u64 {
        let unforeseen = match self.mode {
            Mode::Hostile => u64::from(self.random.next_u32() % ID_SPREAD),
            Mode::Measured => 0,
        };
        match self.target.system {
            System::FreeBsd => {
                FREEBSD_THREADS + u64::from(process) * u64::from(ID_SPREAD) + unforeseen
            }
            System::NetBsd => 1 + unforeseen,
        }
    }

    fn encode_status(&mut self, exit: &Exit) -> u32 {
        match exit {
            Exit::Exited(code) => u32::from(*code) << 8,
            Exit::Signalled(death) => {
                let core = match self.mode {
                    Mode::Hostile if death.signal.dumps_core() => {
                        self.random.next_u32() & CORE_DUMPED
                    }
                    _ => 0,
                };
                u32::from(death.signal.0) | core
            }
        }
    }

    /// Tells the parent of a process that has ended, and lets go of its children.
    pub(super) fn orphan_children(&mut self, ended: ProcessId) {
        if let Some(parent) = self.processes[&ended].parent {
            self.post_from_kernel(parent, Signal::SIGCHLD, "a child has ended");
        }
        self.wake_waiting();
        self.processes.retain(|_, process| {
            process.parent != Some(ended) || !matches!(process.state, State::Ended(_))
        });
        for process in self.processes.values_mut() {
            if process.parent == Some(ended) {
                process.parent = None;
            }
        }
        // Nobody can ask about a process without a parent, so it goes as soon as another runs.
        let (first, current) = (self.first, self.current);
        self.processes.retain(|&id, process| {
            id == first
                || id == current
                || process.parent.is_some()
                || !matches!(process.state, State::Ended(_))
        });
    }
}
