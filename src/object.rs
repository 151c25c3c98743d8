//! What a mapping can be made from: files, and objects that are memory.
//!
//! A descriptor is all that a mapping takes, and it may be closed once the mapping is there.

use core::ffi::CStr;

use crate::{BorrowedFd, OwnedFd, RawFd, Result, os};

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// Mappings that read, and private ones that write.
    Read,
    /// Shared mappings that write, too.
    ReadWrite,
}

/// Opens a file that is there. It is closed on exec, and never waited for: a pipe without a writer is opened too.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `ENOENT`, `ENOTDIR` | nothing is there |
/// | `EACCES` | its permissions, or those of a folder on the way |
/// | `EISDIR` | a directory, for writing |
/// | `EROFS`, `ETXTBSY` | it cannot be written: the file system, or it is running |
/// | `ELOOP`, `ENAMETOOLONG` | the path |
/// | `EMFILE`, `ENFILE` | too many descriptors |
///
/// # References
///
/// [Linux open(2)](https://man7.org/linux/man-pages/man2/open.2.html),
/// [FreeBSD open(2)](https://man.freebsd.org/cgi/man.cgi?query=open&sektion=2),
/// [NetBSD open(2)](https://man.netbsd.org/open.2)
pub fn open(path: &CStr, access: Access) -> Result<OwnedFd> {
    let writes = match access {
        Access::Read => false,
        Access::ReadWrite => true,
    };
    // SAFETY: the path ends with a null byte.
    let fd = unsafe { os::open(path.as_ptr().expose_provenance(), writes) }?;
    // SAFETY: it is new, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw(fd as RawFd) })
}

/// Makes an object of memory of so many bytes, which reads as zero and is gone with its last descriptor and its last
/// mapping. The name is for those who look; it need not be the only one of its kind. NetBSD maps no page of it that lies
/// beyond its end in part: there the length is best a multiple of the page size.
///
/// **Systems:** Linux, since 3.17; FreeBSD, since 13.0; NetBSD, since 11.0. `ENOSYS` before.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | the name has more than 249 bytes (Linux) |
/// | `EMFILE`, `ENFILE` | too many descriptors |
/// | `ENOMEM`, `EFBIG` | the length |
///
/// # References
///
/// [Linux memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html),
/// [FreeBSD shm_open(2)](https://man.freebsd.org/cgi/man.cgi?query=shm_open2&sektion=2),
/// [NetBSD memfd_create(2)](https://man.netbsd.org/memfd_create.2)
pub fn memory(name: &CStr, len: u64) -> Result<OwnedFd> {
    // SAFETY: the name ends with a null byte.
    let fd = unsafe { os::new_object(name.as_ptr().expose_provenance()) }?;
    // SAFETY: it is new, and nobody else has it.
    let object = unsafe { OwnedFd::from_raw(fd as RawFd) };
    set_len(object.borrow(), len)?;
    Ok(object)
}

/// Makes a file or an object longer, by zeros, or shorter. A mapping of what is cut off kills whoever touches it.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | it cannot have a length, or is not open for writing; the length is more than a file can have |
/// | `EFBIG` | the length |
/// | `EPERM` | a seal |
///
/// # References
///
/// [Linux ftruncate(2)](https://man7.org/linux/man-pages/man2/ftruncate.2.html),
/// [FreeBSD ftruncate(2)](https://man.freebsd.org/cgi/man.cgi?query=ftruncate&sektion=2),
/// [NetBSD ftruncate(2)](https://man.netbsd.org/ftruncate.2)
pub fn set_len(fd: BorrowedFd<'_>, len: u64) -> Result<()> {
    os::set_len(fd.as_raw() as usize, len)
}

/// What a descriptor is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A file or an object of memory, of so many bytes.
    File(u64),
    /// A directory.
    Directory,
    /// Anything else: a device, a pipe, a socket.
    Other,
}

/// Asks what a descriptor is of.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EBADF` | it is no descriptor |
///
/// # References
///
/// [Linux fstat(2)](https://man7.org/linux/man-pages/man2/fstat.2.html),
/// [FreeBSD fstat(2)](https://man.freebsd.org/cgi/man.cgi?query=fstat&sektion=2),
/// [NetBSD fstat(2)](https://man.netbsd.org/fstat.2)
pub fn kind(fd: BorrowedFd<'_>) -> Result<Kind> {
    let status = os::status(fd.as_raw() as usize)?;
    Ok(if status.is_file() {
        Kind::File(status.len)
    } else if status.is_directory() {
        Kind::Directory
    } else {
        Kind::Other
    })
}
