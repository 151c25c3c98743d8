//! The kernel beneath a registry, with a list of what the registry maps for itself.

use std::cell::RefCell;

use rawmap::{
    Advice, Inherit, Prot, Result,
    space::{AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Region, SyncMode},
};

/// What is asked for from outside may become executable, which is how it is told from the registry's own.
pub fn from_outside(request: MapRequest<'_>) -> MapRequest<'_> {
    request.max_prot(Prot::READ | Prot::WRITE | Prot::EXEC)
}

pub struct Watched {
    own: RefCell<Vec<Region>>,
}

impl Watched {
    pub fn new() -> Self {
        Self {
            own: RefCell::new(Vec::with_capacity(64)),
        }
    }

    /// The page of the lock, and the slabs, which are never unmapped.
    pub fn own(&self) -> Vec<Region> {
        self.own.borrow().clone()
    }
}

// SAFETY: it is the kernel that does it all.
unsafe impl AddressSpace for Watched {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        let region = Kernel.map(request)?;
        if !request.attrs().max_prot().contains(Prot::EXEC) {
            self.own.borrow_mut().push(region);
        }
        Ok(region)
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        // SAFETY: the caller's contract, here and below.
        unsafe { Kernel.map_over(at, request) }
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        self.own.borrow_mut().retain(|own| *own != region);
        // SAFETY: as above.
        unsafe { Kernel.unmap(region) }
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.protect(region, prot) }
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        // SAFETY: as above.
        unsafe { Kernel.remap(region, new_len, to, attrs) }
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.advise(region, advice) }
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.discard(region, how, attrs) }
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.inherit(region, how) }
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        Kernel.sync(region, mode, invalidate)
    }

    unsafe fn lock(&self, region: Region) -> Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.lock(region) }
    }

    unsafe fn unlock(&self, region: Region) -> Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.unlock(region) }
    }
}
