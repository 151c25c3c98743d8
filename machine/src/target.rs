//! What is emulated, and how strictly.

use core::fmt;

/// The operating system whose kernel the machine plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// FreeBSD 15.1.
    FreeBsd,
    /// NetBSD 10.99.12.
    NetBsd,
}

/// The processor that the program was compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// AMD64.
    X86_64,
    /// ARM64.
    Aarch64,
}

/// A system on a processor: one of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The operating system.
    pub system: System,
    /// The processor.
    pub architecture: Architecture,
}

/// How the kernel uses the freedom that it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The worst choice everywhere, and garbage wherever nothing is promised: a wrong assumption fails loudly.
    #[default]
    Hostile,
    /// The answer that was measured on a real kernel.
    Measured,
}

impl fmt::Display for System {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::FreeBsd => "freebsd",
            Self::NetBsd => "netbsd",
        })
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.system, self.architecture)
    }
}
