//! The kernel's part: processes, and the system calls that they make.

mod execute;
mod freebsd;
mod host;
mod input_output;
mod lifecycle;
mod mapping;
mod netbsd;
mod shared_memory;
mod sysctl;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::rc::Rc;

use rand_chacha::ChaCha8Rng;

use crate::convention::{self, SLOTS, Value};
use crate::engine::{Event, Fault, PageTable, Trap};
use crate::errno::Errno;
use crate::object::{Missing, ObjectReference};
use crate::outcome::{Death, Exit, Mapped, Outcome};
use crate::pool::Pool;
use crate::process::{Process, ProcessId, State};
use crate::registers::Registers;
use crate::signal::Signal;
use crate::space::{Access, Contents, Denial, Translation};
use crate::target::{Mode, System, Target};

pub(crate) use execute::Setup;
use host::Host;

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
}

/// A system call of one system.
pub(crate) struct SystemCall {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
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
        slots,
        run,
    }
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
    random: ChaCha8Rng,
    pool: Rc<Pool>,
    processes: BTreeMap<ProcessId, Process>,
    first: ProcessId,
    current: ProcessId,
    /// The newest process.
    last_id: ProcessId,
    host: Host,
    /// FreeBSD's named shared-memory objects.
    shared_memory: BTreeMap<Vec<u8>, ObjectReference>,
    streams: Streams,
    /// Calls that are refused unseen, by their position in the run.
    refusals: BTreeMap<u64, Errno>,
    calls_made: u64,
    outcome: Outcome,
}

/// What the machine does next.
pub(crate) enum Next {
    /// Run the current process.
    Run,
    /// The first process has ended.
    Finished,
}

/// Every process waits for another.
#[derive(Debug)]
pub(crate) struct Deadlock;

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

    /// Takes over from the processor.
    pub(crate) fn handle(&mut self, event: Event, registers: Registers) -> Result<Next, Deadlock> {
        let program_counter = registers.program_counter;
        self.process_mut().registers = registers;
        match event {
            Event::SystemCall => self.system_call(),
            Event::Fault(fault) => {
                let death = self.fault_death(fault, program_counter);
                self.end(Exit::Signalled(death));
            }
            Event::Trap(trap) => {
                let (signal, why) = trap_signal(trap);
                self.kill(signal, None, why);
            }
        }
        self.schedule()
    }

    fn system_call(&mut self) {
        let process = self.process();
        let request = convention::request(self.target, &process.registers, &process.space);
        let request = match request {
            Ok(request) => request,
            Err(wrong) => {
                let why = format!("svc #{} where only svc #0 is a system call", wrong.0);
                return self.kill(Signal::SIGILL, None, why);
            }
        };
        let table = match self.target.system {
            System::FreeBsd => freebsd::CALLS,
            System::NetBsd => netbsd::CALLS,
        };
        let Some(call) = table.iter().find(|call| call.number == request.number) else {
            let why = format!("unknown system call {}", request.number);
            return self.kill(Signal::SIGSYS, None, why);
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
            Err(Interruption::Killed(signal, why)) => self.kill(signal, None, why),
            Err(Interruption::Wait) => {
                let architecture = self.target.architecture;
                let process = self.process_mut();
                convention::restart(architecture, &mut process.registers);
                process.state = State::Waiting;
            }
        }
    }

    fn answer(&mut self, result: Result<Value, Errno>) {
        let mut registers = self.process().registers.clone();
        self.answer_into(&mut registers, result);
        self.process_mut().registers = registers;
    }

    fn answer_into(&mut self, registers: &mut Registers, result: Result<Value, Errno>) {
        self.outcome.registers_scrambled +=
            convention::answer(self.target, self.mode, &mut self.random, registers, result);
    }

    fn fault_death(&self, fault: Fault, program_counter: u64) -> Death {
        let (signal, what) = match fault.denial {
            Denial::Unmapped => (Signal::SIGSEGV, "unmapped memory"),
            Denial::Protected if self.protection_fault_is_bus_error() => {
                (Signal::SIGBUS, "protected memory")
            }
            Denial::Protected => (Signal::SIGSEGV, "protected memory"),
            Denial::BeyondEnd => (Signal::SIGBUS, "a page beyond the end of its object"),
            Denial::NoMemory => (
                Signal::SIGKILL,
                "a page when the machine's memory is used up",
            ),
        };
        let access = match fault.access {
            Access::Read => "load from",
            Access::Write => "store to",
            Access::Fetch => "execution of",
        };
        Death {
            signal,
            address: Some(fault.address),
            program_counter,
            why: format!("{access} {what} at address {:#x}", fault.address),
        }
    }

    fn protection_fault_is_bus_error(&self) -> bool {
        self.target.system == System::FreeBsd
            && self.process().personality.os_release < freebsd::release::SEGMENTATION_FAULTS
    }

    fn kill(&mut self, signal: Signal, address: Option<u64>, why: impl Into<String>) {
        let death = Death {
            signal,
            address,
            program_counter: self.process().registers.program_counter,
            why: why.into(),
        };
        self.end(Exit::Signalled(death));
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
        self.process_mut().state = State::Ended(exit);
        self.orphan_children(id);
    }

    /// Chooses who runs next: the current process as long as it can.
    fn schedule(&mut self) -> Result<Next, Deadlock> {
        if matches!(self.processes[&self.first].state, State::Ended(_)) {
            return Ok(Next::Finished);
        }
        if matches!(self.process().state, State::Ready) {
            return Ok(Next::Run);
        }
        let ready = |process: &Process| matches!(process.state, State::Ready);
        let mut ids = self.processes.iter();
        self.current = ids
            .find(|(_, process)| ready(process))
            .map(|(&id, _)| id)
            .ok_or(Deadlock)?;
        Ok(Next::Run)
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
            Err(Interruption::Exit(_) | Interruption::Killed(..)) => String::new(),
        };
        let (id, name) = (self.current, call.name);
        // As above: the run does not depend on its trace.
        let _ = writeln!(trace, "{id}: {name}({}){result}", arguments.join(", "));
    }
}

fn trap_signal(trap: Trap) -> (Signal, String) {
    match trap {
        Trap::Illegal => (Signal::SIGILL, "illegal instruction".to_owned()),
        Trap::Breakpoint => (Signal::SIGTRAP, "breakpoint".to_owned()),
        Trap::Arithmetic => (Signal::SIGFPE, "arithmetic fault".to_owned()),
        Trap::Other(number) => (Signal::SIGILL, format!("exception {number}")),
    }
}

/// The mappings of a process, with neighbours that behave alike taken together.
fn mappings(process: &Process) -> Vec<Mapped> {
    let mut mappings: Vec<Mapped> = Vec::new();
    for (start, entry) in process.space.iter() {
        let next = Mapped {
            range: start..entry.end,
            protection: entry.protection,
            guard: matches!(entry.contents, Contents::Guard),
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
