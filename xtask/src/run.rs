//! Runs a program where its target runs: natively, on a real arm64 kernel, or on the machine.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::kernel::Kernel;
use crate::log::{Finished, Log, shell_status};
use crate::machine::Machine;
use crate::native;
use crate::tap::{self, Counts};

/// A place where programs run.
#[derive(Clone, Debug)]
pub enum Place {
    /// The kernel of this machine.
    Native,
    /// An arm64 Linux kernel of Debian's under QEMU; the program is its init.
    Kernel(Kernel),
    /// The instruction-level machine that plays a BSD kernel.
    Machine(Machine),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Native => write!(formatter, "native"),
            Place::Kernel(kernel) => kernel.fmt(formatter),
            Place::Machine(machine) => machine.fmt(formatter),
        }
    }
}

/// A program's run to its end.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// As a shell gives it.
    pub status: i32,
    /// What the program and its place printed.
    pub output: String,
}

impl Place {
    /// The release of the kernel; the machine is of none.
    pub fn release(&self) -> Result<Option<String>> {
        match self {
            Place::Native => native::release().map(Some),
            Place::Kernel(kernel) => Ok(Some(kernel.release())),
            Place::Machine(_) => Ok(None),
        }
    }

    /// The name of its kind, under which it has pins.
    pub fn kind(&self) -> &'static str {
        match self {
            Place::Native => "native",
            Place::Kernel(kernel) => kernel.package,
            Place::Machine(machine) => machine.kind(),
        }
    }

    /// Runs `program`, which has to end within `limit`.
    pub fn run(&self, program: &Path, limit: Duration, log: &mut Log) -> Result<Outcome> {
        self.run_with(program, &[], limit, log)
    }

    /// Runs `program` with arguments, which an init has none of.
    pub fn run_with(
        &self,
        program: &Path,
        arguments: &[&Path],
        limit: Duration,
        log: &mut Log,
    ) -> Result<Outcome> {
        match self {
            Place::Native => native::run(program, arguments, limit, log),
            Place::Kernel(kernel) => kernel.run(program, limit, log),
            Place::Machine(machine) => machine.run(program, arguments, limit, log),
        }
    }
}

impl From<Finished> for Outcome {
    fn from(finished: Finished) -> Outcome {
        Outcome {
            status: shell_status(finished.status),
            output: finished.output,
        }
    }
}

impl Outcome {
    /// How many checks the program made, if it made some and all are fine.
    pub fn verdict(&self) -> Result<Counts> {
        let parsed = tap::parse(&self.output);
        let first_failure = parsed
            .as_ref()
            .ok()
            .and_then(|counts| counts.first_failure.clone());
        if let Some(line) = first_failure {
            bail!("{line}");
        }
        if self.status != 0 {
            let last = self.output.lines().last();
            bail!(
                "it ended with status {}; {}",
                self.status,
                last.unwrap_or("it printed nothing")
            );
        }
        let counts = parsed?;
        if counts.passed == 0 {
            bail!("it made no check");
        }
        Ok(counts)
    }
}
