//! The way of a writer.

use core::ops::Range;

use super::{
    Entry, Link, MAX_LEVELS, Node, Store, Tree,
    control::{Control, below, highest, lowest},
};

/// A leaf, and where it is linked.
pub(crate) struct Place<'s, const N: usize> {
    pub(super) node: &'s Node<N>,
    pub(super) link: Link,
    /// What belongs to it: all entries of the leaf lie in there, and no others do.
    pub(super) span: Range<u64>,
    /// The node above, and which of its children this is.
    pub(super) above: Option<(&'s Node<N>, usize)>,
}

/// An entry of a leaf, as it was at some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(super) link: Link,
    pub(super) control: Control,
    pub(super) slot: usize,
}

/// Where nothing is.
pub(crate) struct Gap {
    /// Unused slots.
    pub(super) slots: Range<usize>,
    /// Does a range in it touch what lies before it, and behind?
    pub(super) touches: [Touch; 2],
}

/// What is at an end of a range.
#[derive(Clone, Copy)]
pub(super) enum Touch {
    /// Nothing.
    Nothing,
    /// The entry in a slot.
    Slot(usize),
    /// Another leaf.
    Beyond,
}

/// The way from the root to a leaf.
#[derive(Clone, Copy)]
pub(super) struct Path {
    pub(super) steps: [Step; MAX_LEVELS],
}

/// A node on the way.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) link: Link,
    /// Which of its children leads on; of a leaf it says nothing.
    pub(super) at: usize,
    /// Where what belongs to the node begins. Its first child may say otherwise, which another one was once before.
    pub(super) begin: u64,
}

impl Step {
    pub(super) const NONE: Self = Self {
        link: Link::NONE,
        at: 0,
        begin: 0,
    };
}

impl<const N: usize> Tree<N> {
    /// The leaf that an address belongs to; `None` in a tree that has none.
    #[inline(never)]
    pub(crate) fn place<'s, S: Store<N>>(&self, store: &'s S, addr: u64) -> Option<Place<'s, N>> {
        let mut span = 0..u64::MAX;
        let mut above = None;
        let mut link = self.root();
        if link.is_none() {
            return None;
        }
        loop {
            let node = store.node(link.index())?;
            node.prefetch(link);
            if link.level() == 0 {
                return Some(Place {
                    node,
                    link,
                    span,
                    above,
                });
            }
            let at = node.child_of(addr);
            if at > 0 {
                span.start = node.start(at);
            }
            if let Some(beyond) = node.first_of(at + 1) {
                span.end = beyond;
            }
            above = Some((node, at));
            link = node.link(at);
        }
    }

    /// The way to the leaf that an address belongs to.
    pub(super) fn path<S: Store<N>>(&self, store: &S, addr: u64) -> Option<Path> {
        let mut path = Path {
            steps: [Step::NONE; MAX_LEVELS],
        };
        let mut begin = 0;
        let mut link = self.root();
        while !link.is_none() {
            let node = store.node(link.index())?;
            let level = link.level();
            let at = if level == 0 { 0 } else { node.child_of(addr) };
            *path.steps.get_mut(level)? = Step { link, at, begin };
            if level == 0 {
                break;
            }
            if at > 0 {
                begin = node.start(at);
            }
            link = node.link(at);
        }
        Some(path)
    }
}

impl<const N: usize> Place<'_, N> {
    /// Does all of a range belong to this leaf?
    pub(crate) fn holds(&self, range: &Range<u64>) -> bool {
        self.span.start <= range.start && range.end <= self.span.end
    }

    /// The last entry that starts at or below an address.
    pub(crate) fn spot(&self, addr: u64) -> Option<Spot> {
        let control = self.node.control();
        let slot = highest(control.used() & below(self.node.below(addr)))?;
        Some(Spot {
            link: self.link,
            control,
            slot,
        })
    }

    /// Does an address belong to this leaf?
    pub(crate) fn contains(&self, addr: u64) -> bool {
        self.span.contains(&addr)
    }

    /// The gap that a range lies in, if nothing overlaps it, and it lies in this leaf.
    pub(crate) fn gap(&self, range: &Range<u64>) -> Option<Gap> {
        let used = self.node.control().used();
        let first = below(self.node.below(range.start));
        let (before, after) = (highest(used & first), lowest(used & !first));
        let begins = before.map_or(self.span.start, |at| self.node.end(at));
        let ends = after.map_or(self.span.end, |at| self.node.start(at));
        let touch = |is: bool, slot: Option<usize>| match slot {
            _ if !is => Touch::Nothing,
            Some(slot) => Touch::Slot(slot),
            None => Touch::Beyond,
        };
        let gap = Gap {
            slots: before.map_or(0, |at| at + 1)..after.unwrap_or(N),
            touches: [
                touch(begins == range.start, before),
                touch(range.end == ends, after),
            ],
        };
        (begins <= range.start && range.end <= ends).then_some(gap)
    }

    /// The entry that an address of this leaf lies in.
    pub(crate) fn at(&self, addr: u64) -> Option<Entry> {
        let Spot { control, slot, .. } = self.spot(addr)?;
        Some(self.node.entry(slot, control)).filter(|entry| addr < entry.end)
    }
}
