//! The documentation, which builds without a warning for every target.

use anyhow::Result;

use crate::features;
use crate::log::Log;
use crate::packages::Packages;
use crate::project::Project;
use crate::tally::Tally;
use crate::target::Target;
use crate::toolchain::Toolchain;

/// Builds the documentation of the library for `targets`.
pub fn steps(project: &Project, packages: &Packages, targets: &[Target], tally: &mut Tally<'_>) {
    tally.step("doc", |step| {
        for target in targets {
            let result = document(project, packages, *target, &mut step.log);
            step.check(target.triple, result);
        }
        Ok(())
    });
}

fn document(
    project: &Project,
    packages: &Packages,
    target: Target,
    log: &mut Log,
) -> Result<String> {
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
    Ok(String::new())
}
