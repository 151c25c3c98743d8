//! File systems, which Linux' first process has to mount itself.

use core::ffi::CStr;

use crate::{
    call::{self, call},
    number::linux as number,
};

const AT_FDCWD: usize = -100isize as usize;
const EEXIST: i32 = 17;

/// Mounts a file system of the kernel's own, `proc` for one, on a folder that is made if it is missing.
///
/// # Errors
///
/// The kernel's number.
pub fn mount(kind: &CStr, folder: &CStr) -> Result<(), i32> {
    let [kind, folder] = [kind, folder].map(|text| text.as_ptr().expose_provenance());
    // SAFETY: the kernel reads the string.
    let made = unsafe { call(number::MKDIRAT, [AT_FDCWD, folder, 0o755, 0, 0, 0, 0]) };
    match call::result(made) {
        Ok(_) | Err(EEXIST) => {}
        Err(error) => return Err(error),
    }
    // SAFETY: the kernel reads the strings.
    call::result(unsafe { call(number::MOUNT, [kind, folder, kind, 0, 0, 0, 0]) }).map(drop)
}
