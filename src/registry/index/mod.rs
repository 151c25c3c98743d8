//! What is mapped where: a B+tree that is read without locks, and changed by one writer at a time.
//!
//! It is a pure data structure: it makes no system call, knows no global, and allocates nothing but descriptors from a
//! [`Store`] that it is given.
//!
//! # Reading
//!
//! A link says which descriptor it means in which of its lives. After a reader has read what the descriptor holds it
//! compares the link with the descriptor's header; if they differ, the descriptor was recycled meanwhile and the reader
//! begins again at the root. Of a leaf it compares the control word as well, and reads the leaf
//! again if only that differs. Descriptors lie in memory that is never unmapped, so that a stale read is a read of *some*
//! descriptor.
//!
//! ```text
//! writer                                        reader
//!   write a new node        (relaxed)
//!   publish its link        (release)  ------->   load the link          (relaxed; of the root: acquire)
//!   fence                   (release)  --.        fence                  (acquire)
//!   header of the retired   (relaxed)     \       starts, ends, links .. (relaxed)
//!   fence                   (release)  ----\-->   fence                  (acquire)
//!   reuse: starts, ends ..  (relaxed)       \     header = link?         (relaxed)
//!                                            `->  if not: fence          (acquire), begin again
//! ```
//!
//! If one of the reader's loads came from the reuse, the two fences order the end of the life before the comparison, which
//! then fails. Begun again, it does not come by the old link any more.
//!
//! # Changing
//!
//! A change of entries that all lie in one leaf is made there, if that has unused slots where they are needed:
//!
//! ```text
//! writer                                        reader
//!   fence                   (release)  --.        control word           (acquire)
//!   unused slots            (relaxed)     \       starts, ends ..        (relaxed)
//!   ends that grow          (relaxed)      \
//!   control word            (release)  --.  `-->  fence                  (acquire)
//!   fence                   (release)     \       control word: the same?(relaxed)
//!   ends that shrink        (relaxed)  ----`-->
//! ```
//!
//! Every prefix of these stores is a state that may be seen, and that a forked child may find: an entry that grows does
//! so before those that it covers are gone, and one that shrinks does so after what is to be in its place is there; of two
//! entries that overlap, the one that starts later counts.
//!
//! Any other change copies the nodes that it concerns, and publishes the copy by one store where the ways to all of them
//! part: a link in the node above, or the root. The separators of a published node never change. A copy has another one
//! only between leaves that are both new.
//!
//! Marks, and the attributes of what is marked, change where they stand.

mod check;
mod control;
mod entry;
mod gap;
mod link;
mod node;
mod place;
mod read;
mod rebuild;
mod repair;
mod splice;
mod walk;

pub(super) use entry::{Attributes, Detail, Entry};
pub(super) use link::Link;
pub(super) use node::{Node, Record};
pub(super) use place::{Place, Spot};
pub(super) use read::Found;
pub(super) use rebuild::{Hand, nodes_for};
pub(super) use splice::Removed;
pub(super) use walk::Slots;

use super::atomic::{AtomicU64, Ordering};

/// No tree becomes higher: neighbours that are nearly empty become one, so that it takes hundreds of thousands of entries,
/// chosen for it, to make a tree of twelve levels. A link has room for no more.
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
    /// Was a gap ever searched? Not 0 from then on.
    searched: AtomicU64,
}

impl<const N: usize> Tree<N> {
    /// A tree with nothing in it.
    pub(super) const fn new() -> Self {
        Self {
            root: AtomicU64::new(0),
            searched: AtomicU64::new(0),
        }
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
