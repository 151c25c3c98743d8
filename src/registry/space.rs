//! The registry as an address space: what is recorded, and told to the hook.

use super::{Call, Registry, recording::Recording};
use crate::{
    Advice, Inherit, Prot, Result,
    space::{AddressSpace, Attrs, Discard, MapRequest, MoveTo, Region, SyncMode},
};

// SAFETY: it is what `Recording` does. The hook does not unwind, as was promised when it was set.
unsafe impl<A: AddressSpace> AddressSpace for Registry<A> {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        let result = Recording(self).map(request);
        let call = || Call::Map {
            len: request.requested_len(),
            placement: request.requested_placement(),
            attrs: request.attrs(),
        };
        self.tell(call, result.map(Some));
        result
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).map_over(at, request) };
        let call = || Call::MapOver {
            at,
            attrs: request.attrs(),
        };
        self.tell(call, result.map(Some));
        result
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).unmap(region) };
        self.tell(|| Call::Unmap(region), result.map(|()| None));
        result
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).protect(region, prot) };
        self.tell(|| Call::Protect(region, prot), result.map(|()| None));
        result
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).remap(region, new_len, to, attrs) };
        let call = || Call::Remap {
            region,
            new_len,
            to,
        };
        self.tell(call, result.map(Some));
        result
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).advise(region, advice) };
        self.tell(|| Call::Advise(region, advice), result.map(|()| None));
        result
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).discard(region, how, attrs) };
        self.tell(|| Call::Discard(region, how), result.map(|()| None));
        result
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).inherit(region, how) };
        self.tell(|| Call::Inherit(region, how), result.map(|()| None));
        result
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        let result = Recording(self).sync(region, mode, invalidate);
        self.tell(|| Call::Sync(region, mode), result.map(|()| None));
        result
    }

    unsafe fn lock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).lock(region) };
        self.tell(|| Call::Lock(region), result.map(|()| None));
        result
    }

    unsafe fn unlock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        let result = unsafe { Recording(self).unlock(region) };
        self.tell(|| Call::Unlock(region), result.map(|()| None));
        result
    }
}
