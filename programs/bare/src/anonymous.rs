//! Anonymous memory by a call of the programs' own, not of what they test.

use core::{ffi::c_void, ptr};

use crate::{
    call::{self, call},
    number,
};

const READ_WRITE: usize = 3;
const SHARED: usize = 1;
const ANONYMOUS: usize = if cfg!(target_os = "linux") {
    0x20
} else {
    0x1000
};

/// Memory of `len` bytes, zero at first, that this process and its children share.
///
/// # Errors
///
/// The kernel's number.
pub fn share(len: usize) -> Result<*mut c_void, i32> {
    let no_descriptor = -1isize as usize;
    // The offset is 0, wherever this kernel looks for it.
    let arguments = [0, len, READ_WRITE, SHARED | ANONYMOUS, no_descriptor, 0, 0];
    // SAFETY: a new mapping, where the kernel chooses.
    call::result(unsafe { call(number::MMAP, arguments) }).map(ptr::with_exposed_provenance_mut)
}
