//! Descriptors: the nodes of the tree, and the records of what does not fit there.

use super::{
    super::atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
        fence,
    },
    Attributes, Detail, Entry, Link,
};

/// A node of up to `N` entries or children. With 15 it has 384 bytes.
///
/// Every word is atomic, and 0 at first.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Node<const N: usize> {
    /// The link to this life of the descriptor.
    pub(crate) header: AtomicU64,
    /// Links free descriptors; readers of the tree never look at it.
    pub(crate) next: AtomicU64,
    /// `{marks 16, count 16}`: which entries of a leaf are marked, and how many entries or children there are.
    pub(crate) control: AtomicU64,
    /// Where the entry begins; of a child, where its first entry does. In order.
    pub(crate) starts: [AtomicU64; N],
    /// Where the entry ends; of a child, its link.
    pub(crate) ends: [AtomicU64; N],
    /// The entry's attributes.
    pub(crate) attributes: [AtomicU64; N],
}

const MARKS_SHIFT: u32 = 16;
const COUNT_MASK: u64 = (1 << MARKS_SHIFT) - 1;

/// What a reader met that was recycled meanwhile.
#[derive(Debug)]
pub(super) struct Recycled;

impl<const N: usize> Node<N> {
    /// The node as a reader who came by this link may look at it.
    pub(super) fn enter(&self, link: Link) -> Result<(), Recycled> {
        // Relaxed: the acquire at the root brought this life along, so that what is read from here on is of this life or
        // of a later one.
        self.is(self.header.load(Relaxed), link)
    }

    /// Was everything that was read since [`enter`](Self::enter) of this life?
    pub(super) fn leave(&self, link: Link) -> Result<(), Recycled> {
        // Pairs with the release fence between the end of this life and what the next one writes: see the drawing in
        // the module.
        fence(Acquire);
        self.is(self.header.load(Relaxed), link)
    }

    fn is(&self, header: u64, link: Link) -> Result<(), Recycled> {
        if header == link.word() {
            return Ok(());
        }
        // Pairs with the release fence between the store that unlinked the node and the end of its life, so that who
        // begins again begins at a newer root.
        fence(Acquire);
        Err(Recycled)
    }

    /// How many entries or children, as a reader: never more than there is room for.
    pub(super) fn count(&self) -> usize {
        // Relaxed, here and below: `leave` says whether it is to be believed, or the caller is the writer.
        ((self.control.load(Relaxed) & COUNT_MASK) as usize).min(N)
    }

    pub(super) fn marks(&self) -> u64 {
        self.control.load(Relaxed) >> MARKS_SHIFT
    }

    /// Marks the entries whose bits are set and no others, by one store.
    pub(super) fn set_marks(&self, marks: u64) {
        let control = self.control.load(Relaxed);
        // Release pairs with the acquire in `entry`: who no longer finds a mark finds what was changed under it.
        self.control
            .store(control & COUNT_MASK | marks << MARKS_SHIFT, Release);
    }

    /// How many of the first `count` begin at this address or below.
    pub(super) fn position(&self, count: usize, addr: u64) -> usize {
        self.starts
            .iter()
            .take(count)
            .take_while(|start| start.load(Relaxed) <= addr)
            .count()
    }

    pub(super) fn start(&self, at: usize) -> u64 {
        self.starts.get(at).map_or(0, |start| start.load(Relaxed))
    }

    pub(super) fn child(&self, at: usize) -> Link {
        Link::of(self.ends.get(at).map_or(0, |link| link.load(Relaxed)))
    }

    pub(super) fn entry(&self, at: usize) -> Entry {
        // Acquire, and before the attributes: who finds no mark must not find attributes of before the mark went.
        let marks = self.control.load(Acquire) >> MARKS_SHIFT;
        let (Some(start), Some(end), Some(attributes)) = (
            self.starts.get(at),
            self.ends.get(at),
            self.attributes.get(at),
        ) else {
            return Entry::EMPTY;
        };
        Entry {
            start: start.load(Relaxed),
            end: end.load(Relaxed),
            attributes: Attributes::of(attributes.load(Relaxed)),
            marked: marks >> at & 1 != 0,
        }
    }

    /// Other attributes for an entry of a published leaf: one store.
    pub(super) fn set_attributes(&self, at: usize, attributes: Attributes) {
        if let Some(word) = self.attributes.get(at) {
            // Relaxed: the word is all that changes.
            word.store(attributes.word(), Relaxed);
        }
    }

    /// Fills a leaf that nobody can reach yet.
    pub(super) fn fill_leaf(&self, entries: &[Entry]) {
        let slots = self.starts.iter().zip(&self.ends).zip(&self.attributes);
        let mut marks = 0;
        for (at, (entry, ((start, end), attributes))) in entries.iter().zip(slots).enumerate() {
            start.store(entry.start, Relaxed);
            end.store(entry.end, Relaxed);
            attributes.store(entry.attributes.word(), Relaxed);
            marks |= u64::from(entry.marked) << at;
        }
        self.control
            .store(marks << MARKS_SHIFT | entries.len() as u64, Relaxed);
    }

    /// Fills an inner node that nobody can reach yet.
    pub(super) fn fill_inner(&self, children: &[(u64, Link)]) {
        let slots = self.starts.iter().zip(&self.ends);
        for ((first, link), (start, end)) in children.iter().zip(slots) {
            start.store(*first, Relaxed);
            end.store(link.word(), Relaxed);
        }
        self.control.store(children.len() as u64, Relaxed);
    }
}

/// What an entry's attributes have no room for. It never changes while an entry refers to it.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Record {
    /// Links free records, and counts the entries that refer to one that is not free; readers never look at it.
    pub(crate) next: AtomicU64,
    pub(crate) delta: AtomicU64,
    pub(crate) user: AtomicU64,
}

impl Record {
    /// What it holds; the leaf that referred to it says whether that is to be believed.
    pub(crate) fn detail(&self) -> Detail {
        Detail {
            delta: self.delta.load(Relaxed),
            user: self.user.load(Relaxed),
        }
    }

    /// Fills a record that no entry refers to yet.
    pub(crate) fn fill(&self, detail: Detail) {
        // Release pairs with the acquire fence of readers: one that meets what this writes meets the end of the leaf
        // that referred to the record before.
        fence(Release);
        self.next.store(0, Relaxed);
        self.delta.store(detail.delta, Relaxed);
        self.user.store(detail.user, Relaxed);
    }
}
