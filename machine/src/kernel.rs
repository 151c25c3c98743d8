//! The kernel's part: processes, and the system calls that they make.

mod delivery;
mod descriptors;
mod entropy;
mod execute;
mod faults;
mod freebsd;
mod hostility;
mod identity;
mod lifecycle;
mod limits;
mod mapping;
mod netbsd;
mod paths;
mod seals;
mod shared_memory;
mod signal_frame;
mod signal_rules;
mod signals;
mod sysctl;
mod time;
mod transfer;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::rc::Rc;

use rand_chacha::ChaCha8Rng;

use crate::convention::{self, SLOTS, Value};
use crate::engine::{Event, PageTable};
use crate::errno::Errno;
use crate::file_system::FileSystem;
use crate::files::SharedMemory;
use crate::object::Missing;
use crate::outcome::{Exit, Mapped, Outcome};
use crate::pool::Pool;
use crate::process::{Process, ProcessId, State};
use crate::registers::Registers;
use crate::signal::Signal;
use crate::space::{Access, Contents, Denial, Translation};
use crate::target::{Mode, System, Target};

pub(crate) use execute::Setup;

/// The arguments of a call, by slot.
pub(crate) type Arguments = [u64; SLOTS];

/// What becomes of a call.
pub(crate) type Answer = Result<Value, Interruption>;

/// A call that returns no value.
pub(crate) enum Interruption {
    Failed(Errno),
    /// The process ends.
    Exit(u8),
    /// The process waits, and makes the call again later.
    Wait,
    /// A signal ends the process.
    Killed(Signal, &'static str),
    /// The call has put other registers in place, and has no result.
    Resumed,
}

/// A system call of one system.
pub(crate) struct SystemCall {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    /// The release that the call came with; 0 if it was always there.
    pub(crate) since: u32,
    /// How many argument slots the kernel copies in.
    pub(crate) slots: usize,
    pub(crate) run: fn(&mut Kernel, &Arguments) -> Answer,
}

/// One line of a system's table.
const fn call(
    number: u32,
    name: &'static str,
    slots: usize,
    run: fn(&mut Kernel, &Arguments) -> Answer,
) -> SystemCall {
    SystemCall {
        number,
        name,
        since: 0,
        slots,
        run,
    }
}

impl SystemCall {
    /// A call that older releases do not know.
    const fn since(self, release: u32) -> Self {
        Self {
            since: release,
            ..self
        }
    }
}

/// The error of a pointer that leads nowhere.
fn fault(_: Denial) -> Errno {
    Errno::EFAULT
}

/// Where the program's streams and the trace lead.
pub(crate) struct Streams {
    pub(crate) input: Box<dyn Read>,
    pub(crate) output: Box<dyn Write>,
    pub(crate) error: Box<dyn Write>,
    pub(crate) trace: Option<Box<dyn Write>>,
}

/// The whole system.
pub(crate) struct Kernel {
    target: Target,
    mode: Mode,
    /// `kern.osreldate` or `kern.osrevision`.
    release: u32,
    random: ChaCha8Rng,
    pool: Rc<Pool>,
    processes: BTreeMap<ProcessId, Process>,
    first: ProcessId,
    current: ProcessId,
    /// The newest process.
    last_id: ProcessId,
    /// Another process runs next, if there is one that can.
    yields: bool,
    /// Steps that the processor has made, and nanoseconds that were slept: the time.
    steps: u64,
    slept: u64,
    files: FileSystem,
    /// FreeBSD's named shared-memory objects.
    shared_memory: BTreeMap<Vec<u8>, Rc<SharedMemory>>,
    streams: Streams,
    /// Calls that are refused unseen, by their position in the run.
    refusals: BTreeMap<u64, Errno>,
    calls_made: u64,
    outcome: Outcome,
    failure: Option<Failure>,
}

/// What the machine does next.
pub(crate) enum Next {
    /// Run the current process.
    Run,
    /// The first process has ended.
    Finished,
}

/// Why the machine can't go on, which says nothing about the program.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// Every process waits for another.
    Deadlock,
    /// The system has this, and the machine does not.
    NotModelled(String),
}

impl From<Errno> for Interruption {
    fn from(errno: Errno) -> Self {
        Self::Failed(errno)
    }
}

impl From<Missing> for Interruption {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::BeyondEnd => Self::Failed(Errno::EINVAL),
            Missing::NoMemory => OUT_OF_MEMORY,
        }
    }
}

const OUT_OF_MEMORY: Interruption =
    Interruption::Killed(Signal::SIGKILL, "the machine's memory is used up");

impl PageTable for Kernel {
    fn translate(&self, address: u64, access: Access) -> Result<Translation, Denial> {
        self.process().space.translate(address, access)
    }
}

impl Kernel {
    pub(crate) fn process(&self) -> &Process {
        &self.processes[&self.current]
    }

    pub(crate) fn process_mut(&mut self) -> &mut Process {
        self.processes
            .get_mut(&self.current)
            .expect("the current process exists until another is scheduled")
    }

    pub(crate) fn current(&self) -> ProcessId {
        self.current
    }

    /// All processes that can still run.
    pub(crate) fn living(&self) -> impl Iterator<Item = ProcessId> {
        self.processes
            .iter()
            .filter(|(_, process)| !matches!(process.state, State::Ended(_)))
            .map(|(&id, _)| id)
    }

    pub(crate) fn outcome(&mut self) -> &mut Outcome {
        &mut self.outcome
    }

    /// Takes over from the processor, which has made so many steps in all.
    pub(crate) fn handle(&mut self, event: Event, registers: Registers, steps: u64) {
        self.steps = steps;
        self.process_mut().registers = registers;
        match event {
            Event::SystemCall => self.system_call(),
            Event::Fault(fault) => self.fault(fault),
            Event::Trap(trap) => self.trap(trap),
            Event::Paused => self.yields = true,
        }
    }

    fn system_call(&mut self) {
        self.process_mut().in_call = false;
        let process = self.process();
        let request = convention::request(self.target, &process.registers, &process.space);
        let request = match request {
            Ok(request) => request,
            Err(wrong) => return self.wrong_immediate(wrong.0),
        };
        let (table, names) = match self.target.system {
            System::FreeBsd => (freebsd::CALLS, freebsd::NAMES),
            System::NetBsd => (netbsd::CALLS, netbsd::NAMES),
        };
        let number = request.number;
        let call = table.iter().find(|call| call.number == number);
        let Some(call) = call.filter(|call| call.since <= self.release) else {
            let name = names.iter().find(|(other, _)| *other == number);
            return match (call, name) {
                (None, Some((_, name))) => self.not_modelled(&format!("{name} ({number})")),
                _ => self.unknown_call(number),
            };
        };
        let process = self.process();
        let arguments = convention::arguments(
            self.target,
            request,
            call.slots,
            &process.registers,
            &process.space,
        );
        let position = self.calls_made + 1;
        let answer = match (self.refusals.get(&position), &arguments) {
            (Some(&errno), _) | (None, &Err(errno)) => Err(errno.into()),
            (None, Ok(arguments)) => (call.run)(self, arguments),
        };
        self.trace(call, &arguments.unwrap_or_default(), &answer);
        // A call that waits is made again, and counted then.
        if !matches!(answer, Err(Interruption::Wait)) {
            self.calls_made = position;
            *self.outcome.calls.entry(call.name).or_default() += 1;
        }
        match answer {
            Ok(value) => self.answer(Ok(value)),
            Err(Interruption::Failed(errno)) => self.answer(Err(errno)),
            Err(Interruption::Exit(code)) => self.end(Exit::Exited(code)),
            Err(Interruption::Killed(signal, why)) => self.kill(signal, why),
            Err(Interruption::Resumed) => self.litter_stack(),
            Err(Interruption::Wait) => {
                let architecture = self.target.architecture;
                let process = self.process_mut();
                convention::restart(architecture, &mut process.registers);
                process.state = State::Waiting;
                process.in_call = true;
            }
        }
    }

    /// A number that the kernel does not know is an error, and a signal besides.
    fn unknown_call(&mut self, number: u32) {
        self.calls_made += 1;
        *self.outcome.calls.entry("(unknown)").or_default() += 1;
        self.answer(Err(Errno::ENOSYS));
        let current = self.current;
        let why = format!("unknown system call {number}");
        self.post_from_kernel(current, Signal::SIGSYS, why);
    }

    fn not_modelled(&mut self, what: &str) {
        self.failure = Some(Failure::NotModelled(what.to_owned()));
    }

    fn answer(&mut self, result: Result<Value, Errno>) {
        let mut registers = self.process().registers.clone();
        self.answer_into(&mut registers, result);
        self.process_mut().registers = registers;
        self.litter_stack();
    }

    fn answer_into(&mut self, registers: &mut Registers, result: Result<Value, Errno>) {
        self.outcome.registers_scrambled +=
            convention::answer(self.target, self.mode, &mut self.random, registers, result);
    }

    fn end(&mut self, exit: Exit) {
        let id = self.current;
        if let Some(trace) = &mut self.streams.trace {
            // A trace that can't be written is no reason to change what is traced.
            let _ = writeln!(trace, "{id}: {exit}");
        }
        if id == self.first {
            self.outcome.exit = exit.clone();
            self.outcome.mappings = mappings(self.process());
        }
        let process = self.process_mut();
        process.state = State::Ended(exit);
        process.descriptors.close_all();
        let limits = process.space.limits();
        process.space.remove(limits);
        self.orphan_children(id);
    }

    /// Lets every call that waits look again.
    fn wake_waiting(&mut self) {
        for process in self.processes.values_mut() {
            if matches!(process.state, State::Waiting) {
                process.state = State::Ready;
            }
        }
    }

    /// Chooses who runs next: the current process as long as it can and no other is to have its turn.
    pub(crate) fn schedule(&mut self) -> Result<Next, Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if matches!(self.processes[&self.first].state, State::Ended(_)) {
            return Ok(Next::Finished);
        }
        let yields = core::mem::take(&mut self.yields);
        if matches!(self.process().state, State::Ready) && !yields {
            return Ok(Next::Run);
        }
        let after = self.processes.range(self.current + 1..);
        let until = self.processes.range(..=self.current);
        self.current = after
            .chain(until)
            .find(|(_, process)| matches!(process.state, State::Ready))
            .map(|(&id, _)| id)
            .ok_or(Failure::Deadlock)?;
        Ok(Next::Run)
    }

    /// The step at which the current process has had its share, if another waits for its turn.
    pub(crate) fn end_of_share(&mut self) -> u64 {
        let ready = self
            .processes
            .values()
            .filter(|process| matches!(process.state, State::Ready))
            .count();
        if ready > 1 {
            self.steps.saturating_add(self.share())
        } else {
            u64::MAX
        }
    }

    fn trace(&mut self, call: &SystemCall, arguments: &Arguments, answer: &Answer) {
        let Some(trace) = &mut self.streams.trace else {
            return;
        };
        let arguments: Vec<String> = arguments[..call.slots]
            .iter()
            .map(|argument| format!("{argument:#x}"))
            .collect();
        let result = match answer {
            Ok(value) => format!(" = {:#x}", value.first),
            Err(Interruption::Failed(Errno(number))) => format!(" = errno {number}"),
            Err(Interruption::Wait) => " waits".to_owned(),
            Err(Interruption::Exit(_) | Interruption::Killed(..) | Interruption::Resumed) => {
                String::new()
            }
        };
        let (id, name) = (self.current, call.name);
        // As above: the run does not depend on its trace.
        let _ = writeln!(trace, "{id}: {name}({}){result}", arguments.join(", "));
    }
}

/// The mappings of a process, with neighbours that behave alike taken together.
fn mappings(process: &Process) -> Vec<Mapped> {
    let mut mappings: Vec<Mapped> = Vec::new();
    for (start, entry) in process.space.iter() {
        let next = Mapped {
            range: start..entry.end,
            protection: entry.protection,
            guard: !matches!(entry.contents, Contents::Memory(_)),
            shared: matches!(&entry.contents, Contents::Memory(memory) if memory.shared),
            wired: entry.wired,
        };
        match mappings.last_mut() {
            Some(last)
                if last.range.end == start
                    && *last
                        == (Mapped {
                            range: last.range.clone(),
                            ..next.clone()
                        }) =>
            {
                last.range.end = next.range.end;
            }
            _ => mappings.push(next),
        }
    }
    mappings
}
