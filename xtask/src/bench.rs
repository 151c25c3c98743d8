//! The benchmarks, in a package of their own.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::packages::{Packages, VALGRIND};
use crate::project::Project;
use crate::toolchain::host_cargo;

/// Runs the program `name` of the benchmarks; standard output is its own.
pub fn run(
    project: &Project,
    packages: &Packages,
    name: &str,
    arguments: &[String],
) -> Result<ExitCode> {
    packages.ensure(&[VALGRIND])?;
    let status = host_cargo(project)
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "rawmap-benches",
            "--bin",
            name,
            "--",
        ])
        .args(arguments)
        .status()
        .context("cannot run cargo")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
