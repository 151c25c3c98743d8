//! The signals that end a process.

use core::fmt;

/// A signal, by the number that both BSDs give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(pub u8);

impl Signal {
    /// An illegal instruction.
    pub const SIGILL: Self = Self(4);
    /// A breakpoint.
    pub const SIGTRAP: Self = Self(5);
    /// An arithmetic fault.
    pub const SIGFPE: Self = Self(8);
    /// Out of memory.
    pub const SIGKILL: Self = Self(9);
    /// An access beyond the end of an object.
    pub const SIGBUS: Self = Self(10);
    /// An access that no mapping allows.
    pub const SIGSEGV: Self = Self(11);
    /// An unknown system call.
    pub const SIGSYS: Self = Self(12);
}

impl fmt::Display for Signal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SIGILL => formatter.write_str("SIGILL"),
            Self::SIGTRAP => formatter.write_str("SIGTRAP"),
            Self::SIGFPE => formatter.write_str("SIGFPE"),
            Self::SIGKILL => formatter.write_str("SIGKILL"),
            Self::SIGBUS => formatter.write_str("SIGBUS"),
            Self::SIGSEGV => formatter.write_str("SIGSEGV"),
            Self::SIGSYS => formatter.write_str("SIGSYS"),
            Self(number) => write!(formatter, "signal {number}"),
        }
    }
}
