//! Memory for a row to work on, which its process keeps until it ends.

use core::{ffi::c_void, ptr};

use rawmap::{Errno, MapFlags, MapType, Prot, page_size, raw, space::Region};

use crate::report::Unable;

/// Anonymous memory of one's own.
pub(crate) const PRIVATE: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);
/// Anonymous memory that children share.
pub(crate) const SHARED: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::SHARED);
/// A private mapping of an object.
pub(crate) const PRIVATE_OBJECT: MapFlags = MapFlags::empty().with_type(MapType::PRIVATE);
/// A shared mapping of an object.
pub(crate) const SHARED_OBJECT: MapFlags = MapFlags::empty().with_type(MapType::SHARED);

pub(crate) const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
pub(crate) const READ_EXECUTE: Prot = Prot::READ.union(Prot::EXEC);
/// Everything at once.
pub(crate) const ALL: Prot = READ_WRITE.union(Prot::EXEC);

/// Readable and writable, and free to become anything, under NetBSD's PaX too.
pub(crate) const FLEXIBLE: Prot = READ_WRITE.with_max(ALL);

/// Pages of a row's own.
#[derive(Clone, Copy)]
pub(crate) struct Pages {
    /// The first byte.
    pub(crate) start: *mut c_void,
    count: usize,
}

/// What a byte is before anybody wrote to it.
pub(crate) const FRESH: u8 = 0;
/// What a row writes to its pages.
pub(crate) const WRITTEN: u8 = 9;

impl Pages {
    /// Memory of this many pages.
    pub(crate) fn map(
        count: usize,
        prot: Prot,
        flags: MapFlags,
        descriptor: i32,
    ) -> Result<Self, Errno> {
        let len = count * page_size();
        // SAFETY: a new mapping, where the kernel chooses.
        let start = unsafe { raw::mmap(ptr::null_mut(), len, prot, flags, descriptor, 0) }?;
        Ok(Self { start, count })
    }

    /// Private anonymous memory that can become anything.
    pub(crate) fn private(count: usize) -> Result<Self, Unable> {
        Self::map(count, FLEXIBLE, PRIVATE, -1)
            .map_err(|error| Unable::to("private anonymous memory", error))
    }

    /// Anonymous memory that children share.
    pub(crate) fn shared(count: usize) -> Result<Self, Unable> {
        Self::map(count, FLEXIBLE, SHARED, -1)
            .map_err(|error| Unable::to("shared anonymous memory", error))
    }

    /// An object's first pages, readable and writable.
    pub(crate) fn of_object(
        count: usize,
        flags: MapFlags,
        descriptor: i32,
    ) -> Result<Self, Unable> {
        Self::map(count, READ_WRITE, flags, descriptor)
            .map_err(|error| Unable::to("a mapping of an object", error))
    }

    /// Addresses where nothing is mapped, as many as these pages.
    pub(crate) fn free_place(count: usize) -> Result<Self, Unable> {
        let pages = Self::private(count)?;
        // SAFETY: nothing refers to them.
        unsafe { raw::munmap(pages.start, pages.len()) }
            .map_err(|error| Unable::to("munmap of a place that is to be free", error))?;
        Ok(pages)
    }

    /// Those of a region.
    pub(crate) fn of(region: Region) -> Self {
        Self {
            start: region.as_ptr(),
            count: region.len() / page_size(),
        }
    }

    /// In bytes.
    pub(crate) fn len(&self) -> usize {
        self.count * page_size()
    }

    /// The first byte of a page.
    pub(crate) fn page(&self, index: usize) -> *mut c_void {
        self.start.wrapping_byte_add(index * page_size())
    }

    /// The first byte that a page holds.
    ///
    /// # Safety
    ///
    /// The page is mapped and can be read.
    pub(crate) unsafe fn read(&self, index: usize) -> u8 {
        // SAFETY: the caller's contract.
        unsafe { self.page(index).cast::<u8>().read_volatile() }
    }

    /// Sets the first byte that a page holds.
    ///
    /// # Safety
    ///
    /// The page is mapped and can be written, and nobody relies on what it holds.
    pub(crate) unsafe fn write(&self, index: usize, byte: u8) {
        // SAFETY: the caller's contract.
        unsafe { self.page(index).cast::<u8>().write_volatile(byte) };
    }

    /// Sets the first byte of every page to [`WRITTEN`].
    ///
    /// # Safety
    ///
    /// As [`write`](Self::write), for every page.
    pub(crate) unsafe fn fill(&self) {
        for index in 0..self.count {
            // SAFETY: the caller's contract.
            unsafe { self.write(index, WRITTEN) };
        }
    }
}
