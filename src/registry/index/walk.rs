//! What a writer does to entries where they stand, and how it looks at them.

use core::ops::{ControlFlow, Range};

use super::{
    super::atomic::{
        Ordering::{Relaxed, Release},
        fence,
    },
    Attributes, Entry, Hand, Node, Place, Removed, Store, Tree,
    control::{each, highest, lowest},
    place::Spot,
};

/// Some slots of a leaf.
pub(crate) struct Slots<'s, const N: usize> {
    node: &'s Node<N>,
    slots: u64,
}

impl<const N: usize> Slots<'_, N> {
    /// All of them.
    pub(crate) const fn all(self) -> u64 {
        self.slots
    }

    /// Those whose entries are marked.
    pub(crate) fn marked(self) -> u64 {
        self.slots & self.node.control().marks()
    }

    /// Those of whose entries that is true.
    pub(crate) fn which(self, is: impl Fn(&Entry) -> bool) -> u64 {
        let control = self.node.control();
        let which = each(self.slots).filter(|at| is(&self.node.entry(*at, control)));
        which.fold(0, |slots, at| slots | 1 << at)
    }
}

impl<const N: usize> Tree<N> {
    /// Visits the leaves that a range belongs to, in order, each with the slots of its entries that overlap the range.
    fn leaves<S: Store<N>>(
        &self,
        store: &S,
        range: &Range<u64>,
        mut visit: impl FnMut(&Place<'_, N>, u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut from = range.start;
        while from < range.end
            && let Some(place) = self.place(store, from)
        {
            let slots = place.node.overlapping(range);
            from = place.span.end;
            visit(&place, slots)?;
        }
        ControlFlow::Continue(())
    }

    /// Visits the entries that overlap a range, in order, until told to stop.
    pub(crate) fn each<S: Store<N>>(
        &self,
        store: &S,
        range: &Range<u64>,
        mut visit: impl FnMut(Entry) -> ControlFlow<()>,
    ) {
        let _ = self.leaves(store, range, |place, slots| {
            let control = place.node.control();
            each(slots).try_for_each(|at| visit(place.node.entry(at, control)))
        });
    }

    /// Marks the entries that overlap a range, or takes their marks away: one store a leaf.
    pub(crate) fn mark<S: Store<N>>(&self, store: &S, range: &Range<u64>, marked: bool) {
        let _ = self.leaves(store, range, |place, slots| {
            let control = place.node.control();
            let marks = if marked {
                control.marks() | slots
            } else {
                control.marks() & !slots
            };
            if marks != control.marks() {
                place.node.set_control(control.used(), marks);
            }
            ControlFlow::Continue(())
        });
    }

    /// Gives the entries that overlap a range other attributes, all of which are marked: one store an entry.
    pub(crate) fn change<S: Store<N>>(
        &self,
        store: &S,
        range: &Range<u64>,
        mut change: impl FnMut(&Entry) -> Attributes,
    ) {
        let _ = self.leaves(store, range, |place, slots| {
            let control = place.node.control();
            if slots != 0 {
                // Another version, so that nobody reads new attributes together with an end of before.
                place.node.set_control(control.used(), control.marks());
                // Release pairs with the acquire fence of readers: one that meets new attributes meets that version.
                fence(Release);
            }
            for at in each(slots) {
                let entry = place.node.entry(at, control);
                let attributes = change(&entry);
                if attributes != entry.attributes {
                    place.node.set_attributes(at, attributes);
                }
            }
            ControlFlow::Continue(())
        });
    }

    /// Takes out the entries of a range, if it cuts none and lies in one leaf.
    pub(crate) fn remove_whole<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        range: &Range<u64>,
    ) -> Option<Removed> {
        let place = self.place(store, range.start)?;
        let slots = place.whole(range)?;
        Some(self.remove(store, hand, &place, slots))
    }

    /// Takes out the entry at a spot, if nothing in its leaf has changed since.
    pub(crate) fn remove_plain<S: Store<N>>(&self, store: &S, spot: Spot) -> Option<Removed> {
        let node = store.node(spot.link.index())?;
        if node.header.load(Relaxed) != spot.link.word() || node.control() != spot.control {
            return None;
        }
        let control = spot.control;
        let entry = node.entry(spot.slot, control);
        self.forget_gaps(store, entry.start);
        let others = !(1 << spot.slot);
        node.set_control(control.used() & others, control.marks() & others);
        let mut removed = Removed::default();
        removed.add(&entry);
        Some(removed)
    }

    /// Takes out those of the entries that overlap a range whose slots are chosen, leaf by leaf, if the range lies in one
    /// leaf or it is to be done `anyway`; emptied leaves stay.
    pub(crate) fn remove_those<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        range: &Range<u64>,
        anyway: bool,
        goes: impl Fn(Slots<'_, N>) -> u64,
    ) -> Option<Removed> {
        let mut all = Removed::default();
        let gone = self.leaves(store, range, |place, slots| {
            if !anyway && !place.holds(range) {
                return ControlFlow::Break(());
            }
            let node = place.node;
            let removed = self.remove(store, hand, place, goes(Slots { node, slots }));
            all.entries += removed.entries;
            all.bytes += removed.bytes;
            all.is_sparse |= removed.is_sparse;
            ControlFlow::Continue(())
        });
        gone.is_continue().then_some(all)
    }

    /// Has so little been left at an address that its leaf is to become one with a neighbour, or to go?
    pub(crate) fn is_sparse<S: Store<N>>(&self, store: &S, addr: u64) -> bool {
        self.place(store, addr).is_some_and(|place| {
            let left = place.node.control().used();
            place.is_sparse_with(store, left)
        })
    }

    /// Copies the leaf of an address, with what little a neighbour holds; `false` if descriptors were lacking.
    pub(crate) fn tidy<S: Store<N>, H: Hand>(&self, store: &S, hand: &mut H, addr: u64) -> bool {
        self.rebuild(store, hand, &(addr..addr), &[]).is_some()
    }

    /// Gives every leaf of a range a new life that has come to the end of its versions; `false` if descriptors were lacking.
    pub(crate) fn renew<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        range: &Range<u64>,
    ) -> bool {
        let mut from = range.start;
        while from < range.end {
            let Some(place) = self.place(store, from) else {
                return true;
            };
            if place.node.control().is_spent() && !self.tidy(store, hand, from) {
                return false;
            }
            from = place.span.end;
        }
        true
    }
}

impl<const N: usize> Place<'_, N> {
    /// The slots of the entries of a range, if it cuts none and lies in this leaf.
    fn whole(&self, range: &Range<u64>) -> Option<u64> {
        let slots = self.node.overlapping(range);
        let is_cut = match (lowest(slots), highest(slots)) {
            (Some(first), Some(last)) => {
                self.node.start(first) < range.start || self.node.end(last) > range.end
            }
            _ => false,
        };
        (self.holds(range) && !is_cut).then_some(slots)
    }

    /// Marks the entries of a range by one store, if it cuts none and lies in this leaf; `false` if not.
    pub(crate) fn mark_whole(&self, range: &Range<u64>) -> bool {
        let control = self.node.control();
        let Some(slots) = self.whole(range).filter(|_| !control.is_spent()) else {
            return false;
        };
        if slots != 0 {
            let marks = control.marks() | slots;
            self.node.set_control(control.used(), marks);
        }
        true
    }

    /// Is this leaf to become one with a neighbour, or to go, when these slots are left?
    fn is_sparse_with<S: Store<N>>(&self, store: &S, left: u64) -> bool {
        let Some((above, at)) = self.above else {
            return false;
        };
        let most = Tree::<N>::NEARLY_EMPTY;
        if left.count_ones() as usize > most {
            return false;
        }
        let is_little = |at: usize| {
            let node = store.node(above.link(at).index());
            let count = |node: &Node<N>| node.control().used().count_ones() as usize;
            at < above.children() && node.is_some_and(|node| count(node) <= most)
        };
        left == 0 || at.checked_sub(1).is_some_and(is_little) || is_little(at + 1)
    }

    /// The entry that is just this range, if it has no record, and if its leaf stays without it.
    pub(crate) fn plain<S: Store<N>>(&self, store: &S, range: &Range<u64>) -> Option<Spot> {
        let spot = self.spot(range.start)?;
        let entry = self.node.entry(spot.slot, spot.control);
        let is_just_this = entry.start == range.start && entry.end == range.end;
        let is_plain = entry.attributes.record().is_none() && !spot.control.is_spent();
        if !is_just_this || !is_plain {
            return None;
        }
        let left = spot.control.used() & !(1 << spot.slot);
        (!self.is_sparse_with(store, left)).then_some(spot)
    }

    /// The same, and marks it.
    pub(crate) fn mark_plain<S: Store<N>>(&self, store: &S, range: &Range<u64>) -> Option<Spot> {
        let spot = self.plain(store, range)?;
        let control = spot.control;
        self.node
            .set_control(control.used(), control.marks() | 1 << spot.slot);
        Some(Spot {
            control: self.node.control(),
            ..spot
        })
    }

    /// The entry that overlaps a range of this leaf, if only one does.
    pub(crate) fn only(&self, range: &Range<u64>) -> Option<Entry> {
        let slots = self.node.overlapping(range);
        let slot = highest(slots).filter(|_| self.holds(range) && slots.is_power_of_two())?;
        Some(self.node.entry(slot, self.node.control()))
    }
}
