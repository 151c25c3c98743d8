//! Answers, and how they are printed.

use core::{
    ffi::c_void,
    fmt::{self, Write},
};

use rawmap::{Errno, Result};
use rawmap_bare::output::{self, STANDARD_OUTPUT};

use crate::{pages::PAGE, text::Text};

/// What a question came to.
pub(crate) enum Answer {
    /// A number, or an address.
    Value(usize),
    /// A distance between two addresses, in pages.
    Pages(isize),
    /// Another address than the one that was asked for.
    Elsewhere,
    /// The kernel refused.
    Refused(Errno),
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Self::Value(0)
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        Self::Value(usize::from(holds))
    }
}

impl From<u8> for Answer {
    fn from(byte: u8) -> Self {
        Self::Value(usize::from(byte))
    }
}

impl From<usize> for Answer {
    fn from(value: usize) -> Self {
        Self::Value(value)
    }
}

impl From<*mut c_void> for Answer {
    fn from(address: *mut c_void) -> Self {
        Self::Value(address.addr())
    }
}

impl<T: Into<Answer>> From<Result<T>> for Answer {
    fn from(result: Result<T>) -> Self {
        match result {
            Ok(value) => value.into(),
            Err(error) => Self::Refused(error),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Value(address) if address >= PAGE => {
                write!(f, "ok (address, low bits {:#x})", address % PAGE)
            }
            Self::Value(number) => write!(f, "{number}"),
            Self::Pages(number) => write!(f, "{number}"),
            Self::Elsewhere => f.write_str("errno 4000 "),
            Self::Refused(error) => write!(f, "errno {} {}", error.raw_os_error(), name(error)),
        }
    }
}

/// The names that the record has; the other errors are numbers there.
fn name(error: Errno) -> &'static str {
    match error {
        Errno::EPERM => "EPERM",
        Errno::ENOENT => "ENOENT",
        Errno::EBADF => "EBADF",
        Errno::ENOMEM => "ENOMEM",
        Errno::EACCES => "EACCES",
        Errno::EFAULT => "EFAULT",
        Errno::EBUSY => "EBUSY",
        Errno::EEXIST => "EEXIST",
        Errno::ENODEV => "ENODEV",
        Errno::EINVAL => "EINVAL",
        Errno::EFBIG => "EFBIG",
        _ => "",
    }
}

/// Asks one question.
pub(crate) fn ask<T: Into<Answer>>(question: &str, attempt: impl FnOnce() -> Result<T>) {
    let answer = Answer::from(attempt());
    tell(question, format_args!("{answer}"));
}

/// Prints an answer of another form.
#[inline(never)]
pub(crate) fn tell(question: &str, answer: fmt::Arguments<'_>) {
    // By one call a line: a kernel's own lines come between, not within.
    let mut line = Text::default();
    // What does not fit is left out, which is no error.
    let _ = writeln!(line, "{question} = {answer}");
    output::write(STANDARD_OUTPUT, line.bytes());
}
