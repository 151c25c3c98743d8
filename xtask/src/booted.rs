//! The registry's own tests on aarch64 Linux: with the standard library, linked statically, each as the init of a real
//! kernel that is booted for it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use cargo_metadata::Message;

use crate::kernel::Kernel;
use crate::libtest;
use crate::log::Log;
use crate::packages::{ARM64_GCC, ARM64_LIBC, Need, Packages};
use crate::project::Project;
use crate::tap::Counts;
use crate::target::Target;
use crate::toolchain::Toolchain;

/// What it takes besides the toolchain and the emulator.
pub const NEEDS: [Need; 2] = [ARM64_GCC, ARM64_LIBC];

/// The tests: those that take a page for 4 KiB, and want no trap flag.
const TESTS: [&str; 7] = [
    "registry_oracle",
    "registry_kernel",
    "registry_nth_call",
    "registry_map_count",
    "registry_threads",
    "registry_storm",
    "registry_fork",
];

/// The page size that they are written for.
pub const PAGE_SIZE: usize = 4096;

/// Enough for threads to run side by side.
const PROCESSORS: u32 = 2;

/// A test program.
pub struct Test {
    /// Its name.
    pub name: String,
    path: PathBuf,
}

/// Builds the tests for `target`.
pub fn build(
    project: &Project,
    packages: &Packages,
    target: Target,
    log: &mut Log,
) -> Result<Vec<Test>> {
    packages.ensure(&NEEDS)?;
    let toolchain = Toolchain::for_target(target, packages)?;
    let mut command = toolchain.cargo(project, "test");
    for (what, value) in [
        ("LINKER", ARM64_GCC.evidence),
        ("RUSTFLAGS", "-Ctarget-feature=+crt-static"),
    ] {
        let triple = target.triple.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{triple}_{what}"), value);
    }
    command.args([
        "--release",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ]);
    for test in TESTS {
        command.args(["--test", test]);
    }
    let tests = executables(&log.run(&mut command)?);
    ensure!(
        tests.len() == TESTS.len(),
        "{} of {} tests were built",
        tests.len(),
        TESTS.len()
    );
    Ok(tests)
}

fn executables(output: &str) -> Vec<Test> {
    let artifacts = Message::parse_stream(output.as_bytes()).filter_map(|message| match message {
        Ok(Message::CompilerArtifact(artifact)) => Some(artifact),
        _ => None,
    });
    artifacts
        .filter_map(|artifact| {
            Some(Test {
                path: artifact.executable?.into_std_path_buf(),
                name: artifact.target.name,
            })
        })
        .collect()
}

impl Test {
    /// Runs it on `kernel`, and counts.
    pub fn run(&self, kernel: &Kernel, limit: Duration, log: &mut Log) -> Result<Counts> {
        let outcome = kernel.run_on(PROCESSORS, &self.path, limit, log)?;
        libtest::counts(&outcome)
    }
}
