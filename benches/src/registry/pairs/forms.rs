//! Ways to map and to unmap: the bare calls, and what remembers them besides.

use std::{collections::BTreeMap, ptr::with_exposed_provenance_mut, sync::Mutex};

use core::ptr::NonNull;

use rawmap::{
    Prot,
    registry::Registry,
    space::{AddressSpace, MapRequest, Region},
};
use rawmap_benches::failed;

use super::bare;
use crate::trees::known::Known;

/// One of them. All look at every result.
pub(crate) trait Maps {
    fn map(&self, len: usize, prot: Prot) -> usize;

    /// # Safety
    ///
    /// The range was mapped by this form, all of it, and nothing refers to it.
    unsafe fn unmap(&self, at: usize, len: usize);
}

/// Nothing is remembered.
pub(crate) struct Bare;

impl Maps for Bare {
    #[inline(always)]
    fn map(&self, len: usize, prot: Prot) -> usize {
        bare::mmap(len, prot)
    }

    #[inline(always)]
    unsafe fn unmap(&self, at: usize, len: usize) {
        // SAFETY: the caller's contract.
        unsafe { bare::munmap(at, len) };
    }
}

/// The range as the registry wants it.
#[inline(always)]
fn region(at: usize, len: usize) -> Region {
    let Some(ptr) = NonNull::new(with_exposed_provenance_mut(at)) else {
        failed()
    };
    Region::new(ptr, len)
}

impl Maps for Registry {
    #[inline(always)]
    fn map(&self, len: usize, prot: Prot) -> usize {
        match AddressSpace::map(self, &MapRequest::anonymous(len).prot(prot)) {
            Ok(region) => region.as_ptr().expose_provenance(),
            Err(_) => failed(),
        }
    }

    #[inline(always)]
    unsafe fn unmap(&self, at: usize, len: usize) {
        // SAFETY: the caller's contract.
        if unsafe { AddressSpace::unmap(self, region(at, len)) }.is_err() {
            failed();
        }
    }
}

/// The bare calls, and a map behind a lock: what a program would write that has no registry. It cannot be asked in a
/// signal handler, and what else goes wrong after the kernel has acted is nobody's business.
#[derive(Default)]
pub(crate) struct Locked(Mutex<BTreeMap<usize, Known>>);

impl Locked {
    /// Remembers a mapping, of which there is none at this address yet.
    #[inline(always)]
    pub(crate) fn record(&self, at: usize, len: usize, prot: Prot) {
        let known = Known::new(at + len, prot.bits().into());
        let Ok(mut maps) = self.0.lock() else {
            failed()
        };
        if maps.insert(at, known).is_some() {
            failed();
        }
    }

    #[inline(always)]
    fn forget(&self, at: usize, len: usize) {
        let Ok(mut maps) = self.0.lock() else {
            failed()
        };
        let Some(known) = maps.remove(&at) else {
            failed()
        };
        if known.end != at + len {
            failed();
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().map_or(0, |maps| maps.len())
    }
}

impl Maps for Locked {
    #[inline(always)]
    fn map(&self, len: usize, prot: Prot) -> usize {
        let at = bare::mmap(len, prot);
        self.record(at, len, prot);
        at
    }

    /// Forgotten before the kernel can give the range to another thread.
    #[inline(always)]
    unsafe fn unmap(&self, at: usize, len: usize) {
        self.forget(at, len);
        // SAFETY: the caller's contract.
        unsafe { bare::munmap(at, len) };
    }
}
