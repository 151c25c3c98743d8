//! The documentation, which builds without a warning for every target.

use anyhow::Result;

use crate::features;
use crate::log::Log;
use crate::packages::Packages;
use crate::project::Project;
use crate::tally::Tally;
use crate::target::Target;
use crate::toolchain::Toolchain;

/// Builds the documentation of the library for `target`.
pub fn step(project: &Project, packages: &Packages, target: Target, tally: &mut Tally<'_>) {
    tally.step(&format!("doc {target}"), |step| {
        document(project, packages, target, &mut step.log)
    });
}

fn document(project: &Project, packages: &Packages, target: Target, log: &mut Log) -> Result<()> {
    let toolchain = Toolchain::for_target(target, packages)?;
    let mut command = toolchain.cargo(project, "doc");
    command.env("RUSTDOCFLAGS", "-Dwarnings").args([
        "--no-deps",
        "--package",
        "rawmap",
        "--features",
        &features::all_for(project, target)?,
    ]);
    log.run(&mut command)?;
    Ok(())
}
