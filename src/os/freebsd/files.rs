//! Files, and objects that are memory.

use core::mem::MaybeUninit;

use super::{
    O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR, SHM_ANON, fstat, ftruncate, open3, shm_open2,
};
use crate::{Errno, Result, os::FileStatus};

/// `struct stat`, the same on both architectures.
#[repr(C)]
struct Stat {
    _dev: u64,
    _ino: u64,
    _nlink: u64,
    mode: u16,
    _padding: u16,
    _uid: u32,
    _gid: u32,
    _padding1: u32,
    _rdev: u64,
    _times: [[u64; 2]; 4],
    size: u64,
    _rest: [u64; 13],
}

const _: () = assert!(size_of::<Stat>() == 224);

/// An object of memory has the type of a file.
pub(crate) const OBJECTS_HAVE_NO_TYPE: bool = false;

/// Opens the file at a path, without waiting for the other end of a pipe.
///
/// # Safety
///
/// `path` is the exposed address of a string that ends with a null byte.
pub(crate) unsafe fn open(path: usize, writes: bool) -> Result<usize> {
    let access = if writes { O_RDWR } else { O_RDONLY };
    let flags = access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    // SAFETY: the caller's contract.
    Errno::of(unsafe { open3(path, flags as usize, 0) })
}

/// What a descriptor is of, and its length.
pub(crate) fn status(fd: usize) -> Result<FileStatus> {
    let mut status = MaybeUninit::<Stat>::zeroed();
    // SAFETY: the kernel fills the structure, of which all bits are fine.
    let status = unsafe {
        Errno::done(fstat(fd, status.as_mut_ptr().expose_provenance()))?;
        status.assume_init()
    };
    Ok(FileStatus {
        mode: status.mode.into(),
        len: status.size,
    })
}

/// Makes an object of memory, without any length.
///
/// # Safety
///
/// `name` is the exposed address of a string that ends with a null byte.
pub(crate) unsafe fn new_object(name: usize) -> Result<usize> {
    let flags = O_RDWR | O_CLOEXEC;
    // SAFETY: the caller's contract.
    Errno::of(unsafe { shm_open2(SHM_ANON, flags as usize, 0, 0, name) })
}

/// Sets the length of a file.
pub(crate) fn set_len(fd: usize, len: u64) -> Result<()> {
    // SAFETY: no memory is given.
    Errno::done(unsafe { ftruncate(fd, len as usize) })
}
