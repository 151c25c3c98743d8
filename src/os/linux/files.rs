//! Files, and objects that are memory.

use core::mem::{MaybeUninit, offset_of};

use super::{
    AT_FDCWD, MFD_ALLOW_SEALING, MFD_CLOEXEC, MFD_NOEXEC_SEAL, O_CLOEXEC, O_NOCTTY, O_NONBLOCK,
    O_RDONLY, O_RDWR, fstat, ftruncate, memfd_create, openat,
};
use crate::{Errno, Result, os::FileStatus};

/// `struct stat`: what comes before the type differs between the architectures.
#[repr(C)]
struct Stat {
    #[cfg(target_arch = "x86_64")]
    _dev_ino_nlink: [u64; 3],
    #[cfg(target_arch = "aarch64")]
    _dev_ino: [u64; 2],
    mode: u32,
    #[cfg(target_arch = "x86_64")]
    _uid_gid_padding: [u32; 3],
    #[cfg(target_arch = "aarch64")]
    _nlink_uid_gid: [u32; 3],
    _rdev: u64,
    #[cfg(target_arch = "aarch64")]
    _padding: u64,
    size: u64,
    #[cfg(target_arch = "x86_64")]
    _rest: [u64; 11],
    #[cfg(target_arch = "aarch64")]
    _rest: [u64; 9],
}

#[cfg(target_arch = "x86_64")]
const _: () = assert!(size_of::<Stat>() == 144);
#[cfg(target_arch = "aarch64")]
const _: () = assert!(size_of::<Stat>() == 128);
const _: () = assert!(offset_of!(Stat, size) == 48);

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
    Errno::of(unsafe { openat(AT_FDCWD as usize, path, flags as usize, 0) })
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
        mode: status.mode,
        len: status.size,
    })
}

/// Makes an object of memory, without any length.
///
/// # Safety
///
/// `name` is the exposed address of a string that ends with a null byte.
pub(crate) unsafe fn new_object(name: usize) -> Result<usize> {
    let create = |flags: u32| {
        // SAFETY: the caller's contract.
        Errno::of(unsafe { memfd_create(name, (MFD_CLOEXEC | flags) as usize) })
    };
    // A kernel since 6.3 may insist on being told that nobody executes the object as a program; the ones before do not know
    // how to be told.
    match create(MFD_NOEXEC_SEAL) {
        Err(Errno::EINVAL) => create(MFD_ALLOW_SEALING),
        answer => answer,
    }
}

/// Sets the length of a file.
pub(crate) fn set_len(fd: usize, len: u64) -> Result<()> {
    // SAFETY: no memory is given.
    Errno::done(unsafe { ftruncate(fd, len as usize) })
}
