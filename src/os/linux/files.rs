//! Files, and objects that are memory.

use core::mem::MaybeUninit;

use super::{
    AT_EMPTY_PATH, AT_FDCWD, MFD_CLOEXEC, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR,
    STATX_SIZE, STATX_TYPE, ftruncate, memfd_create, openat, statx,
};
use crate::{Errno, Result, os::FileStatus};

/// What the kernel fills: the same on every architecture.
#[repr(C)]
struct Statx {
    _mask: u32,
    _blksize: u32,
    _attributes: u64,
    _nlink: u32,
    _uid: u32,
    _gid: u32,
    mode: u16,
    _spare0: u16,
    _ino: u64,
    size: u64,
    _rest: [u64; 26],
}

const _: () = assert!(size_of::<Statx>() == 256);

/// Opens the file at a path, without waiting for the other end of a pipe.
///
/// # Safety
///
/// `path` is the exposed address of a string that ends with a null byte.
pub(crate) unsafe fn open(path: usize, writes: bool) -> Result<usize> {
    let access = if writes { O_RDWR } else { O_RDONLY };
    let flags = access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    // SAFETY: the caller's contract.
    Errno::of(unsafe { openat(AT_FDCWD as usize, path, flags as usize, 0) })
}

/// What a descriptor is of, and its length.
pub(crate) fn status(fd: usize) -> Result<FileStatus> {
    let mut status = MaybeUninit::<Statx>::uninit();
    // SAFETY: the kernel reads an empty path, and fills the structure.
    let status = unsafe {
        Errno::done(statx(
            fd,
            c"".as_ptr().expose_provenance(),
            AT_EMPTY_PATH as usize,
            (STATX_TYPE | STATX_SIZE) as usize,
            status.as_mut_ptr().expose_provenance(),
        ))?;
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
    // SAFETY: the caller's contract.
    Errno::of(unsafe { memfd_create(name, MFD_CLOEXEC as usize) })
}

/// Sets the length of a file.
pub(crate) fn set_len(fd: usize, len: u64) -> Result<()> {
    // SAFETY: no memory is given.
    Errno::done(unsafe { ftruncate(fd, len as usize) })
}
