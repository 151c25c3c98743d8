//! A mapping made by way of the portable layer, and what its owner knows of it.

use core::{ffi::c_void, ptr::NonNull};

use rawmap::{
    BorrowedFd, Inherit, Prot, Result, page_size,
    space::{AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Region},
};

use crate::{
    object::{self, object},
    pages::{Pages, WRITTEN},
    report::Unable,
};

/// Bytes from an address on.
pub(crate) fn region(start: *mut c_void, len: usize) -> Region {
    // No row asks about the address 0 so.
    Region::new(NonNull::new(start).unwrap_or(NonNull::dangling()), len)
}

/// An answer without the region that came.
pub(crate) fn answer(came: Result<Region>) -> Result<()> {
    came.map(|_| ())
}

/// So many pages of private anonymous memory, to be read and written.
pub(super) fn anonymous(count: usize) -> MapRequest<'static> {
    MapRequest::anonymous(count * page_size())
}

/// A descriptor that this process opened, and leaves open.
pub(crate) fn borrowed<'fd>(descriptor: i32) -> BorrowedFd<'fd> {
    // SAFETY: it stays open until the row's process ends.
    unsafe { BorrowedFd::from_raw(descriptor) }
}

/// A new object of so many pages, of which each begins with its number, from 1 on.
pub(crate) fn numbered_object(count: u8) -> core::result::Result<i32, Unable> {
    let descriptor = object(usize::from(count) * page_size())?;
    for page in 0..count {
        object::write_at(descriptor, page + 1, usize::from(page) * page_size())?;
    }
    Ok(descriptor)
}

/// A mapping that a row has.
#[derive(Clone, Copy)]
pub(super) struct Owned {
    pub(super) region: Region,
    pub(super) attrs: Attrs,
    pub(super) pages: Pages,
}

impl Owned {
    fn new(region: Region, attrs: Attrs) -> Self {
        let pages = Pages::of(region);
        Self {
            region,
            attrs,
            pages,
        }
    }

    /// What is asked for, which is part of what a row needs.
    pub(super) fn map(request: &MapRequest<'_>) -> core::result::Result<Self, Unable> {
        match Kernel.map(request) {
            Ok(region) => Ok(Self::new(region, request.attrs())),
            Err(error) => Err(Unable::to("a mapping by Kernel::map", error)),
        }
    }

    /// The same, written in every page.
    pub(super) fn filled(request: &MapRequest<'_>) -> core::result::Result<Self, Unable> {
        let owned = Self::map(request)?;
        // SAFETY: the row's own pages, which such requests make writable.
        unsafe { owned.pages.fill() };
        Ok(owned)
    }

    /// Private anonymous memory, written in every page.
    pub(super) fn private(count: usize) -> core::result::Result<Self, Unable> {
        Self::filled(&anonymous(count))
    }

    /// Private anonymous memory, written in every page, before as many pages where nothing is.
    pub(super) fn with_room(
        request: &MapRequest<'_>,
        count: usize,
    ) -> core::result::Result<Self, Unable> {
        let both = Self::map(&anonymous(2 * count))?;
        let behind = both.part(count, count);
        // SAFETY: the row's own pages, in which nothing is yet.
        unsafe {
            Kernel
                .unmap(behind)
                .map_err(|error| Unable::to("room behind a mapping", error))?;
            let region = Kernel
                .map_over(both.part(0, count), request)
                .map_err(|error| Unable::to("a mapping by Kernel::map_over", error))?;
            let owned = Self::new(region, request.attrs());
            owned.pages.fill();
            Ok(owned)
        }
    }

    /// Pages of it, by the number of the first and how many they are.
    pub(super) fn part(&self, first: usize, count: usize) -> Region {
        region(self.pages.page(first), count * page_size())
    }

    /// What owns a part of it.
    pub(super) fn piece(&self, first: usize, count: usize) -> Self {
        Self::new(self.part(first, count), self.attrs)
    }

    /// Unmaps pages of it.
    pub(super) fn cut(&self, first: usize, count: usize) -> core::result::Result<(), Unable> {
        // SAFETY: the row's own pages, which it uses no more.
        unsafe { Kernel.unmap(self.part(first, count)) }
            .map_err(|error| Unable::to("Kernel::unmap", error))
    }

    /// Sets what may be done with it.
    pub(super) fn protect(&mut self, prot: Prot) -> Result<()> {
        // SAFETY: the row's own pages; it touches what it may not in children alone.
        unsafe { Kernel.protect(self.region, prot) }?;
        self.attrs = self.attrs.with_prot(prot);
        Ok(())
    }

    /// Sets what children find of it.
    pub(super) fn inherit(&mut self, how: Inherit) -> Result<()> {
        // SAFETY: children expect what this policy gives them.
        unsafe { Kernel.inherit(self.region, how) }?;
        self.attrs = self.attrs.with_inherit(how);
        Ok(())
    }

    /// Makes it so many pages long.
    pub(super) fn remap(&self, count: usize, to: MoveTo) -> Result<Self> {
        // SAFETY: the row's own pages, which it looks for where they are then.
        let region = unsafe { Kernel.remap(self.region, count * page_size(), to, &self.attrs) }?;
        Ok(Self::new(region, self.attrs))
    }

    /// Drops what it holds.
    pub(super) fn discard(&self, how: Discard) -> Result<()> {
        // SAFETY: the row's own pages, of which it expects what this leaves.
        unsafe { Kernel.discard(self.region, how, &self.attrs) }
    }

    /// What a row wrote is in all its pages.
    ///
    /// # Safety
    ///
    /// They can be read.
    pub(super) unsafe fn holds(&self, first: usize, count: usize) -> bool {
        // SAFETY: the caller's contract.
        (first..first + count).all(|page| unsafe { self.pages.read(page) } == WRITTEN)
    }
}
