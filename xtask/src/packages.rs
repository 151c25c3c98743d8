//! What the machine must have, and the Debian package that brings it.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};

use crate::log::describe;

/// Something that is needed from outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Need {
    /// A program to be found on PATH, or a pattern that a file's path must match.
    pub evidence: &'static str,
    /// The Debian package that brings it.
    pub package: &'static str,
    /// What it is for.
    pub purpose: &'static str,
}

const fn need(evidence: &'static str, package: &'static str, purpose: &'static str) -> Need {
    Need {
        evidence,
        package,
        purpose,
    }
}

/// The linker of the programs.
pub const LLD: Need = need("/usr/bin/ld.lld-19", "lld-19", "links the static programs");
/// The compiler that comes with the source of `core`.
pub const RUSTC: Need = need(
    "/usr/bin/rustc",
    "rustc-web",
    "compiles for targets that rustup has nothing for",
);
/// Its cargo.
pub const CARGO: Need = need("/usr/bin/cargo", "cargo-web", "builds with Debian's rustc");
/// The source of `core`.
pub const RUST_SOURCE: Need = need(
    "/usr/lib/rustlib/src/rust/library/core/src/lib.rs",
    "rust-web-src",
    "`core` for the BSD targets",
);
/// `core` and `std` for aarch64 Linux.
pub const ARM64_STD: Need = need(
    "/usr/lib/rustlib/aarch64-unknown-linux-gnu/lib/libcore-*.rlib",
    "libstd-rust-web-dev:arm64",
    "`core` for aarch64 Linux",
);
/// Clippy for the same.
pub const CLIPPY: Need = need(
    "/usr/bin/clippy-driver",
    "rust-web-clippy",
    "lints with Debian's rustc",
);
/// The formatter, where rustup's is not installed.
pub const RUSTFMT: Need = need("/usr/bin/rustfmt", "rustfmt-web", "checks the formatting");
/// The emulator for arm64 kernels.
pub const QEMU_ARM: Need = need(
    "qemu-system-aarch64",
    "qemu-system-arm",
    "runs arm64 kernels",
);
/// Links aarch64 programs with the standard library.
pub const ARM64_GCC: Need = need(
    "aarch64-linux-gnu-gcc",
    "gcc-aarch64-linux-gnu",
    "links the library's tests for aarch64 Linux",
);
/// The C library under that.
pub const ARM64_LIBC: Need = need(
    "/usr/aarch64-linux-gnu/lib/libc.a",
    "libc6-dev-arm64-cross",
    "the C library for the library's tests on aarch64 Linux",
);
/// The emulator for amd64 kernels.
pub const QEMU_X86: Need = need(
    "qemu-system-x86_64",
    "qemu-system-x86",
    "runs amd64 kernels",
);
/// Makes the BSDs' file systems.
pub const MAKEFS: Need = need(
    "makefs",
    "makefs",
    "makes a root file system for a BSD kernel",
);
/// Builds Unicorn.
pub const CMAKE: Need = need(
    "cmake",
    "cmake",
    "builds Unicorn, the processor of the machine",
);
/// What CMake calls.
pub const MAKE: Need = need(
    "make",
    "make",
    "builds Unicorn, the processor of the machine",
);
/// What Unicorn's configure script asks.
pub const PKG_CONFIG: Need = need(
    "pkg-config",
    "pkg-config",
    "builds Unicorn, the processor of the machine",
);
/// Reads Unicorn's headers.
pub const LIBCLANG: Need = need(
    "/usr/lib/llvm-*/lib/libclang*.so*",
    "libclang-dev",
    "reads the headers of Unicorn",
);
/// Counts instructions.
pub const VALGRIND: Need = need("valgrind", "valgrind", "counts instructions");
/// Fetches the headers of the BSDs.
pub const PIP: Need = need(
    "pip3",
    "python3-pip",
    "fetches the package ziglang with the BSDs' headers",
);

impl Need {
    /// Whether the machine has it.
    pub fn is_met(&self) -> bool {
        if self.evidence.starts_with('/') {
            glob::glob(self.evidence).is_ok_and(|mut paths| paths.any(|path| path.is_ok()))
        } else {
            let search = env::var_os("PATH").unwrap_or_default();
            env::split_paths(&search).any(|folder| folder.join(self.evidence).is_file())
        }
    }
}

/// Installs what is missing where it may, and says what to install where it may not.
#[derive(Debug, Default)]
pub struct Packages {
    /// Whether the lists are fresh. Who installs holds it: there is one installer at a time.
    lists_are_fresh: Mutex<bool>,
}

impl Packages {
    /// Returns once all of `needs` are met.
    pub fn ensure(&self, needs: &[Need]) -> Result<()> {
        let mut lists_are_fresh = self.lists_are_fresh();
        let mut missing: Vec<Need> = Vec::new();
        for need in needs {
            if !need.is_met() && !missing.contains(need) {
                missing.push(*need);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        if !may_install() {
            let list: Vec<String> = missing
                .iter()
                .map(|need| {
                    format!(
                        "{} ({}; Debian package {})",
                        need.evidence, need.purpose, need.package
                    )
                })
                .collect();
            bail!("missing: {}", list.join(", "));
        }
        for need in &missing {
            eprintln!(
                "installing the Debian package {}: {}",
                need.package, need.purpose
            );
        }
        if missing.iter().any(|need| need.package.ends_with(":arm64")) {
            add_arm64()?;
            *lists_are_fresh = false;
        }
        refresh(&mut lists_are_fresh)?;
        let mut install = apt_get();
        install.args(["install", "--yes", "--no-install-recommends"]);
        install.args(missing.iter().map(|need| need.package));
        apt(&mut install)?;
        match missing.iter().find(|need| !need.is_met()) {
            None => Ok(()),
            Some(need) => bail!(
                "the Debian package {} did not bring {}",
                need.package,
                need.evidence
            ),
        }
    }

    /// Fetches the package that the arm64 package `name` stands for into `folder`, without installing anything.
    pub fn download_arm64(&self, name: &str, folder: &Path) -> Result<()> {
        if !may_install() {
            bail!("only Debian as root can fetch the Debian package {name} for arm64");
        }
        let mut lists_are_fresh = self.lists_are_fresh();
        add_arm64()?;
        refresh(&mut lists_are_fresh)?;
        let mut show = Command::new("apt-cache");
        show.args(["show", "--no-all-versions", &format!("{name}:arm64")]);
        let description = apt(&mut show)?;
        let dependency = description
            .lines()
            .find_map(|line| line.strip_prefix("Depends: "))
            .and_then(|names| names.split([' ', ',']).next())
            .with_context(|| format!("the Debian package {name} stands for no other"))?;
        eprintln!("fetching the Debian package {dependency} for arm64; it is not installed");
        let mut download = apt_get();
        download
            .current_dir(folder)
            // The user that apt runs as otherwise can't write here.
            .args([
                "--option",
                "APT::Sandbox::User=root",
                "download",
                &format!("{dependency}:arm64"),
            ]);
        apt(&mut download)?;
        Ok(())
    }

    fn lists_are_fresh(&self) -> MutexGuard<'_, bool> {
        self.lists_are_fresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn refresh(lists_are_fresh: &mut bool) -> Result<()> {
    if !*lists_are_fresh {
        apt(apt_get().arg("update"))?;
        *lists_are_fresh = true;
    }
    Ok(())
}

fn may_install() -> bool {
    Path::new("/etc/debian_version").exists() && rustix::process::geteuid().is_root()
}

fn add_arm64() -> Result<()> {
    let known = apt(Command::new("dpkg").arg("--print-foreign-architectures"))?;
    if !known.lines().any(|line| line == "arm64") {
        apt(Command::new("dpkg").args(["--add-architecture", "arm64"]))?;
    }
    Ok(())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .arg("--quiet");
    command
}

fn apt(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed: {}",
            describe(command),
            errors.lines().last().unwrap_or_default()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
