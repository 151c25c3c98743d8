//! The one entry to what the project can do beside `cargo build` and `cargo test`: `cargo xtask`.

mod answers;
mod bench;
mod booted;
mod build;
mod conformance;
mod constants;
mod doc;
mod faults;
mod features;
mod image;
mod kernel;
mod libtest;
mod log;
mod machine;
mod native;
mod packages;
mod programs;
mod project;
mod qemu;
mod refused;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod refuser;
mod run;
mod tally;
mod tap;
mod target;
mod test;
mod tidy;
mod toolchain;
mod vm;
mod ziglang;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::packages::Packages;
use crate::project::Project;
use crate::tally::Tally;
use crate::target::Selection;

/// Builds, tests and measures rawmap on its six targets.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds the library and the static programs
    Build {
        /// A triple, or all six
        #[arg(long, default_value = "all")]
        target: Selection,
    },
    /// Runs every test
    Test {
        /// A triple, or all six
        #[arg(long, default_value = "all")]
        target: Selection,
        /// Also what takes too long for every day
        #[arg(long)]
        long: bool,
    },
    /// Runs a benchmark
    Bench {
        /// The name of the benchmark: raw, space, mapping, registry
        name: String,
        /// What it is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Asks every row of the conformance program, and prints a line for each target
    Conformance {
        /// A triple, or all six
        #[arg(long, default_value = "all")]
        target: Selection,
    },
    /// Plants the faults, each of which has to be caught
    Faults {
        /// A triple, or all six
        #[arg(long, default_value = "all")]
        target: Selection,
        /// What the names of those that are planted contain
        #[arg(default_value = "")]
        name: String,
    },
    /// Builds the documentation
    Doc {
        /// A triple, or all six
        #[arg(long, default_value = "all")]
        target: Selection,
    },
    /// Runs static programs on a kernel of yours under QEMU
    Vm(vm::Options),
    /// Writes the constants from the systems' headers
    Constants {
        /// Compare instead of writing
        #[arg(long)]
        check: bool,
    },
}

/// The lines of a failed command's output that are shown.
const SHOWN: usize = 40;

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    let project = Project::here()?;
    let packages = Packages::default();
    let mut tally = Tally::new(&project, SHOWN);
    match task {
        Task::Build { target } => {
            tally.side_by_side(target.targets(), |target, tally| {
                build::step(&project, &packages, target, tally);
            });
        }
        Task::Test { target, long } => {
            test::Plan::new(&project, &packages, target, long).steps(&mut tally)
        }
        Task::Conformance { target } => {
            let table =
                test::Plan::new(&project, &packages, target, false).conformance_steps(&mut tally);
            println!("{table}");
        }
        Task::Faults { target, name } => {
            test::Plan::new(&project, &packages, target, false).faults_steps(&name, &mut tally);
        }
        Task::Bench { name, arguments } => {
            return bench::run(&project, &packages, &name, &arguments);
        }
        Task::Doc { target } => {
            tally.side_by_side(target.targets(), |target, tally| {
                doc::step(&project, &packages, target, tally);
            });
        }
        Task::Vm(options) => return vm::run(&project, &packages, &options),
        Task::Constants { check } => {
            tally.step("constants", |step| {
                let zig = ziglang::zig(&project, &packages, &mut step.log)?;
                let report = constants::generate(&zig, &project.root, check)?;
                step.check("", Ok(report.to_string()));
                Ok(())
            });
        }
    }
    Ok(tally.finish())
}
