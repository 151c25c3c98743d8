//! The least that a list of the same shape can do: `{tag 32, number 32}` in one word, and a compare-and-swap.

use core::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

pub(crate) struct Stack {
    head: AtomicU64,
}

/// The next tag, and no number: the fewest instructions that make it.
#[inline(always)]
const fn tag_after(head: u64) -> u64 {
    (head | u32::MAX as u64).wrapping_add(1)
}

impl Stack {
    pub(crate) const fn new() -> Self {
        Self {
            head: AtomicU64::new(0),
        }
    }

    /// # Safety
    ///
    /// Every index that was ever pushed is one of `links`.
    #[inline(always)]
    pub(crate) unsafe fn pop(&self, links: &[AtomicU64]) -> Option<u32> {
        let mut head = self.head.load(Acquire);
        loop {
            let index = (head as u32).checked_sub(1)?;
            // SAFETY: the caller's contract.
            let next = unsafe { links.get_unchecked(index as usize) }.load(Relaxed);
            let after = tag_after(head) | next;
            match self
                .head
                .compare_exchange_weak(head, after, Acquire, Acquire)
            {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    /// # Safety
    ///
    /// The index is one of `links`.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, links: &[AtomicU64], index: u32) {
        // SAFETY: the caller's contract.
        let next = unsafe { links.get_unchecked(index as usize) };
        let mut head = self.head.load(Relaxed);
        loop {
            next.store(u64::from(head as u32), Relaxed);
            let after = tag_after(head) | (u64::from(index) + 1);
            match self
                .head
                .compare_exchange_weak(head, after, Release, Relaxed)
            {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}
