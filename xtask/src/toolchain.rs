//! Which compiler builds for a target, and how it is called.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::packages::{ARM64_STD, CARGO, CLIPPY, LLD, Need, Packages, RUST_SOURCE, RUSTC, RUSTFMT};
use crate::project::Project;
use crate::target::{Os, Target};

/// The profile of everything that is built for a target: `core` is built once for it.
pub const PROFILE: &str = "static";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// The toolchain that this program was built with.
    Host,
    /// Debian's packages.
    Debian,
    /// rustup's nightly with the source of `core`.
    Nightly,
}

/// A way to build for one target.
#[derive(Clone, Debug)]
pub struct Toolchain {
    kind: Kind,
    /// None for what runs here, built where `cargo build` alone would build it.
    target: Option<Target>,
    builds_core: bool,
}

/// What Debian's toolchain needs for `target`.
fn debian_needs(target: Target) -> Vec<Need> {
    let mut needs = vec![RUSTC, CARGO, CLIPPY, LLD];
    needs.push(match target.os {
        Os::Linux => ARM64_STD,
        Os::FreeBsd | Os::NetBsd => RUST_SOURCE,
    });
    needs
}

/// What has to be installed before all of `targets` can be built.
pub fn needs(targets: &[Target]) -> Vec<Need> {
    let foreign: Vec<Target> = targets
        .iter()
        .copied()
        .filter(|target| !host_has(*target))
        .collect();
    if foreign.is_empty() || nightly_has_source() {
        return Vec::new();
    }
    foreign.into_iter().flat_map(debian_needs).collect()
}

/// Whether the toolchain that this program was built with has `core` for `target`.
fn host_has(target: Target) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", target.triple]);
    answer(&mut command).is_some_and(|folder| has_core(&folder))
}

fn nightly_has_source() -> bool {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "rustc", "--print", "sysroot"]);
    answer(&mut command).is_some_and(|sysroot| {
        Path::new(&sysroot)
            .join("lib/rustlib/src/rust/library/core")
            .exists()
    })
}

fn has_core(folder: &str) -> bool {
    glob::glob(&format!("{folder}/libcore-*.rlib"))
        .is_ok_and(|mut files| files.any(|file| file.is_ok()))
}

/// The first line that a command prints, if it succeeds.
fn answer(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next()?.to_owned())
}

impl Toolchain {
    /// The toolchain that this program was built with, for what runs here.
    pub const TOOLS: Toolchain = Toolchain {
        kind: Kind::Host,
        target: None,
        builds_core: false,
    };

    /// The best way to build for `target` here: the ordinary toolchain, then Debian's, then rustup's nightly. Where
    /// there is none and Debian's may be installed, it is.
    pub fn for_target(target: Target, packages: &Packages) -> Result<Toolchain> {
        let debian = debian_needs(target);
        let kind = if host_has(target) {
            Kind::Host
        } else if debian.iter().all(Need::is_met) {
            Kind::Debian
        } else if nightly_has_source() {
            Kind::Nightly
        } else {
            packages.ensure(&debian).with_context(|| {
                format!(
                    "nothing here builds for {target}: it takes `rustup target add {target}`, or a nightly with \
                     rust-src, or Debian's packages"
                )
            })?;
            Kind::Debian
        };
        let builds_core = match kind {
            Kind::Host => false,
            Kind::Debian => target.os != Os::Linux,
            Kind::Nightly => true,
        };
        let toolchain = Toolchain {
            kind,
            target: Some(target),
            builds_core,
        };
        if kind == Kind::Debian {
            toolchain.check_age()?;
        }
        Ok(toolchain)
    }

    /// Debian's older releases have packages of the same names that are too old.
    fn check_age(&self) -> Result<()> {
        let wanted = env!("CARGO_PKG_RUST_VERSION");
        let printed = answer(Command::new(RUSTC.evidence).arg("--version")).unwrap_or_default();
        let version = |text: &str| -> Option<(u32, u32)> {
            let mut parts = text.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        };
        let found = printed.split(' ').nth(1).and_then(version);
        if found < version(wanted) {
            bail!(
                "{printed:?} is older than {wanted}: upgrade the Debian package {}",
                RUSTC.package
            );
        }
        Ok(())
    }

    /// The name of the toolchain for reports.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Host => "the host's toolchain",
            Kind::Debian => "Debian's toolchain",
            Kind::Nightly => "rustup's nightly",
        }
    }

    /// `cargo SUBCOMMAND` for the target.
    pub fn cargo(&self, project: &Project, subcommand: &str) -> Command {
        let mut command = match self.kind {
            Kind::Host => host_cargo(project),
            Kind::Debian => self.debian(project, Command::new(CARGO.evidence)),
            Kind::Nightly => {
                let mut command = self.in_folder(project, Command::new("rustup"));
                command.args(["run", "nightly", "cargo"]);
                command
            }
        };
        self.arguments(&mut command, subcommand);
        command
    }

    /// `cargo clippy` for the target.
    pub fn clippy(&self, project: &Project, packages: &Packages) -> Result<Command> {
        if self.kind != Kind::Debian
            && answer(self.cargo(project, "clippy").arg("--version")).is_some()
        {
            return Ok(self.cargo(project, "clippy"));
        }
        packages.ensure(&[RUSTC, CARGO, CLIPPY])?;
        // Through cargo, a cargo-clippy of rustup would be found first.
        let mut command = self.debian(project, Command::new("/usr/bin/cargo-clippy"));
        command.env("CARGO", CARGO.evidence);
        self.arguments(&mut command, "clippy");
        Ok(command)
    }

    fn arguments(&self, command: &mut Command, subcommand: &str) {
        command.arg(subcommand);
        if let Some(target) = self.target {
            command.args(["--target", target.triple]);
        }
        if self.builds_core {
            // Without libc, memcpy and its kin have to come with `core`.
            command.args([
                "-Zbuild-std=core",
                "-Zbuild-std-features=compiler-builtins-mem",
            ]);
        }
    }

    fn debian(&self, project: &Project, command: Command) -> Command {
        let mut command = self.in_folder(project, command);
        command
            .env("RUSTC", RUSTC.evidence)
            .env("RUSTDOC", "/usr/bin/rustdoc")
            // What cargo set for this program belongs to the other toolchain.
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("RUSTUP_TOOLCHAIN");
        if self.builds_core {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        // What rustc calls for atomics on aarch64 Linux asks a C library which instructions there are.
        command.env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
            "-Ctarget-feature=-outline-atomics",
        );
        command
    }

    /// The folder of what was built with [`PROFILE`].
    pub fn built_folder(&self, project: &Project) -> PathBuf {
        let mut folder = self.folder(project);
        if let Some(target) = self.target {
            folder.push(target.triple);
        }
        folder.join(PROFILE)
    }

    /// One folder for each toolchain and target: `core` is built once for a target, whatever is built with it, and no
    /// target waits for another.
    fn folder(&self, project: &Project) -> PathBuf {
        let name = match self.kind {
            Kind::Host => return project.made.clone(),
            Kind::Debian => "debian",
            Kind::Nightly => "nightly",
        };
        let folder = project.made.join(name);
        match self.target {
            Some(target) => folder.join(target.triple),
            None => folder,
        }
    }

    fn in_folder(&self, project: &Project, mut command: Command) -> Command {
        command
            .current_dir(&project.root)
            .env("CARGO_TARGET_DIR", self.folder(project));
        command
    }

    /// The linker that rustc is to call: the one that came with it, or Debian's.
    pub fn linker(&self, packages: &Packages) -> Result<&'static str> {
        match self.kind {
            Kind::Host | Kind::Nightly => Ok("rust-lld"),
            Kind::Debian => {
                packages.ensure(&[LLD])?;
                Ok(LLD.evidence)
            }
        }
    }
}

/// `cargo` of the toolchain that this program was built with.
pub fn host_cargo(project: &Project) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&project.root)
        .env("CARGO_TARGET_DIR", &project.made);
    command
}

/// `cargo fmt` of that toolchain, or else Debian's.
pub fn cargo_fmt(project: &Project, packages: &Packages) -> Result<Command> {
    if answer(host_cargo(project).args(["fmt", "--version"])).is_none() {
        packages.ensure(&[CARGO, RUSTFMT])?;
        let mut command = Command::new("/usr/bin/cargo-fmt");
        command
            .current_dir(&project.root)
            .env("CARGO", CARGO.evidence)
            .env("RUSTFMT", RUSTFMT.evidence)
            .arg("fmt");
        return Ok(command);
    }
    let mut command = host_cargo(project);
    command.arg("fmt");
    Ok(command)
}
