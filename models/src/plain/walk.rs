//! What a writer does to entries where they stand, and how it looks at them.

use core::ops::{ControlFlow, Range};

use super::{Attributes, Entry, Link, Node, Store, Tree};

impl<const N: usize> Tree<N> {
    /// Visits the entries that overlap a range, in order, until told to stop.
    pub(crate) fn each<S: Store<N>>(
        &self,
        store: &S,
        range: &Range<u64>,
        mut visit: impl FnMut(Entry) -> ControlFlow<()>,
    ) {
        let _ = each_slot(store, self.root(), range, &mut |node, at| {
            visit(node.entry(at))
        });
    }

    /// Marks the entries that overlap a range, or takes their marks away: one store a leaf.
    pub(crate) fn mark<S: Store<N>>(&self, store: &S, range: &Range<u64>, marked: bool) {
        let _ = each_leaf(store, self.root(), range, &mut |node, slots| {
            let bits = slots.fold(0, |bits, at| bits | 1 << at);
            let marks = node.marks();
            node.set_marks(if marked { marks | bits } else { marks & !bits });
            ControlFlow::Continue(())
        });
    }

    /// Gives the entries that overlap a range other attributes: one store an entry.
    pub(crate) fn change<S: Store<N>>(
        &self,
        store: &S,
        range: &Range<u64>,
        mut change: impl FnMut(&Entry) -> Attributes,
    ) {
        let _ = each_slot(store, self.root(), range, &mut |node, at| {
            node.set_attributes(at, change(&node.entry(at)));
            ControlFlow::Continue(())
        });
    }
}

fn each_slot<const N: usize, S: Store<N>>(
    store: &S,
    link: Link,
    range: &Range<u64>,
    visit: &mut impl FnMut(&Node<N>, usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    each_leaf(store, link, range, &mut |node, mut slots| {
        slots.try_for_each(|at| visit(node, at))
    })
}

/// Visits the leaves that have entries in a range, each with the slots of those.
fn each_leaf<const N: usize, S: Store<N>>(
    store: &S,
    link: Link,
    range: &Range<u64>,
    visit: &mut impl FnMut(&Node<N>, Range<usize>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some(node) = store.node(link.index()).filter(|_| !link.is_none()) else {
        return ControlFlow::Continue(());
    };
    let Some(last_address) = range.end.checked_sub(1).filter(|last| range.start <= *last) else {
        return ControlFlow::Continue(());
    };
    let count = node.count();
    let after = node.position(count, last_address);
    let first = node.position(count, range.start).saturating_sub(1);
    if link.level() != 0 {
        return (first..after).try_for_each(|at| each_leaf(store, node.child(at), range, visit));
    }
    // The one that begins at or below the range may end before it.
    let first = if node.entry(first).end <= range.start {
        first + 1
    } else {
        first
    };
    if first < after {
        visit(node, first..after)
    } else {
        ControlFlow::Continue(())
    }
}
