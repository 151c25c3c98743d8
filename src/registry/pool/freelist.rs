//! The list of free descriptors: lock-free, and safe against a head that looks as it did before.
//!
//! # Why the head has a tag
//!
//! The head is one word, `{tag 32, number 32}`; a number is an index and one more, and 0 is none. A pop reads the head's
//! successor and then swaps the head for it, which is right only if nothing happened in between. That the head's number
//! is the same does not say so:
//!
//! | step | thread 1 | thread 2 | list | head without a tag | head with a tag |
//! |---|---|---|---|---|---|
//! | 1 | pop: reads head A, successor B | | A B C | A | A, 7 |
//! | 2 | | pop: takes A | B C | B | B, 8 |
//! | 3 | | pop: takes B | C | C | C, 9 |
//! | 4 | | push: gives A back | A C | A | A, 10 |
//! | 5 | swaps the head A for B | | **B**, in use | **succeeds** | fails: 7 is not 10 |
//!
//! Without a tag B is then in the list and in use, and C is lost. Every change of the head adds 1 to the tag, so a pop
//! succeeds only if the head did not change at all, or changed a multiple of 2^32 times while one thread stood between
//! two instructions.
//!
//! In step 1 thread 1 may read the successor of a descriptor that is not free any more. It is there to be read, since
//! descriptors are never unmapped, and its next word is nothing that a reader of the tree looks at.

use super::super::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// The next words of descriptors, by index.
pub(crate) trait Links {
    fn next(&self, index: u32) -> Option<&AtomicU64>;
}

/// Where the list begins.
#[derive(Debug)]
pub(crate) struct Freelist {
    head: AtomicU64,
}

const NUMBER_MASK: u64 = u32::MAX as u64;
const TAG: u64 = 1 << 32;

/// The head that follows this one, with this number.
const fn after(head: u64, number: u64) -> u64 {
    (head & !NUMBER_MASK).wrapping_add(TAG) | number & NUMBER_MASK
}

impl Freelist {
    /// A list that begins at what this word says; 0 is an empty one.
    pub(crate) const fn new(head: AtomicU64) -> Self {
        Self { head }
    }

    /// Takes a descriptor.
    pub(crate) fn pop<L: Links>(&self, links: &L) -> Option<u32> {
        // Acquire, here and below, pairs with the release of the push that put the head there, so that its next word is
        // read as that wrote it. Every change of the head is a read-modify-write, so a release is seen through later ones.
        let mut head = self.head.load(Acquire);
        loop {
            let index = ((head & NUMBER_MASK) as u32).checked_sub(1)?;
            // Relaxed: if it is not the head's successor any more, the swap fails.
            let next = links.next(index)?.load(Relaxed);
            let swapped =
                self.head
                    .compare_exchange_weak(head, after(head, next), Acquire, Acquire);
            match swapped {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    /// Gives descriptors back that are linked from the first to the last.
    pub(crate) fn push<L: Links>(&self, links: &L, first: u32, last: u32) {
        let Some(next) = links.next(last) else {
            return;
        };
        // Relaxed: only the number goes on, into a word that the release below publishes.
        let mut head = self.head.load(Relaxed);
        loop {
            next.store(head & NUMBER_MASK, Relaxed);
            let number = u64::from(first) + 1;
            // Release publishes the next words, and whatever this thread did to the descriptors, to the pop that takes
            // them.
            let swapped =
                self.head
                    .compare_exchange_weak(head, after(head, number), Release, Relaxed);
            match swapped {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Makes the list empty, and answers nothing of what was in it: for who rebuilds it while nobody else uses it.
    pub(crate) fn clear(&self) {
        let head = self.head.load(Relaxed);
        // Relaxed: nobody else uses it. The tag goes on, for a pop that was interrupted by who does this.
        self.head.store(after(head, 0), Relaxed);
    }

    /// Visits the free descriptors, while nobody changes the list.
    pub(crate) fn each<L: Links>(&self, links: &L, mut visit: impl FnMut(u32) -> bool) {
        let mut number = self.head.load(Acquire) & NUMBER_MASK;
        while let Some(index) = (number as u32).checked_sub(1) {
            if !visit(index) {
                return;
            }
            number = links.next(index).map_or(0, |next| next.load(Relaxed));
        }
    }
}
