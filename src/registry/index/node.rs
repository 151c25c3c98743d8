//! Descriptors: the nodes of the tree, and the records of what does not fit there.

use core::{ops::Range, ptr};

use super::{
    super::atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
        fence, prefetch,
    },
    Attributes, Detail, Entry, Link,
    control::{Control, below, each, highest},
    read::Recycled,
};

/// A node with room for `N` entries or children. With 15 it has 384 bytes.
///
/// Every word is atomic, and 0 at first.
///
/// | | leaf | above leaves |
/// |---|---|---|
/// | `control` | which slots are used, and which entries are marked | which slots are used: the first ones |
/// | `starts` | where each entry starts | where each child but the first begins; `u64::MAX` of unused slots |
/// | `ends` | where each entry ends | the links |
/// | `attributes` | the entries' | the largest gap below each child: see `gap` |
///
/// The unused slots of a leaf lie anywhere between the used ones, and hold starts that are not out of order with those:
///
/// ```text
/// used      1     0     1     0     0     1
/// starts   10    10    30    30    45    50      every 0 lies between its neighbours that are 1
/// ```
///
/// so that how many starts, used or not, are at or below an address tells which used one is the last of those.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Node<const N: usize> {
    /// The link to this life of the descriptor.
    pub(crate) header: AtomicU64,
    /// Links free descriptors; readers of the tree never look at it.
    pub(crate) next: AtomicU64,
    pub(crate) control: AtomicU64,
    pub(crate) starts: [AtomicU64; N],
    pub(crate) ends: [AtomicU64; N],
    pub(crate) attributes: [AtomicU64; N],
}

/// No child begins there.
const NOWHERE: u64 = u64::MAX;

const FOURTH: usize = 4;

/// The bytes of a cache line.
const LINE: usize = 64;

/// Of so few nodes all are near.
const FEW: u32 = 64;

/// No address that an entry can contain lies higher: ends are not part of entries.
pub(super) const HIGHEST: u64 = u64::MAX - 1;

/// A child, as its parent knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    /// Nothing in it begins below.
    pub(super) first: u64,
    pub(super) link: Link,
    /// The largest gap in it, or more.
    pub(super) gap: u64,
}

impl Child {
    pub(super) const NONE: Self = Self {
        first: 0,
        link: Link::NONE,
        gap: 0,
    };
}

impl<const N: usize> Node<N> {
    /// The same of a leaf, and was all of it read while the control word was the same?
    #[inline]
    pub(super) fn leave_leaf(&self, link: Link, control: Control) -> Result<bool, Recycled> {
        // As in `leave`. The control word of another life may be the same word: so the header is read after it, and
        // acquire pairs with the release fence between the end of this life and what the next one writes.
        fence(Acquire);
        let is_same = self.control.load(Acquire) == control.word();
        self.is(self.header.load(Relaxed), link)?;
        Ok(is_same)
    }

    /// Was everything of this life that a reader read here who came by this link?
    ///
    /// The acquire that came with the link brought this life along, so that nothing was read of an earlier one; and no life
    /// begins again.
    #[inline]
    pub(super) fn leave(&self, link: Link) -> Result<(), Recycled> {
        // Pairs with the release fence between the end of this life and what the next one writes, and with the release
        // of the store that published a link that was read here: see the drawing in the module.
        fence(Acquire);
        self.is(self.header.load(Relaxed), link)
    }

    #[inline]
    fn is(&self, header: u64, link: Link) -> Result<(), Recycled> {
        if header == link.word() {
            return Ok(());
        }
        // Pairs with the release fence between the store that unlinked the node and the end of its life, so that who
        // begins again does not come by the same link.
        fence(Acquire);
        Err(Recycled)
    }

    /// Asks for all of it at once, if it is one of many: what is looked at next depends on what was found before, and each
    /// look would wait for a line of its own.
    #[inline]
    pub(super) fn prefetch(&self, link: Link) {
        if link.index() >= FEW {
            let start = ptr::from_ref(self);
            for line in 0..size_of::<Self>() / LINE {
                prefetch(start.wrapping_byte_add(line * LINE));
            }
        }
    }

    /// How many starts are at or below an address, of used slots and of others: or a number that parts the used ones alike.
    ///
    /// First of every fourth one, and then of the three between: six looks of which only the last three wait for others.
    ///
    /// ```text
    /// 0  1  2 [3] 4  5  6 [7] 8  9 10[11]12 13 14
    /// ```
    #[inline]
    pub(super) fn below(&self, addr: u64) -> usize {
        const {
            assert!(
                N % FOURTH == FOURTH - 1,
                "every fourth one has three behind it"
            )
        };
        // Relaxed, here and below: `leave` and the control word say whether it is to be believed, or the caller is the
        // writer.
        let is_below = |start: &AtomicU64| usize::from(start.load(Relaxed) <= addr);
        let (groups, _) = self.starts.as_chunks::<FOURTH>();
        let fourths = groups.iter().filter_map(|group| group.last());
        let first = FOURTH * fourths.map(is_below).sum::<usize>();
        let between = self.starts.get(first..first + FOURTH - 1);
        first + between.unwrap_or(&[]).iter().map(is_below).sum::<usize>()
    }

    /// Which child an address belongs to; that may be any slot as long as [`leave`](Self::leave) was not asked.
    #[inline]
    pub(super) fn child_of(&self, addr: u64) -> usize {
        // What begins `NOWHERE` is not at or below it.
        self.below(addr.min(HIGHEST)).saturating_sub(1)
    }

    pub(super) fn start(&self, at: usize) -> u64 {
        self.starts
            .get(at)
            .map_or(NOWHERE, |start| start.load(Relaxed))
    }

    pub(super) fn end(&self, at: usize) -> u64 {
        self.ends.get(at).map_or(0, |end| end.load(Relaxed))
    }

    #[inline]
    pub(super) fn link(&self, at: usize) -> Link {
        Link::of(self.ends.get(at).map_or(0, |link| link.load(Relaxed)))
    }

    /// Publishes another node in place of a child.
    pub(super) fn set_link(&self, at: usize, link: Link) {
        if let Some(word) = self.ends.get(at) {
            // Release pairs with the acquire fence of `leave`: who follows the link finds the node as it was written.
            word.store(link.word(), Release);
        }
    }

    /// Where the child in a slot begins, if there is one.
    #[inline]
    pub(super) fn first_of(&self, at: usize) -> Option<u64> {
        Some(self.start(at)).filter(|first| *first != NOWHERE)
    }

    /// The child in a slot.
    pub(super) fn child(&self, at: usize) -> Child {
        Child {
            first: self.start(at),
            link: self.link(at),
            gap: self.gap(at),
        }
    }

    /// How many children there are.
    pub(super) fn children(&self) -> usize {
        self.control().used().count_ones() as usize
    }

    /// What is known of the gaps in a child.
    pub(super) fn gap(&self, at: usize) -> u64 {
        self.attributes.get(at).map_or(0, |gap| gap.load(Relaxed))
    }

    /// Relaxed: only who has the lock looks.
    pub(super) fn set_gap(&self, at: usize, gap: u64) {
        if let Some(word) = self.attributes.get(at) {
            word.store(gap, Relaxed);
        }
    }

    /// The control word, as the writer or one that looks again.
    pub(super) fn control(&self) -> Control {
        Control::of(self.control.load(Relaxed))
    }

    /// The control word, as a reader begins with it.
    #[inline]
    pub(super) fn control_first(&self) -> Control {
        // Acquire pairs with the release in `set_control`: the slots it says are used were filled, what it does not show
        // any more was replaced before, and who finds no mark finds what was changed under it.
        Control::of(self.control.load(Acquire))
    }

    /// Publishes a change of a leaf: other slots, other marks.
    pub(super) fn set_control(&self, used: u64, marks: u64) {
        let next = self.control().next(used, marks);
        // Release: see `control_first`.
        self.control.store(next.word(), Release);
    }

    /// The entry in a slot, as a control word shows it.
    #[inline]
    pub(super) fn entry(&self, at: usize, control: Control) -> Entry {
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
            marked: control.marks() >> at & 1 != 0,
        }
    }

    /// All entries of a leaf, as the writer.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        let control = self.control();
        each(control.used()).map(move |at| self.entry(at, control))
    }

    /// The slots of the entries of a leaf that overlap a range, as the writer.
    pub(super) fn overlapping(&self, range: &Range<u64>) -> u64 {
        let used = self.control().used();
        let before = used & below(self.below(range.start));
        let starting = used & below(self.below(range.end.saturating_sub(1))) & !before;
        match highest(before) {
            Some(at) if self.end(at) > range.start => starting | 1 << at,
            _ => starting,
        }
    }

    /// The slots of the entries of a leaf that start in a range, as the writer.
    pub(super) fn starting(&self, range: &Range<u64>) -> u64 {
        let before = match range.start.checked_sub(1) {
            Some(last) => below(self.below(last)),
            None => 0,
        };
        self.control().used() & below(self.below(range.end.saturating_sub(1))) & !before
    }

    /// Other attributes for an entry of a published leaf, which is marked: one store.
    pub(super) fn set_attributes(&self, at: usize, attributes: Attributes) {
        if let Some(word) = self.attributes.get(at) {
            // Relaxed: the word is all that changes, and taking the mark away publishes it.
            word.store(attributes.word(), Relaxed);
        }
    }

    /// Another end for an entry of a published leaf: one store.
    pub(super) fn set_end(&self, at: usize, end: u64) {
        if let Some(word) = self.ends.get(at) {
            // Relaxed: what comes before and after it is ordered where it is used.
            word.store(end, Relaxed);
        }
    }

    /// Writes where an unused slot starts.
    pub(super) fn set_start(&self, at: usize, start: u64) {
        if let Some(word) = self.starts.get(at) {
            word.store(start, Relaxed);
        }
    }

    /// Fills an unused slot.
    pub(super) fn fill(&self, at: usize, entry: &Entry) {
        self.set_start(at, entry.start);
        self.set_end(at, entry.end);
        self.set_attributes(at, entry.attributes);
    }

    /// Fills a leaf that nobody can reach yet, with the unused slots spread evenly between the entries.
    pub(super) fn fill_leaf(&self, entries: &[Entry]) {
        let (mut used, mut marks) = (0, 0);
        let mut slot = 0;
        for (number, entry) in entries.iter().enumerate() {
            // The unused ones before it hold its start.
            let last = (number + 1) * (N + 1) / (entries.len() + 1) - 1;
            while slot < last {
                self.set_start(slot, entry.start);
                slot += 1;
            }
            self.fill(slot, entry);
            used |= 1 << slot;
            marks |= u64::from(entry.marked) << slot;
            slot += 1;
        }
        for slot in slot..N {
            self.set_start(slot, NOWHERE);
        }
        self.control
            .store(Control::new(used, marks).word(), Relaxed);
    }

    /// Fills an inner node that nobody can reach yet.
    pub(super) fn fill_inner(&self, children: &[Child]) {
        for (at, child) in children.iter().enumerate() {
            self.set_start(at, child.first);
            if let Some(word) = self.ends.get(at) {
                word.store(child.link.word(), Relaxed);
            }
            self.set_gap(at, child.gap);
        }
        for at in children.len()..N {
            self.set_start(at, NOWHERE);
        }
        let used = below(children.len());
        self.control.store(Control::new(used, 0).word(), Relaxed);
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
    #[inline]
    pub(crate) fn detail(&self) -> Detail {
        Detail {
            delta: self.delta.load(Relaxed),
            user: self.user.load(Relaxed),
        }
    }

    /// Fills a record that no entry refers to yet.
    pub(crate) fn fill(&self, detail: Detail) {
        // Release pairs with the acquire fence of readers: one that meets what this writes meets the control word, or
        // the end of the leaf, that no longer shows the entry that referred to the record before.
        fence(Release);
        self.next.store(0, Relaxed);
        self.delta.store(detail.delta, Relaxed);
        self.user.store(detail.user, Relaxed);
    }
}
