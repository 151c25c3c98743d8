//! Changing entries: what starts in a range goes, and a few entries come in its place.

use core::ops::Range;

use super::{
    super::atomic::{
        Ordering::{Relaxed, Release},
        fence,
    },
    Entry, Hand, Node, Place, Store, Tree,
    control::{below, each, highest, lowest},
    place::Touch,
};

/// What was taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    /// Has the leaf so little left that it may become one with a neighbour?
    pub(crate) is_sparse: bool,
}

impl Removed {
    pub(super) fn add(&mut self, entry: &Entry) {
        self.entries += 1;
        self.bytes += entry.end - entry.start;
    }
}

/// The most entries that come in place of others.
pub(super) const MOST_FRESH: usize = 3;

impl<const N: usize> Tree<N> {
    /// Takes out every entry that starts in a range, and puts `fresh` there, in order: at most three entries, which start
    /// in that range and overlap nothing else. `None` if descriptors were lacking, and nothing has changed.
    pub(crate) fn splice<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        range: &Range<u64>,
        fresh: &[Entry],
    ) -> Option<Removed> {
        if let Some(place) = self.place(store, range.start)
            && let Some(removed) = self.splice_in(store, hand, &place, range, fresh)
        {
            return Some(removed);
        }
        self.rebuild(store, hand, range, fresh)
    }

    /// The same where the entries stand, which needs no descriptors; `None` if it cannot be done there, and nothing has
    /// changed.
    pub(crate) fn splice_in<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        place: &Place<'_, N>,
        range: &Range<u64>,
        fresh: &[Entry],
    ) -> Option<Removed> {
        let node = place.node;
        let control = node.control();
        let end = fresh
            .last()
            .map_or(range.end, |last| last.end.max(range.end));
        if !place.holds(&(range.start..end)) || control.is_spent() {
            return None;
        }
        let gone = node.starting(range);
        let (mut kept, mut added) = (0, 0);
        let mut marks = control.marks() & !gone;
        // Of entries that stay and have another end: which, and where.
        let mut ends = [(0, 0); MOST_FRESH];
        // Release pairs with the acquire fence of readers: one that meets what is written here into an unused slot meets
        // the control word that said so.
        fence(Release);
        for (entry, end) in fresh.iter().zip(&mut ends) {
            let stays = |at: &usize| {
                let known = node.entry(*at, control);
                known.start == entry.start && known.attributes == entry.attributes
            };
            let slot = match each(gone & !kept).find(stays) {
                Some(slot) => {
                    kept |= 1 << slot;
                    slot
                }
                None => {
                    let slots = between(node, control.used() | added, entry.start);
                    let slot = make_room(node, &slots, entry.start)?;
                    node.fill(slot, entry);
                    added |= 1 << slot;
                    slot
                }
            };
            *end = (slot, entry.end);
            marks |= u64::from(entry.marked) << slot;
        }
        let mut removed = Removed::default();
        each(gone).for_each(|at| removed.add(&node.entry(at, control)));
        for entry in each(added).map(|at| node.entry(at, control)) {
            refer(store, &entry);
        }
        self.forget_gaps(store, place.span.start);

        let ends = ends.get(..fresh.len()).unwrap_or(&[]);
        for &(slot, end) in ends.iter().filter(|(slot, end)| *end > node.end(*slot)) {
            node.set_end(slot, end);
        }
        node.set_control(control.used() & !gone | kept | added, marks);
        let mut shrinking = ends
            .iter()
            .filter(|(slot, end)| *end < node.end(*slot))
            .peekable();
        if shrinking.peek().is_some() {
            // Release pairs with the acquire fence of readers: one that meets the new end meets the control word that
            // shows what is behind it now.
            fence(Release);
            shrinking.for_each(|&(slot, end)| node.set_end(slot, end));
        }
        // What was replaced is still as it was.
        for at in each(gone & !kept) {
            forget(store, hand, &node.entry(at, control));
        }
        Some(removed)
    }

    /// Puts an entry without a record where nothing is, as one with those beside it that are like it. `None` if it takes
    /// more than one leaf, and nothing has changed.
    pub(crate) fn fill_plain<S: Store<N>>(
        &self,
        store: &S,
        place: &Place<'_, N>,
        new: &Entry,
    ) -> Option<Removed> {
        let node = place.node;
        let control = node.control();
        let gap = place.gap(&(new.start..new.end))?;
        let is_like = |entry: Entry| entry.attributes == new.attributes && !entry.marked;
        // The slot of the one that touches it, if they are alike; `None` if that is in another leaf.
        let joins = |touch: Touch, addr: u64| match touch {
            Touch::Nothing => Some(None),
            Touch::Slot(at) => Some(is_like(node.entry(at, control)).then_some(at)),
            Touch::Beyond => {
                let other = self.place(store, addr).and_then(|place| place.at(addr));
                (!other.is_some_and(is_like)).then_some(None)
            }
        };
        let [before, after] = gap.touches;
        let before = joins(before, new.start.wrapping_sub(1))?;
        let after = joins(after, new.end)?;
        if control.is_spent() {
            return None;
        }
        // Release: as in `splice_in`.
        fence(Release);
        let end = after.map_or(new.end, |at| node.end(at));
        let mut used = control.used() & !after.map_or(0, |at| 1 << at);
        match before {
            Some(at) => {
                self.forget_gaps(store, new.start);
                node.set_end(at, end);
            }
            None => {
                let slot = make_room(node, &gap.slots, new.start)?;
                self.forget_gaps(store, new.start);
                node.fill(slot, &Entry { end, ..*new });
                used |= 1 << slot;
            }
        }
        node.set_control(used, control.marks() & used);
        // Those that became one with it: their bytes stay.
        Some(Removed {
            entries: u64::from(before.is_some()) + u64::from(after.is_some()),
            ..Removed::default()
        })
    }

    /// Takes entries of a leaf out: one store, which needs no descriptors.
    pub(super) fn remove<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        place: &Place<'_, N>,
        slots: u64,
    ) -> Removed {
        if slots == 0 {
            return Removed::default();
        }
        self.forget_gaps(store, place.span.start);
        let node = place.node;
        let control = node.control();
        let mut removed = Removed::default();
        let left = control.used() & !slots;
        node.set_control(left, control.marks() & !slots);
        removed.is_sparse = left.count_ones() as usize <= Self::NEARLY_EMPTY;
        for at in each(slots) {
            let entry = node.entry(at, control);
            removed.add(&entry);
            forget(store, hand, &entry);
        }
        removed
    }
}

/// An unused slot for an entry that starts there, with the starts of other unused slots moved out of its way; `None` if
/// there is none between the `taken` ones beside it.
///
/// ```text
///   taken     1    0    0    0    1                        1    0    1    0    1
///   starts   10   40   10   30   50     room for 20:      10   10   20   30   50
/// ```
///
/// What unused slots between two taken ones hold may be anything between the starts of those, in any order.
fn make_room<const N: usize>(node: &Node<N>, slots: &Range<usize>, start: u64) -> Option<usize> {
    if slots.is_empty() {
        return None;
    }
    let slot = (slots.start + slots.end) / 2;
    for at in slots.start..slot {
        if node.start(at) > start {
            node.set_start(at, start);
        }
    }
    for at in slot + 1..slots.end {
        if node.start(at) < start {
            node.set_start(at, start);
        }
    }
    Some(slot)
}

/// The slots between the taken ones that an entry which starts there belongs between.
fn between<const N: usize>(node: &Node<N>, taken: u64, start: u64) -> Range<usize> {
    let before = below(node.below(start));
    let first = highest(taken & before).map_or(0, |at| at + 1);
    first..lowest(taken & !before).unwrap_or(N)
}

/// An entry more refers to its record.
pub(super) fn refer<const N: usize, S: Store<N>>(store: &S, entry: &Entry) {
    if let Some(record) = entry
        .attributes
        .record()
        .and_then(|index| store.record(index))
    {
        // Relaxed: writers alone count, and the lock orders them.
        record.next.store(record.next.load(Relaxed) + 1, Relaxed);
    }
}

/// An entry fewer refers to its record, which is given back with the last one.
pub(super) fn forget<const N: usize, S: Store<N>, H: Hand>(store: &S, hand: &mut H, entry: &Entry) {
    let Some(index) = entry.attributes.record() else {
        return;
    };
    if let Some(record) = store.record(index) {
        let left = record.next.load(Relaxed).saturating_sub(1);
        record.next.store(left, Relaxed);
        if left == 0 {
            hand.give_record(index);
        }
    }
}
