//! Signals: their names, and what they do to a process that has said nothing about them.

use core::fmt;

/// A signal, by the number that both BSDs give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal(pub u8);

/// What becomes of a process that has no handler for a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    End,
    Nothing,
    /// The process stops until another signal continues it.
    Stop,
}

impl Signal {
    /// An illegal instruction.
    pub const SIGILL: Self = Self(4);
    /// A breakpoint.
    pub const SIGTRAP: Self = Self(5);
    /// The process's own wish to die.
    pub const SIGABRT: Self = Self(6);
    /// An arithmetic fault.
    pub const SIGFPE: Self = Self(8);
    /// The end, which nothing holds up; also out of memory.
    pub const SIGKILL: Self = Self(9);
    /// An access beyond the end of an object.
    pub const SIGBUS: Self = Self(10);
    /// An access that no mapping allows.
    pub const SIGSEGV: Self = Self(11);
    /// An unknown system call.
    pub const SIGSYS: Self = Self(12);
    /// A write to a pipe that nobody reads.
    pub const SIGPIPE: Self = Self(13);
    /// A request to end.
    pub const SIGTERM: Self = Self(15);
    /// Urgent data, ignored by default.
    pub const SIGURG: Self = Self(16);
    /// A stop that nothing holds up.
    pub const SIGSTOP: Self = Self(17);
    /// A stop from the keyboard.
    pub const SIGTSTP: Self = Self(18);
    /// The end of a stop.
    pub const SIGCONT: Self = Self(19);
    /// A child has ended.
    pub const SIGCHLD: Self = Self(20);
    /// A background process reads from its terminal.
    pub const SIGTTIN: Self = Self(21);
    /// A background process writes to its terminal.
    pub const SIGTTOU: Self = Self(22);
    /// Something can be read or written.
    pub const SIGIO: Self = Self(23);
    /// The window has changed.
    pub const SIGWINCH: Self = Self(28);
    /// A question from the keyboard.
    pub const SIGINFO: Self = Self(29);
    /// The program's own.
    pub const SIGUSR1: Self = Self(30);
    /// The program's own.
    pub const SIGUSR2: Self = Self(31);

    /// Whether a process can say anything about it.
    pub(crate) fn is_free(self) -> bool {
        self != Self::SIGKILL && self != Self::SIGSTOP
    }

    pub(crate) fn default(self) -> Default {
        match self {
            Self::SIGURG
            | Self::SIGCONT
            | Self::SIGCHLD
            | Self::SIGIO
            | Self::SIGWINCH
            | Self::SIGINFO => Default::Nothing,
            Self::SIGSTOP | Self::SIGTSTP | Self::SIGTTIN | Self::SIGTTOU => Default::Stop,
            _ => Default::End,
        }
    }

    /// Whether a process that it ends may leave a picture of its memory.
    pub(crate) fn dumps_core(self) -> bool {
        matches!(
            self,
            Self::SIGILL
                | Self::SIGTRAP
                | Self::SIGABRT
                | Self::SIGFPE
                | Self::SIGBUS
                | Self::SIGSEGV
                | Self::SIGSYS
        )
    }

    /// The signal's bit in a set.
    pub(crate) fn bit(self) -> u128 {
        1 << (self.0 - 1)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::SIGILL => "SIGILL",
            Self::SIGTRAP => "SIGTRAP",
            Self::SIGABRT => "SIGABRT",
            Self::SIGFPE => "SIGFPE",
            Self::SIGKILL => "SIGKILL",
            Self::SIGBUS => "SIGBUS",
            Self::SIGSEGV => "SIGSEGV",
            Self::SIGSYS => "SIGSYS",
            Self::SIGPIPE => "SIGPIPE",
            Self::SIGTERM => "SIGTERM",
            Self::SIGSTOP => "SIGSTOP",
            Self::SIGCHLD => "SIGCHLD",
            Self::SIGUSR1 => "SIGUSR1",
            Self::SIGUSR2 => "SIGUSR2",
            Self(number) => return write!(formatter, "signal {number}"),
        };
        formatter.write_str(name)
    }
}
