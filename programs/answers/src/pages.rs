//! Memory to ask about.

use core::{ffi::c_void, ptr};

use rawmap::{MapFlags, MapType, Prot, Result, raw};

/// The kernels of the record have pages of this size, and so do the questions.
pub(crate) const PAGE: usize = 4096;

pub(crate) const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
pub(crate) const READ_EXEC: Prot = Prot::READ.union(Prot::EXEC);
pub(crate) const READ_WRITE_EXEC: Prot = READ_WRITE.union(Prot::EXEC);

/// Anonymous memory of one's own.
pub(crate) const PRIVATE: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);
/// Anonymous memory that children share.
pub(crate) const SHARED: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::SHARED);
/// An object's memory, changed for everyone.
pub(crate) const SHARED_FILE: MapFlags = MapFlags::empty().with_type(MapType::SHARED);
/// An object's memory, changed for this process.
pub(crate) const PRIVATE_FILE: MapFlags = MapFlags::empty().with_type(MapType::PRIVATE);

/// At this address, or not at all: as near as the system comes to it.
#[cfg(target_os = "linux")]
pub(crate) const NO_REPLACE: MapFlags = MapFlags::FIXED_NOREPLACE;
/// At this address, or not at all: as near as the system comes to it.
#[cfg(target_os = "freebsd")]
pub(crate) const NO_REPLACE: MapFlags = MapFlags::FIXED.union(MapFlags::EXCL);
/// At this address, or not at all: as near as the system comes to it.
#[cfg(target_os = "netbsd")]
pub(crate) const NO_REPLACE: MapFlags = MapFlags::TRYFIXED;

/// The pointer of an address.
pub(crate) fn at(address: usize) -> *mut c_void {
    ptr::with_exposed_provenance_mut(address)
}

/// The page that lies `index` pages behind `start`.
pub(crate) fn page(start: *mut c_void, index: usize) -> *mut c_void {
    start.wrapping_byte_add(index * PAGE)
}

/// Anonymous memory with these arguments.
///
/// # Safety
///
/// As [`raw::mmap`].
pub(crate) unsafe fn anonymous(
    hint: *mut c_void,
    len: usize,
    prot: Prot,
    flags: MapFlags,
) -> Result<*mut c_void> {
    // SAFETY: the caller's contract.
    unsafe { raw::mmap(hint, len, prot, flags, -1, 0) }
}

/// Pages of one's own, readable and writable.
pub(crate) fn pages(count: usize) -> Result<*mut c_void> {
    // SAFETY: new memory.
    unsafe { anonymous(ptr::null_mut(), count * PAGE, READ_WRITE, PRIVATE) }
}

/// A page that can't be touched.
pub(crate) fn closed_page() -> Result<*mut c_void> {
    // SAFETY: new memory.
    unsafe { anonymous(ptr::null_mut(), PAGE, Prot::NONE, PRIVATE) }
}

/// The address of pages that were there and are gone.
pub(crate) fn gone(count: usize) -> Result<*mut c_void> {
    let start = pages(count)?;
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe { raw::munmap(start, count * PAGE)? };
    Ok(start)
}

/// Three pages of which the one in the middle is gone.
pub(crate) fn with_hole() -> Result<*mut c_void> {
    let start = pages(3)?;
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe { raw::munmap(page(start, 1), PAGE)? };
    Ok(start)
}

/// What a page is filled with.
pub(crate) const NINE: u8 = 9;

/// Stores a byte at the start of each page.
///
/// # Safety
///
/// The pages can be written, and nothing refers to them.
pub(crate) unsafe fn fill(start: *mut c_void, count: usize) {
    for index in 0..count {
        // SAFETY: the caller's contract.
        unsafe { store(page(start, index), NINE) };
    }
}

/// Stores one byte.
///
/// # Safety
///
/// It can be written, and nothing refers to it.
pub(crate) unsafe fn store(at: *mut c_void, byte: u8) {
    // SAFETY: the caller's contract.
    unsafe { at.cast::<u8>().write_volatile(byte) };
}

/// Loads one byte.
///
/// # Safety
///
/// It can be read.
pub(crate) unsafe fn load(at: *mut c_void) -> u8 {
    // SAFETY: the caller's contract.
    unsafe { at.cast::<u8>().read_volatile() }
}

/// Is the page mapped? mincore refuses a hole on each of the systems.
pub(crate) fn is_mapped(page: *mut c_void) -> bool {
    let mut resident = 0;
    // SAFETY: one byte for one page.
    unsafe { raw::mincore(page, PAGE, &mut resident) }.is_ok()
}
