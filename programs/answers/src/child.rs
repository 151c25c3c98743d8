//! Child processes, in which a question may be fatal.

use core::ffi::c_void;

use rawmap::{Errno, Result};
use rawmap_bare::process::{self, Ended};

use crate::pages;

/// The answer of a call that was not made through `rawmap`.
pub(crate) fn answered<T>(answer: core::result::Result<T, i32>) -> Result<T> {
    // What is no number of an error can't be one that a kernel gave.
    answer.map_err(|error| Errno::from_raw_os_error(error).unwrap_or(Errno::EINVAL))
}

/// Runs `body` in a child; its status, or 1000 and the signal that ended it.
pub(crate) fn in_child(body: impl FnOnce() -> u8) -> Result<usize> {
    match process::child(body) {
        Ended::Exited(status) => Ok(usize::from(status)),
        Ended::Signalled(signal) => Ok(1000 + signal as usize),
        Ended::Unknown(error) => answered(Err(error)),
    }
}

/// What a child finds in the byte at `at`, or what becomes of it.
pub(crate) fn load_in_child(at: *mut c_void) -> Result<usize> {
    // SAFETY: if the byte can't be read, the child ends, which is the answer.
    in_child(|| unsafe { pages::load(at) })
}

/// What becomes of a child that stores at `at`.
pub(crate) fn store_in_child(at: *mut c_void) -> Result<usize> {
    in_child(|| {
        // SAFETY: if the byte can't be written, the child ends, which is the answer; nothing else of it is used.
        unsafe { pages::store(at, 7) };
        0
    })
}
