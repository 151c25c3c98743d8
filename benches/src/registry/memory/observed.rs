//! The kernel, with a note of what was mapped: of a registry that only tracks, that is its own memory.

use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use rawmap::{
    Advice, Errno, Inherit, Prot, raw,
    space::{AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Region, SyncMode},
};

const PAGE: usize = 4096;

/// Its regions.
#[derive(Default)]
pub(crate) struct Observed(Mutex<Vec<Region>>);

// SAFETY: a region is two numbers here.
unsafe impl Send for Observed {}
// SAFETY: as above, and they lie behind a lock.
unsafe impl Sync for Observed {}

impl Observed {
    /// How many bytes of all regions are present in memory.
    pub(crate) fn resident(&self) -> Result<usize> {
        let regions = self.0.lock().ok().context("a thread has panicked")?;
        ensure!(!regions.is_empty(), "nothing was mapped");
        let mut resident = 0;
        for region in regions.iter() {
            let mut pages = vec![0u8; region.len().div_ceil(PAGE)];
            // SAFETY: there is a byte for each page.
            unsafe { raw::mincore(region.as_ptr(), region.len(), pages.as_mut_ptr()) }?;
            resident += pages.iter().filter(|page| **page & 1 != 0).count() * PAGE;
        }
        Ok(resident)
    }

    fn note(&self, change: impl FnOnce(&mut Vec<Region>)) -> rawmap::Result<()> {
        self.0
            .lock()
            .map(|mut regions| change(&mut regions))
            .map_err(|_| Errno::EDEADLK)
    }
}

// SAFETY: the kernel does it; nothing is unmapped but what it is told to.
unsafe impl AddressSpace for Observed {
    fn map(&self, request: &MapRequest<'_>) -> rawmap::Result<Region> {
        let region = Kernel.map(request)?;
        self.note(|regions| regions.push(region)).map(|()| region)
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> rawmap::Result<Region> {
        // SAFETY: the caller's contract, here and below.
        unsafe { Kernel.map_over(at, request) }
    }

    unsafe fn unmap(&self, region: Region) -> rawmap::Result<()> {
        self.note(|regions| regions.retain(|known| *known != region))?;
        // SAFETY: as above.
        unsafe { Kernel.unmap(region) }
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> rawmap::Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.protect(region, prot) }
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> rawmap::Result<Region> {
        // SAFETY: as above.
        unsafe { Kernel.remap(region, new_len, to, attrs) }
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> rawmap::Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.advise(region, advice) }
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> rawmap::Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.discard(region, how, attrs) }
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> rawmap::Result<()> {
        // SAFETY: as above.
        unsafe { Kernel.inherit(region, how) }
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> rawmap::Result<()> {
        Kernel.sync(region, mode, invalidate)
    }
}
