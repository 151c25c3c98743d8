//! The library's own tests on aarch64 Linux, of which the programs without libc ask other things: with the standard
//! library, linked statically, in an emulator that hands system calls to this machine's kernel.

use std::process::Command;

use anyhow::Result;

use crate::packages::{ARM64_GCC, ARM64_LIBC, Packages, QEMU_USER};
use crate::project::Project;
use crate::target::Target;
use crate::toolchain::Toolchain;

/// What it takes besides the toolchain.
pub const NEEDS: [crate::packages::Need; 3] = [ARM64_GCC, ARM64_LIBC, QEMU_USER];

/// `cargo test` for `target`, in the emulator.
pub fn cargo_test(project: &Project, packages: &Packages, target: Target) -> Result<Command> {
    packages.ensure(&NEEDS)?;
    let toolchain = Toolchain::for_target(target, packages)?;
    let mut command = toolchain.cargo(project, "test");
    let variable = |what: &str| {
        let triple = target.triple.to_uppercase().replace('-', "_");
        format!("CARGO_TARGET_{triple}_{what}")
    };
    command
        .env(variable("LINKER"), ARM64_GCC.evidence)
        .env(variable("RUNNER"), QEMU_USER.evidence)
        .env(variable("RUSTFLAGS"), "-Ctarget-feature=+crt-static");
    Ok(command)
}
