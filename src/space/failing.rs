//! An address space for tests, in which the call fails that is to fail.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{AddressSpace, Attrs, Discard, MapRequest, MoveTo, Region, SyncMode};
use crate::{Advice, Errno, Inherit, Prot, Result};

/// Another address space, of which the n-th call fails with a chosen error, and nothing has happened.
///
/// It is for tests of what stands on an address space: run the same thing with n = 1, 2, 3 … until no call failed any
/// more, and look each time whether anything is left. Every method of [`AddressSpace`] counts as one call, whatever its
/// arguments. Threads that use one value count together.
///
/// ```
/// use rawmap::{Errno, space::{AddressSpace, Failing, Kernel, MapRequest}};
///
/// let space = Failing::new(Kernel, 2, Errno::ENOMEM);
/// let request = MapRequest::anonymous(1);
/// let region = space.map(&request)?;
/// assert_eq!(space.map(&request).err(), Some(Errno::ENOMEM));
/// assert!(space.has_failed());
/// // SAFETY: the region is this code's, and nothing refers to it.
/// unsafe { space.unmap(region)? };
/// assert_eq!(space.calls(), 3);
/// # Ok::<(), rawmap::Errno>(())
/// ```
#[derive(Debug)]
pub struct Failing<A> {
    space: A,
    nth: u64,
    error: Errno,
    calls: AtomicU64,
}

impl<A> Failing<A> {
    /// Lets the `nth` call of `space` fail with `error`; the first one is 1, and 0 is none.
    #[must_use]
    pub const fn new(space: A, nth: u64, error: Errno) -> Self {
        Self {
            space,
            nth,
            error,
            calls: AtomicU64::new(0),
        }
    }

    /// How many calls there were, with the failed one.
    #[must_use]
    pub fn calls(&self) -> u64 {
        // Relaxed: a count, which orders nothing.
        self.calls.load(Relaxed)
    }

    /// Has the call that is to fail been made?
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.nth != 0 && self.calls() >= self.nth
    }

    /// The space within.
    pub const fn get_ref(&self) -> &A {
        &self.space
    }

    /// Counts a call, and lets it fail if it is the one.
    fn call(&self) -> Result<&A> {
        // Relaxed: each call gets a number of its own, and nothing else is ordered by it.
        if self.calls.fetch_add(1, Relaxed) + 1 == self.nth {
            return Err(self.error);
        }
        Ok(&self.space)
    }
}

// SAFETY: what succeeds is the other space's.
unsafe impl<A: AddressSpace> AddressSpace for Failing<A> {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        self.call()?.map(request)
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.map_over(at, request) }
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.unmap(region) }
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.protect(region, prot) }
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.remap(region, new_len, to, attrs) }
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.advise(region, advice) }
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.discard(region, how, attrs) }
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.inherit(region, how) }
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        self.call()?.sync(region, mode, invalidate)
    }

    unsafe fn lock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.lock(region) }
    }

    unsafe fn unlock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.call()?.unlock(region) }
    }
}
