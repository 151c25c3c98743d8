//! The six targets.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};
use clap::ValueEnum;

/// An operating system that the library supports.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Os {
    /// Linux.
    Linux,
    /// FreeBSD.
    #[value(name = "freebsd")]
    FreeBsd,
    /// NetBSD.
    #[value(name = "netbsd")]
    NetBsd,
}

impl fmt::Display for Os {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Os::Linux => "linux",
            Os::FreeBsd => "freebsd",
            Os::NetBsd => "netbsd",
        })
    }
}

/// A processor architecture that the library supports.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Arch {
    /// 64-bit x86.
    #[value(name = "x86_64", alias = "amd64")]
    X86_64,
    /// 64-bit Arm.
    #[value(name = "aarch64", alias = "arm64")]
    Aarch64,
}

impl fmt::Display for Arch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Arch::X86_64 => "x86_64",
            Arch::Aarch64 => "aarch64",
        })
    }
}

/// One of the six targets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Target {
    /// As rustc names it.
    pub triple: &'static str,
    /// Its system.
    pub os: Os,
    /// Its architecture.
    pub arch: Arch,
}

/// All of them, in the order in which reports name them.
pub const TARGETS: [Target; 6] = [
    target("x86_64-unknown-linux-gnu", Os::Linux, Arch::X86_64),
    target("aarch64-unknown-linux-gnu", Os::Linux, Arch::Aarch64),
    target("x86_64-unknown-freebsd", Os::FreeBsd, Arch::X86_64),
    target("aarch64-unknown-freebsd", Os::FreeBsd, Arch::Aarch64),
    target("x86_64-unknown-netbsd", Os::NetBsd, Arch::X86_64),
    target("aarch64-unknown-netbsd", Os::NetBsd, Arch::Aarch64),
];

const fn target(triple: &'static str, os: Os, arch: Arch) -> Target {
    Target { triple, os, arch }
}

impl Target {
    /// The target of this system and this architecture.
    pub fn of(os: Os, arch: Arch) -> Target {
        TARGETS
            .into_iter()
            .find(|target| target.os == os && target.arch == arch)
            .expect("each system is supported on each architecture")
    }

    /// The target that tools of this machine are built for.
    pub fn is_host(self) -> bool {
        self.os == Os::Linux && self.arch.to_string() == std::env::consts::ARCH
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.triple)
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(triple: &str) -> Result<Target, Error> {
        match TARGETS.into_iter().find(|target| target.triple == triple) {
            Some(target) => Ok(target),
            None => bail!(
                "there is no target {triple}: {}",
                TARGETS.map(|target| target.triple).join(", ")
            ),
        }
    }
}

/// What `--target` says.
#[derive(Clone, Copy, Debug)]
pub enum Selection {
    /// A triple.
    One(Target),
    /// `all`.
    All,
}

impl Selection {
    /// The targets that were chosen.
    pub fn targets(self) -> Vec<Target> {
        match self {
            Selection::One(target) => vec![target],
            Selection::All => TARGETS.to_vec(),
        }
    }

    /// Whether the tools of this machine, and what they test, are part of the choice.
    pub fn includes_host(self) -> bool {
        self.targets().into_iter().any(Target::is_host)
    }
}

impl FromStr for Selection {
    type Err = Error;

    fn from_str(text: &str) -> Result<Selection, Error> {
        match text {
            "all" => Ok(Selection::All),
            triple => Ok(Selection::One(triple.parse()?)),
        }
    }
}
