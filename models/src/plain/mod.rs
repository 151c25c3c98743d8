//! The plain form of the index: the oracle of the quick one.
//!
//! It says the same of what is mapped where. Whatever changes the shape of this tree copies the whole path and is published
//! by one store at the root, so a published node keeps its keys and links until it is retired. Two words of a published leaf
//! change where they stand, each by one store: the marks of entries that an operation is changing, and an entry's
//! attributes. That is easy to see through, and shares no more with the quick one than what entries and links are.
//!
//! # Reading
//!
//! A link says which descriptor it means in which of its lives. A reader compares the link with the descriptor's header
//! before it reads what the descriptor holds and once more afterwards; if they differ, the descriptor was recycled
//! meanwhile and the reader begins again at the root. What it read otherwise was all of one tree, that of the root it
//! began with. Descriptors lie in memory that is never unmapped, so that a stale read is a read of *some* descriptor.
//!
//! ```text
//! writer                                        reader
//!   publish the new root    (release)  ------->   load the root          (acquire)
//!   fence                   (release)  --.        header = link?         (relaxed)
//!   header of the retired   (relaxed)     \       starts, ends, links .. (relaxed)
//!   fence                   (release)  ----\-->   fence                  (acquire)
//!   reuse: starts, ends ..  (relaxed)       \     header = link still?   (relaxed)
//!                                            `->  if not: fence          (acquire), begin again
//! ```
//!
//! If one of the reader's loads came from the reuse, the two fences order the header's new life before its second
//! comparison, which then fails.

mod check;
#[path = "../../../src/registry/index/entry.rs"]
mod entry;
#[path = "../../../src/registry/index/link.rs"]
mod link;
mod node;
mod read;
mod splice;
mod walk;

pub(super) use entry::{Attributes, Detail, Entry};
use link::Link;
pub(super) use node::{Node, Record};
pub(super) use read::Found;
pub(super) use splice::Hand;

use super::atomic::{AtomicU64, Ordering};

/// No tree becomes higher. Leaves take their neighbours in when little is left of them, and inner nodes do not; even so it
/// took millions of operations, chosen for it, to make a tree of a thousand entries eight levels high, and each level more
/// takes eight times as many. A link has room for no more.
pub(super) const MAX_LEVELS: usize = 15;

/// Where the descriptors are. An index that is not there is `None`.
pub(super) trait Store<const N: usize> {
    fn node(&self, index: u32) -> Option<&Node<N>>;
    fn record(&self, index: u32) -> Option<&Record>;
}

/// The tree: where it begins.
#[derive(Debug)]
pub(super) struct Tree<const N: usize> {
    root: AtomicU64,
}

impl<const N: usize> Tree<N> {
    /// A tree that begins at what this word links to; 0 is an empty one.
    pub(super) const fn new(root: AtomicU64) -> Self {
        Self { root }
    }

    /// The root as the writer knows it, who alone changes it.
    fn root(&self) -> Link {
        // Relaxed: only a writer asks, and the lock orders writers.
        Link::of(self.root.load(Ordering::Relaxed))
    }

    /// How many levels there are.
    pub(super) fn levels(&self) -> usize {
        let root = self.root();
        if root.is_none() { 0 } else { root.level() + 1 }
    }
}
