//! Descriptors: where they lie, which are free, and who was promised some.

mod credits;
mod freelist;
mod slabs;

pub(crate) use credits::Credits;
pub(crate) use freelist::{Freelist, Links};
pub(crate) use slabs::{Descriptor, Slabs};

use super::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::{Result, space::AddressSpace};

/// Descriptors of one kind.
///
/// Those that were never used are taken in the order of their indices, so that memory behind the others is not touched.
#[derive(Debug)]
pub(crate) struct Pool<T, const FIRST: usize> {
    slabs: Slabs<T, FIRST>,
    free: Freelist,
    /// `{more 32, begun 32}`: how many there are besides the first slab's, and how many were taken at least once.
    fresh: AtomicU64,
    credits: Credits,
}

const MORE: u64 = 1 << 32;

impl<T: Descriptor, const FIRST: usize> Pool<T, FIRST> {
    /// All zeros: it lies in a part of the program that the file does not hold.
    pub(crate) const fn new() -> Self {
        Self {
            slabs: Slabs::new(),
            free: Freelist::new(AtomicU64::new(0)),
            fresh: AtomicU64::new(0),
            credits: Credits::new(AtomicU64::new(0)),
        }
    }

    /// The descriptor with this index, if there is one.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        self.slabs.get(index)
    }

    fn capacity(&self) -> u32 {
        // Acquire pairs with the release in `promise`: the slabs that are counted are there.
        FIRST as u32 + (self.fresh.load(Acquire) >> 32) as u32
    }

    /// Promises so many descriptors, from new memory if need be.
    pub(crate) fn promise<A: AddressSpace>(&self, space: &A, count: u32) -> Result<()> {
        while !self.credits.promise(count, self.capacity()) {
            let more = self.slabs.grow(space)?;
            // Release publishes the slab to whoever sees the number.
            self.fresh.fetch_add(u64::from(more) * MORE, Release);
        }
        Ok(())
    }

    /// Promises so many descriptors if there are so many.
    pub(crate) fn promise_of_what_is_there(&self, count: u32) -> bool {
        self.credits.promise(count, self.capacity())
    }

    /// Takes back what is left of a promise.
    pub(crate) fn release(&self, count: u32) {
        self.credits.release(count);
    }

    /// Takes a descriptor that was promised.
    pub(crate) fn take(&self) -> Option<u32> {
        let index = loop {
            if let Some(index) = self.free.pop(self) {
                break index;
            }
            if let Some(index) = self.begin() {
                break index;
            }
            // A promised one is there; it was given back after the list had been looked at, and somebody else took the
            // last fresh one.
            if self.credits.promised() == 0 {
                return None;
            }
        };
        self.credits.keep();
        Some(index)
    }

    /// Takes one that was never taken.
    fn begin(&self) -> Option<u32> {
        let mut fresh = self.fresh.load(Acquire);
        loop {
            let begun = fresh as u32;
            if begun >= FIRST as u32 + (fresh >> 32) as u32 {
                return None;
            }
            // Acquire pairs with the release in `promise`, as in `capacity`.
            match self
                .fresh
                .compare_exchange_weak(fresh, fresh + 1, Acquire, Acquire)
            {
                Ok(_) => return Some(begun),
                Err(now) => fresh = now,
            }
        }
    }

    /// Gives descriptors back that are linked from the first to the last.
    pub(crate) fn give(&self, first: u32, last: u32, count: u32) {
        self.free.push(self, first, last);
        self.credits.unuse(count);
    }

    /// How many were ever taken: those with these first indices.
    pub(crate) fn begun(&self) -> u32 {
        self.fresh.load(Relaxed) as u32
    }

    /// How many are in use.
    pub(crate) fn used(&self) -> u32 {
        self.credits.used()
    }

    /// Visits the free ones that were in use before, while nobody changes them.
    pub(crate) fn each_free(&self, visit: impl FnMut(u32) -> bool) {
        self.free.each(self, visit);
    }

    /// Makes every descriptor free that was taken and is not in use, and forgets every promise: for a forked child, which
    /// is alone.
    pub(crate) fn sweep(&self, mut is_used: impl FnMut(u32) -> bool) {
        self.free.clear();
        let mut used = 0;
        for index in 0..self.begun() {
            if is_used(index) {
                used += 1;
            } else {
                self.free.push(self, index, index);
            }
        }
        self.credits.reset(used);
    }
}

impl<T: Descriptor, const FIRST: usize> Links for Pool<T, FIRST> {
    fn next(&self, index: u32) -> Option<&AtomicU64> {
        self.get(index).map(Descriptor::next)
    }
}
