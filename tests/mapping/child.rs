//! Forked children: what they do, and how they end. The test is on the only thread of its process, so that a child may do
//! whatever its parent may.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::{
    sys::{
        signal::Signal,
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, fork},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Killed(Signal),
}

/// Of a child that touches what it may not.
pub const FORBIDDEN: End = End::Killed(Signal::SIGSEGV);

/// Exited because of a failed assertion.
const PANICKED: i32 = 101;

/// How a child ends that does this, and exits with the answer.
pub fn in_child(what: impl FnOnce() -> i32) -> End {
    // SAFETY: there is no other thread, whose locks the child would find taken.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Child => {
            let none = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            // SAFETY: the structure is read. A child that is to be killed leaves no core.
            unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) };
            let code = catch_unwind(AssertUnwindSafe(what)).unwrap_or(PANICKED);
            // SAFETY: nothing of the parent's is to be run at this exit.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            // Its ends of pipes are the child's alone.
            drop(what);
            match waitpid(child, None).expect("the child's end") {
                WaitStatus::Exited(_, code) => End::Exited(code),
                WaitStatus::Signaled(_, signal, _) => End::Killed(signal),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// How a child ends that reads a byte, and exits with it.
pub fn reading(at: *const u8) -> End {
    // SAFETY: it is to be found out, at the cost of the child.
    in_child(|| unsafe { at.read_volatile() }.into())
}

/// How a child ends that writes a byte, and exits with 0.
pub fn writing(at: *mut u8) -> End {
    in_child(|| {
        // SAFETY: as above.
        unsafe { at.write_volatile(0x5a) };
        0
    })
}
