//! The instruction-level machine for the BSDs, a program of its own.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::log::{Log, shell_status};
use crate::packages::{CMAKE, LIBCLANG, MAKE, Need, PKG_CONFIG, Packages};
use crate::project::Project;
use crate::run::Outcome;
use crate::target::Os;
use crate::toolchain::host_cargo;

/// What building the machine takes.
pub const NEEDS: [Need; 4] = [CMAKE, MAKE, PKG_CONFIG, LIBCLANG];

/// The machine, playing the kernel of one system.
#[derive(Clone, Debug)]
pub struct Machine {
    path: PathBuf,
    os: Os,
    mode: Mode,
    seed: u64,
    options: Vec<String>,
}

/// What the machine makes of what a kernel leaves open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    /// Garbage in every register that the kernel may change.
    Hostile,
    /// What real kernels were seen to do.
    Measured,
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            Mode::Hostile => write!(formatter, "the machine as {}, seed {}", self.os, self.seed),
            Mode::Measured => write!(formatter, "the machine as {}, as measured", self.os),
        }
    }
}

/// `cargo SUBCOMMAND` for the machine's package, always optimised: Unicorn is built once.
pub fn cargo(project: &Project, subcommand: &str) -> Command {
    let mut command = host_cargo(project);
    prepare(command.args([subcommand, "--release", "--package", "rawmap-machine"]));
    command
}

/// Unicorn's build would take Debian's older library without a word.
pub fn prepare(command: &mut Command) {
    command.env("PKG_CONFIG_LIBDIR", "/nonexistent");
}

/// Builds the machine.
pub fn build(project: &Project, packages: &Packages, log: &mut Log) -> Result<PathBuf> {
    packages.ensure(&NEEDS)?;
    log.run(&mut cargo(project, "build"))?;
    Ok(project.made.join("release/rawmap-machine"))
}

impl Machine {
    /// The machine at `path`; the garbage that it leaves in registers follows from `seed`.
    pub fn new(path: &Path, os: Os, seed: u64) -> Machine {
        Machine {
            path: path.to_path_buf(),
            os,
            mode: Mode::Hostile,
            seed,
            options: Vec::new(),
        }
    }

    /// The machine at `path`, which does what real kernels were seen to do.
    pub fn measured(path: &Path, os: Os) -> Machine {
        Machine {
            path: path.to_path_buf(),
            os,
            mode: Mode::Measured,
            seed: 0,
            options: Vec::new(),
        }
    }

    /// The same machine with other options of its command line.
    pub fn with(&self, options: &[&str]) -> Machine {
        Machine {
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            ..self.clone()
        }
    }

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self.mode {
            Mode::Hostile => "machine, hostile",
            Mode::Measured => "machine, measured",
        }
    }

    /// Runs a program from its first instruction to its exit.
    pub fn run(
        &self,
        program: &Path,
        arguments: &[&Path],
        limit: Duration,
        log: &mut Log,
    ) -> Result<Outcome> {
        let mut command = Command::new(&self.path);
        command
            .args([
                "--os",
                &self.os.to_string(),
                "--mode",
                match self.mode {
                    Mode::Hostile => "hostile",
                    Mode::Measured => "measured",
                },
                "--seed",
                &self.seed.to_string(),
            ])
            .args(&self.options)
            .arg(program)
            .args(arguments);
        let finished = log.finish(&mut command, Some(limit))?;
        Ok(Outcome {
            status: shell_status(finished.status),
            output: finished.output,
        })
    }
}
