//! Memory objects, and files where a row needs a path.

use core::ffi::CStr;

use rawmap::raw;
use rawmap_bare::{file, process};

use crate::{place::Place, report::Unable, text::Text};

/// An empty object that has no name.
#[cfg(any(target_os = "linux", target_os = "netbsd"))]
fn without_name() -> rawmap::Result<i32> {
    // SAFETY: the name ends with a null byte.
    unsafe { raw::memfd_create(c"conformance".as_ptr(), rawmap::MemfdFlags::CLOEXEC) }
}

/// An empty object that has no name.
#[cfg(target_os = "freebsd")]
fn without_name() -> rawmap::Result<i32> {
    const O_RDWR: i32 = 2;
    // SAFETY: the path is the one of an object without a name.
    unsafe {
        raw::shm_open2(
            raw::SHM_ANON,
            O_RDWR,
            0,
            rawmap::ShmFlags::empty(),
            core::ptr::null(),
        )
    }
}

/// An object of `len` bytes, zero; its descriptor.
pub(crate) fn object(len: usize) -> Result<i32, Unable> {
    let descriptor = without_name().map_err(|error| Unable::to("a memory object", error))?;
    truncate(descriptor, len)?;
    Ok(descriptor)
}

/// Sets how long an object or file is.
pub(crate) fn truncate(descriptor: i32, len: usize) -> Result<(), Unable> {
    file::truncate(descriptor, len as u64).map_err(|number| Unable::because("ftruncate", number))
}

/// The byte at an offset, as read(2) has it; `None` at the end and beyond.
pub(crate) fn byte_at(descriptor: i32, offset: usize) -> Result<Option<u8>, Unable> {
    let mut byte = [0];
    match file::read_at(descriptor, &mut byte, offset as u64) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(byte[0])),
        Err(number) => Err(Unable::because("pread", number)),
    }
}

/// Writes a byte by write(2).
pub(crate) fn write_at(descriptor: i32, byte: u8, offset: usize) -> Result<(), Unable> {
    file::write_at(descriptor, &[byte], offset as u64)
        .map(drop)
        .map_err(|number| Unable::because("pwrite", number))
}

/// The program's own file, open for reading.
pub(crate) fn read_only(place: &Place<'_>) -> Result<i32, Unable> {
    place
        .program
        .ok_or(NO_ENTRY)
        .and_then(|path| file::open(path, file::Access::Read))
        .map_err(|number| Unable::because("opening the program's file", number))
}

const NO_ENTRY: i32 = 2;

/// A file with a name.
pub(crate) struct File {
    path: Text<256>,
    /// Open for reading and writing.
    pub(crate) descriptor: i32,
}

impl File {
    /// Makes one of `len` bytes, zero, in the folder for files; `None` if there is no folder.
    pub(crate) fn make(place: &Place<'_>, len: usize) -> Result<Option<Self>, Unable> {
        let Some(folder) = place.folder else {
            return Ok(None);
        };
        let folder = folder.to_str().unwrap_or_default();
        let path = Text::of(format_args!(
            "{folder}/rawmap-conformance-{}\0",
            process::id()
        ));
        let descriptor = path
            .as_path()
            .ok_or(NO_ENTRY)
            .and_then(file::create)
            .map_err(|number| Unable::because("making a file", number))?;
        let file = Self { path, descriptor };
        truncate(descriptor, len)?;
        Ok(Some(file))
    }

    /// Its whole path.
    pub(crate) fn path(&self) -> Option<&CStr> {
        self.path.as_path()
    }

    /// Opens it once more.
    pub(crate) fn open(&self, access: file::Access) -> Result<i32, Unable> {
        self.path
            .as_path()
            .ok_or(NO_ENTRY)
            .and_then(|path| file::open(path, access))
            .map_err(|number| Unable::because("opening a file", number))
    }
}

/// The name goes when the row is done with it; what is open or mapped stays.
impl Drop for File {
    fn drop(&mut self) {
        if let Some(path) = self.path.as_path() {
            // The worst is a file that is left behind in a folder for test files.
            let _ = file::unlink(path);
        }
    }
}
