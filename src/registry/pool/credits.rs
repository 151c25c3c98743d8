//! Promises of descriptors: what an operation is promised before the kernel acts cannot be lacking afterwards.

use super::super::atomic::{AtomicU64, Ordering::Relaxed};

/// How many descriptors are in use, and how many more are promised: `{used 32, promised 32}` in one word, so that one
/// step promises what no other step can promise as well.
///
/// Relaxed everywhere: a promise is a number. That a promised descriptor can be had follows from the order in which the
/// pool counts: one that is given back is in the list before it is counted as unused, and one that is taken is counted
/// as used after it left the list.
#[derive(Debug)]
pub(crate) struct Credits {
    word: AtomicU64,
}

const USED: u64 = 1 << 32;
const PROMISED: u64 = 1;

impl Credits {
    /// Nothing used, nothing promised.
    pub(crate) const fn new(word: AtomicU64) -> Self {
        Self { word }
    }

    /// Promises so many, if there are so many among `capacity`.
    pub(crate) fn promise(&self, count: u32, capacity: u32) -> bool {
        let mut word = self.word.load(Relaxed);
        loop {
            let taken = (word >> 32) + (word & (USED - 1)) + u64::from(count);
            if taken > u64::from(capacity) {
                return false;
            }
            let promised = word + u64::from(count) * PROMISED;
            match self
                .word
                .compare_exchange_weak(word, promised, Relaxed, Relaxed)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    /// Takes back a promise of so many.
    pub(crate) fn release(&self, count: u32) {
        self.word.fetch_sub(u64::from(count) * PROMISED, Relaxed);
    }

    /// A promise was kept: one more is in use.
    pub(crate) fn keep(&self) {
        self.word.fetch_add(USED - PROMISED, Relaxed);
    }

    /// So many are not in use any more.
    pub(crate) fn unuse(&self, count: u32) {
        self.word.fetch_sub(u64::from(count) * USED, Relaxed);
    }

    /// So many are in use, and nothing is promised: for who counts anew while nobody else uses the pool.
    pub(crate) fn reset(&self, used: u32) {
        self.word.store(u64::from(used) * USED, Relaxed);
    }

    pub(crate) fn used(&self) -> u32 {
        (self.word.load(Relaxed) >> 32) as u32
    }

    pub(crate) fn promised(&self) -> u32 {
        self.word.load(Relaxed) as u32
    }
}
