//! Files, memory objects and pipes, by descriptor and by path.

use core::ffi::CStr;

use crate::{
    call::{self, call},
    number,
};

/// What a file is opened for.
#[derive(Clone, Copy)]
pub enum Access {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Both.
    ReadWrite,
}

const AT_FDCWD: usize = -100isize as usize;

const O_CREAT: usize = if cfg!(target_os = "linux") {
    0x40
} else {
    0x200
};
const O_EXCL: usize = if cfg!(target_os = "linux") {
    0x80
} else {
    0x800
};

/// Read and written by its owner.
const MODE: usize = 0o600;

impl Access {
    const fn flags(self) -> usize {
        match self {
            Self::Read => 0,
            Self::Write => 1,
            Self::ReadWrite => 2,
        }
    }
}

/// A call whose arguments after the path are words.
fn with_path(number: usize, path: &CStr, flags: usize, mode: usize) -> Result<usize, i32> {
    let address = path.as_ptr().expose_provenance();
    // SAFETY: the kernel reads the string.
    call::result(unsafe { call(number, [AT_FDCWD, address, flags, mode, 0, 0, 0]) })
}

/// The descriptor that an answer is.
fn descriptor(answer: Result<usize, i32>) -> Result<i32, i32> {
    answer.map(|descriptor| descriptor as i32)
}

/// Opens a file that exists.
///
/// # Errors
///
/// The kernel's number.
pub fn open(path: &CStr, access: Access) -> Result<i32, i32> {
    descriptor(with_path(number::OPENAT, path, access.flags(), 0))
}

/// Makes a file that does not exist, and opens it for reading and writing.
///
/// # Errors
///
/// The kernel's number.
pub fn create(path: &CStr) -> Result<i32, i32> {
    let flags = Access::ReadWrite.flags() | O_CREAT | O_EXCL;
    descriptor(with_path(number::OPENAT, path, flags, MODE))
}

/// Removes a file's name.
///
/// # Errors
///
/// The kernel's number.
pub fn unlink(path: &CStr) -> Result<(), i32> {
    with_path(number::UNLINKAT, path, 0, 0).map(drop)
}

/// Sets how long a file or object is.
///
/// # Errors
///
/// The kernel's number.
pub fn truncate(descriptor: i32, len: u64) -> Result<(), i32> {
    let (descriptor, len) = (descriptor as usize, len as usize);
    let arguments = if cfg!(target_os = "netbsd") {
        // A slot of padding stands before the length.
        [descriptor, 0, len, 0, 0, 0, 0]
    } else {
        [descriptor, len, 0, 0, 0, 0, 0]
    };
    // SAFETY: no memory of this process is involved, but for mappings of the object, which lose what is cut off;
    // whoever touches them is told by a signal.
    call::result(unsafe { call(number::FTRUNCATE, arguments) }).map(drop)
}

/// Reads where the descriptor stands; how many bytes came.
///
/// # Errors
///
/// The kernel's number.
pub fn read(descriptor: i32, into: &mut [u8]) -> Result<usize, i32> {
    let address = into.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes into the slice.
    call::result(unsafe {
        call(
            number::READ,
            [descriptor as usize, address, into.len(), 0, 0, 0, 0],
        )
    })
}

/// The arguments of a call that reads or writes at an offset.
fn at_offset(descriptor: i32, address: usize, len: usize, offset: u64) -> [usize; 7] {
    let (descriptor, offset) = (descriptor as usize, offset as usize);
    if cfg!(target_os = "netbsd") {
        // A slot of padding stands before the offset.
        [descriptor, address, len, 0, offset, 0, 0]
    } else {
        [descriptor, address, len, offset, 0, 0, 0]
    }
}

/// Reads at an offset; how many bytes came.
///
/// # Errors
///
/// The kernel's number.
pub fn read_at(descriptor: i32, into: &mut [u8], offset: u64) -> Result<usize, i32> {
    let address = into.as_mut_ptr().expose_provenance();
    let arguments = at_offset(descriptor, address, into.len(), offset);
    // SAFETY: the kernel writes into the slice.
    call::result(unsafe { call(number::PREAD, arguments) })
}

/// Writes at an offset; how many bytes went.
///
/// # Errors
///
/// The kernel's number.
pub fn write_at(descriptor: i32, bytes: &[u8], offset: u64) -> Result<usize, i32> {
    let address = bytes.as_ptr().expose_provenance();
    let arguments = at_offset(descriptor, address, bytes.len(), offset);
    // SAFETY: the kernel reads the slice.
    call::result(unsafe { call(number::PWRITE, arguments) })
}

/// A pipe: the end to read from and the end to write to.
///
/// # Errors
///
/// The kernel's number.
pub fn pipe() -> Result<[i32; 2], i32> {
    let mut ends = [0; 2];
    let address = ends.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes two descriptors.
    call::result(unsafe { call(number::PIPE2, [address, 0, 0, 0, 0, 0, 0]) })?;
    Ok(ends)
}
