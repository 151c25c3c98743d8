//! Processes come and go: `fork`, `exit`, `wait4`, and who they are.

use crate::convention::Value;
use crate::errno::Errno;
use crate::outcome::Exit;
use crate::process::{Process, ProcessId, State};

use super::{Answer, Interruption, Kernel};

/// The parent of the first process.
const INIT: ProcessId = 1;

const WNOHANG: u64 = 1;

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
    let parent = kernel.process();
    let child_space = parent.space.fork()?;
    let mut child = Process {
        parent: Some(kernel.current),
        registers: parent.registers.clone(),
        space: child_space,
        descriptors: parent.descriptors.clone(),
        personality: parent.personality.clone(),
        wires_future: false,
        state: State::Ready,
    };
    let in_child = Value {
        first: 0,
        second: 1,
    };
    kernel.answer_into(&mut child.registers, Ok(in_child));
    kernel.last_id += 1;
    kernel.processes.insert(kernel.last_id, child);
    Ok(u64::from(kernel.last_id).into())
}

/// `wait4(pid, status, options, usage)`; the usage is left alone.
pub(crate) fn wait(kernel: &mut Kernel, pid: u64, status: u64, options: u64) -> Answer {
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
        State::Ended(exit) => Some((id, encode(exit))),
        _ => None,
    });
    let Some((id, encoded)) = ended else {
        return if options & WNOHANG != 0 {
            Ok(0.into())
        } else {
            Err(Interruption::Wait)
        };
    };
    if status != 0 {
        kernel
            .process()
            .space
            .write(status, &encoded.to_le_bytes())
            .map_err(|_| Errno::EFAULT)?;
    }
    kernel.processes.remove(&id);
    Ok(u64::from(id).into())
}

fn encode(exit: &Exit) -> u32 {
    match exit {
        Exit::Exited(code) => u32::from(*code) << 8,
        Exit::Signalled(death) => death.signal.0.into(),
    }
}

impl Kernel {
    /// Wakes the parent of a process that has ended, and lets go of its children.
    pub(super) fn orphan_children(&mut self, ended: ProcessId) {
        let parent = self.processes[&ended].parent;
        if let Some(parent) = parent.and_then(|parent| self.processes.get_mut(&parent))
            && matches!(parent.state, State::Waiting)
        {
            parent.state = State::Ready;
        }
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
