//! The memory of descriptors, which is never unmapped: whoever holds an old index reads some descriptor, never a fault.
//!
//! The first slab is part of the pool. Each later one is as large as all before it together:
//!
//! ```text
//! index      0 .. FIRST   FIRST .. 2 FIRST   2 FIRST .. 4 FIRST   4 FIRST .. 8 FIRST
//! slab          within           0                   1                    2
//! ```

use core::{
    mem::{MaybeUninit, size_of},
    ptr,
};

use super::super::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::{
    Errno, Result,
    space::{AddressSpace, MapRequest, Placement},
};

/// Something that a pool holds.
///
/// # Safety
///
/// Zeros are a value of it, and it may be used from every thread.
pub(crate) unsafe trait Descriptor: Sync {
    /// The word that links free ones.
    fn next(&self) -> &AtomicU64;
}

/// With a first slab of 64 there are as many as an index of 28 bits can tell apart.
const SLABS: usize = 22;

/// The slabs, as far as they are there.
#[derive(Debug)]
pub(crate) struct Slabs<T, const FIRST: usize> {
    first: [T; FIRST],
    /// Each so many descriptors before where it begins as there are before it.
    more: [AtomicPtr<T>; SLABS],
}

impl<T: Descriptor, const FIRST: usize> Slabs<T, FIRST> {
    pub(crate) const fn new() -> Self {
        const { assert!(FIRST.is_power_of_two() && FIRST << SLABS <= 1 << 28) };
        Self {
            // SAFETY: zeros are a value of each.
            first: unsafe { MaybeUninit::zeroed().assume_init() },
            more: [const { AtomicPtr::new(ptr::null_mut()) }; SLABS],
        }
    }

    /// The descriptor with this index, if there is one.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        let index = index as usize;
        if let Some(descriptor) = self.first.get(index) {
            return Some(descriptor);
        }
        let slab = (index / FIRST).checked_ilog2()? as usize;
        // Acquire pairs with the release in `grow`. Fresh memory is zero, which is a value, so that the pointer is all
        // that there is to be published.
        let start = self.more.get(slab)?.load(Acquire);
        if start.is_null() {
            return None;
        }
        // SAFETY: the slab holds FIRST << slab descriptors, the first of which has that index, and the next slab's index
        // is twice that: so the pointer, which lies that many before the slab, is one of those again. It is never unmapped.
        Some(unsafe { &*start.wrapping_add(index) })
    }

    /// Adds a slab, and answers how many descriptors came with it; 0 if somebody else added one meanwhile.
    pub(crate) fn grow<A: AddressSpace>(&self, space: &A) -> Result<u32> {
        // Relaxed: only whether there is one matters, and the exchange below looks again.
        let slot = self
            .more
            .iter()
            .position(|slab| slab.load(Relaxed).is_null());
        let slot = slot.ok_or(Errno::ENOMEM)?;
        let count = FIRST << slot;
        let bytes = count.checked_mul(size_of::<T>()).ok_or(Errno::ENOMEM)?;
        let region = map_apart(space, bytes, (&raw const self.more).addr())?;
        // As if all the indices before its own lay there too, which saves every look a subtraction.
        let start = region.as_ptr().cast::<T>().wrapping_sub(count);
        let slab = self.more.get(slot).ok_or(Errno::ENOMEM)?;
        // Release pairs with the acquire in `get`. Null would be no slab at all: not where programs have their memory.
        let added = !start.is_null()
            && slab
                .compare_exchange(ptr::null_mut(), start, Release, Relaxed)
                .is_ok();
        if added {
            return Ok(count as u32);
        }
        // SAFETY: the region was made here, and nobody was told of it.
        unsafe { space.unmap(region) }?;
        if start.is_null() {
            return Err(Errno::ENOMEM);
        }
        Ok(0)
    }
}

/// Every target's programs have these addresses, but for kernels that give them fewer than 47 bits.
const LOWEST: usize = 0x1000_0000_0000;
const HIGHEST: usize = 0x5000_0000_0000;
const ATTEMPTS: usize = 8;

/// Maps memory far from where the system puts the program's own, so that a slab is neither in the way of a mapping that
/// is to grow, nor next to one that is overrun.
fn map_apart<A: AddressSpace>(
    space: &A,
    bytes: usize,
    whose: usize,
) -> Result<crate::space::Region> {
    const STEP: usize = 1 << 21;
    let request = MapRequest::anonymous(bytes);
    // Where the stack is differs from run to run, wherever addresses do; whose the slab is and how large, from slab to
    // slab, or the attempts would soon all meet earlier slabs.
    let seed = (&raw const request).addr() ^ whose.rotate_left(32) ^ bytes;
    for attempt in 0..ATTEMPTS {
        let mixed = (seed ^ attempt << 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
        let at = LOWEST + mixed % ((HIGHEST - LOWEST) / STEP) * STEP;
        match space.map(&request.placement(Placement::FixedNoReplace(at))) {
            Err(Errno::EEXIST | Errno::ENOMEM) => {}
            answer => return answer,
        }
    }
    space.map(&request)
}
