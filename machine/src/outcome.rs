//! How a run ended, and what was seen on the way.

use core::fmt;
use core::ops::Range;
use std::collections::BTreeMap;

use crate::signal::Signal;
use crate::space::Protection;
use crate::target::Target;

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By its own call, with the low eight bits of its argument.
    Exited(u8),
    /// By a signal.
    Signalled(Death),
}

/// The signal that ended a process, and what raised it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// The signal.
    pub signal: Signal,
    /// The address that was accessed, where it was an access.
    pub address: Option<u64>,
    /// The instruction.
    pub program_counter: u64,
    /// What happened, in words.
    pub why: String,
}

/// A range of addresses with one protection, as it stood at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The addresses.
    pub range: Range<u64>,
    /// What they allow.
    pub protection: Protection,
    /// Whether this is reserved space that `mprotect` can't open.
    pub guard: bool,
    /// Whether stores reach other mappings of the same object.
    pub shared: bool,
    /// Whether the range is locked in memory.
    pub wired: bool,
}

/// Everything there is to know about a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was emulated.
    pub target: Target,
    /// How the first process ended.
    pub exit: Exit,
    /// What all processes wrote to descriptor 1.
    pub stdout: Vec<u8>,
    /// What all processes wrote to descriptor 2.
    pub stderr: Vec<u8>,
    /// How often each system call was made.
    pub calls: BTreeMap<&'static str, u64>,
    /// How many times a register was filled with a random value.
    pub registers_scrambled: u64,
    /// How many times a handler was made to run.
    pub signals_handled: u64,
    /// How much was executed, about one step an instruction; a system call is a thousand.
    pub steps: u64,
    /// The mappings of the first process at its end, in order.
    pub mappings: Vec<Mapped>,
}

impl Outcome {
    /// The mapping that an address lies in.
    #[must_use]
    pub fn mapping_at(&self, address: u64) -> Option<&Mapped> {
        self.mappings
            .iter()
            .find(|mapped| mapped.range.contains(&address))
    }

    /// The exit status that a shell would show.
    #[must_use]
    pub fn shell_status(&self) -> u8 {
        match &self.exit {
            Exit::Exited(code) => *code,
            Exit::Signalled(death) => 128 + death.signal.0,
        }
    }
}

impl fmt::Display for Mapped {
    /// A line as `/proc` has it, with `g` for a guard and `l` for locked memory.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |is: bool, letter: char| if is { letter } else { '-' };
        write!(
            formatter,
            "{:016x}-{:016x} {}{}{}{} {}{}",
            self.range.start,
            self.range.end,
            sign(self.protection.contains(Protection::READ), 'r'),
            sign(self.protection.contains(Protection::WRITE), 'w'),
            sign(self.protection.contains(Protection::EXECUTE), 'x'),
            if self.shared { 's' } else { 'p' },
            sign(self.guard, 'g'),
            sign(self.wired, 'l'),
        )
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(formatter, "exit {code}"),
            Self::Signalled(death) => write!(formatter, "{death}"),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "killed by {}: {} at {:#x}",
            self.signal, self.why, self.program_counter
        )
    }
}

impl fmt::Display for Outcome {
    /// The line of a run: `freebsd x86_64, 23 system calls (mmap 5, …), 184 registers scrambled, exit 0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut calls: Vec<_> = self.calls.iter().collect();
        calls.sort_by_key(|&(name, count)| (core::cmp::Reverse(count), name));
        let total: u64 = self.calls.values().sum();
        write!(formatter, "{}, {total} system calls", self.target)?;
        for (position, (name, count)) in calls.iter().enumerate() {
            let lead = if position == 0 { " (" } else { ", " };
            write!(formatter, "{lead}{name} {count}")?;
        }
        let end = if calls.is_empty() { "" } else { ")" };
        write!(
            formatter,
            "{end}, {} registers scrambled, {}",
            self.registers_scrambled, self.exit
        )
    }
}
