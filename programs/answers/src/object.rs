//! The object that is mapped: what a program takes on each system that wants memory with a descriptor.

#[cfg(target_os = "freebsd")]
pub(crate) use shared_memory::{open, remove};
#[cfg(target_os = "linux")]
pub(crate) use temporary_file::{open, open_for_writing_only, remove};

/// Linux: a file.
#[cfg(target_os = "linux")]
mod temporary_file {
    use core::{ffi::CStr, fmt::Write};

    use rawmap::{Errno, RawFd, Result};
    use rawmap_bare::{
        call::call,
        file::{self, Access},
        process,
    };

    use crate::{child::answered, number, text::Text};

    /// Makes the file.
    pub(crate) fn open() -> Result<RawFd> {
        const AT_FDCWD: usize = (-100isize).cast_unsigned();
        const DIRECTORY_FOR_ALL: usize = 0o1777;
        let directory = c"/tmp".as_ptr().expose_provenance();
        let arguments = [AT_FDCWD, directory, DIRECTORY_FOR_ALL, 0, 0, 0, 0];
        // The root of an init has no such directory. Elsewhere there is one, and the call is refused.
        // SAFETY: the kernel reads the string.
        unsafe { call(number::MKDIRAT, arguments) };
        with_path(|path| answered(file::create(path)))
    }

    /// A second descriptor of it.
    pub(crate) fn open_for_writing_only() -> Result<RawFd> {
        with_path(|path| answered(file::open(path, Access::Write)))
    }

    /// Removes its name.
    pub(crate) fn remove() -> Result<()> {
        with_path(|path| answered(file::unlink(path)))
    }

    /// The name has the process's number in it: another run of the program has another file.
    fn with_path<T>(body: impl FnOnce(&CStr) -> Result<T>) -> Result<T> {
        let mut path = Text::default();
        // What does not fit is left out, which is no error.
        let _ = write!(path, "/tmp/rawmap-answers-{}\0", process::id());
        match CStr::from_bytes_with_nul(path.bytes()) {
            Ok(path) => body(path),
            Err(_) => Err(Errno::ENAMETOOLONG),
        }
    }
}

/// FreeBSD: shared memory with a name.
#[cfg(target_os = "freebsd")]
mod shared_memory {
    use core::{ffi::CStr, ptr};

    use rawmap::{RawFd, Result, ShmFlags, raw};
    use rawmap_bare::call::call;

    use crate::{child::in_child, number};

    const PATH: &CStr = c"/rawmap-answers";

    /// Makes the object.
    pub(crate) fn open() -> Result<RawFd> {
        const O_RDWR: i32 = 2;
        const O_CREAT: i32 = 0x200;
        const MODE: u32 = 0o600;
        let (flags, no_name) = (ShmFlags::empty(), ptr::null());
        // SAFETY: the path is a string, and there is no name.
        unsafe { raw::shm_open2(PATH.as_ptr(), O_RDWR | O_CREAT, MODE, flags, no_name) }
    }

    /// Removes its name. In a child, since the project's machine has no such call, and kills who makes it.
    pub(crate) fn remove() -> Result<()> {
        let path = PATH.as_ptr().expose_provenance();
        in_child(|| {
            // SAFETY: the kernel reads the string.
            unsafe { call(number::SHM_UNLINK, [path, 0, 0, 0, 0, 0, 0]) };
            0
        })?;
        Ok(())
    }
}

/// NetBSD: memory without a name among the files.
#[cfg(target_os = "netbsd")]
pub(crate) fn open() -> rawmap::Result<rawmap::RawFd> {
    // SAFETY: the name is a string.
    unsafe { rawmap::raw::memfd_create(c"rawmap-answers".as_ptr(), rawmap::MemfdFlags::empty()) }
}
