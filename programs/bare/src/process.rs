//! Processes: children and how they end, and whose a process is.

use crate::{
    call::{self, call},
    number,
};

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with a status.
    Exited(u8),
    /// By a signal.
    Signalled(i32),
    /// The kernel made no child, or did not say: its number.
    Unknown(i32),
}

/// Makes a child, which gets 0; its parent gets its number.
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
fn fork() -> Result<usize, i32> {
    const SIGCHLD: usize = 17;
    // SAFETY: the child has a copy of everything; there is one thread.
    call::result(unsafe { call(number::FORK, [SIGCHLD, 0, 0, 0, 0, 0, 0]) })
}

/// Makes a child, which gets 0; its parent gets its number.
#[cfg(not(all(target_os = "linux", target_arch = "aarch64")))]
fn fork() -> Result<usize, i32> {
    // SAFETY: the child has a copy of everything; there is one thread.
    call::result(unsafe { call(number::FORK, [0; 7]) })
}

/// Waits until a child has ended, and says how. A wait that is refused is made again: the child is still there, and
/// must not run beside what comes next.
fn wait(child: usize) -> Ended {
    const TRIES: usize = 8;
    let mut status = 0u32;
    let address = (&raw mut status).expose_provenance();
    let mut ended = Ended::Unknown(0);
    for _ in 0..TRIES {
        // SAFETY: the kernel writes the status.
        let answer = unsafe { call(number::WAIT4, [child, address, 0, 0, 0, 0, 0]) };
        match call::result(answer) {
            Ok(_) => return decode(status),
            Err(error) => ended = Ended::Unknown(error),
        }
    }
    ended
}

/// The seven low bits are the signal, and the next byte is what the child gave to exit.
const fn decode(status: u32) -> Ended {
    match status & 0x7f {
        0 => Ended::Exited((status >> 8) as u8),
        signal => Ended::Signalled(signal as i32),
    }
}

/// Runs a function in a child, which exits with its result, and waits for it.
pub fn child(run: impl FnOnce() -> u8) -> Ended {
    match fork() {
        Ok(0) => call::exit(i32::from(run())),
        Ok(child) => wait(child),
        Err(error) => Ended::Unknown(error),
    }
}

/// A call that has neither arguments nor errors.
fn ask(number: usize) -> usize {
    // SAFETY: no memory is involved.
    unsafe { call(number, [0; 7]) as usize }
}

/// The number of this process; 1 is the first of all.
#[must_use]
pub fn id() -> usize {
    ask(number::GETPID)
}

/// The user whose this process is; 0 is root.
#[must_use]
pub fn user() -> usize {
    ask(number::GETUID)
}

/// Makes this process another user's.
///
/// # Errors
///
/// The kernel's number.
pub fn set_user(user: usize) -> Result<(), i32> {
    // SAFETY: no memory is involved.
    call::result(unsafe { call(number::SETUID, [user, 0, 0, 0, 0, 0, 0]) }).map(drop)
}
