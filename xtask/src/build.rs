//! The library and the static programs for the targets.

use anyhow::{Result, bail};

use crate::log::Log;
use crate::packages::Packages;
use crate::programs::{self, Program, Variant};
use crate::project::Project;
use crate::tally::Tally;
use crate::target::Target;
use crate::toolchain::{PROFILE, Toolchain};

/// Builds everything for `target`; each program is an item.
pub fn step(
    project: &Project,
    packages: &Packages,
    target: Target,
    tally: &mut Tally<'_>,
) -> Vec<Program> {
    let mut built = Vec::new();
    tally.step(&format!("build {target}"), |step| {
        let with = library(project, packages, target, &mut step.log)?;
        step.check("library", Ok(format!("by {with}")));
        let folder = project.made.join("programs").join(target.triple);
        let all = project.programs()?;
        if all.is_empty() {
            bail!("there is no program under programs/");
        }
        for package in all {
            let result = programs::build(
                project,
                packages,
                &package,
                target,
                Variant::default(),
                &folder,
                &mut step.log,
            );
            step.check(
                &package.name,
                result.map(|program| {
                    let programs::Size { text, data, zeroed } = program.size;
                    built.push(program);
                    format!("{text} bytes of text, {data} of data, {zeroed} zeroed")
                }),
            );
        }
        Ok(())
    });
    built
}

/// The library as its users build it; returns the name of the toolchain.
fn library(
    project: &Project,
    packages: &Packages,
    target: Target,
    log: &mut Log,
) -> Result<&'static str> {
    let toolchain = Toolchain::for_target(target, packages)?;
    log.run(
        toolchain
            .cargo(project, "build")
            .args(["--profile", PROFILE, "--package", "rawmap"]),
    )?;
    Ok(toolchain.name())
}
