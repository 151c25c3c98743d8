//! Changing what is recorded, by one thread at a time.

use core::ops::{ControlFlow, Range};

use super::{
    FANOUT, Registry,
    atomic::{AtomicU64, Ordering::Relaxed},
    identity::Identity,
    index::{Attributes, Detail, Entry, Removed, Slots},
    info::Facts,
    lock::Held,
    supply::Supply,
};
use crate::{Errno, Result, space::AddressSpace};

/// The lock is held, and descriptors are at hand.
pub(super) struct Section<'r, 's, A> {
    pub(super) registry: &'r Registry<A>,
    pub(super) me: Identity,
    /// Given up before the lock is.
    pub(super) supply: InUse<'r, 's>,
    pub(super) held: Held<'r>,
}

/// The descriptors of an operation while it has the lock; what is left of them is given back at the end.
pub(super) struct InUse<'r, 's> {
    pub(super) supply: &'s mut Supply<'r>,
    /// Does the operation need nothing any more after that?
    pub(super) is_last: bool,
}

impl Drop for InUse<'_, '_> {
    fn drop(&mut self) {
        self.supply.give_back();
        if self.is_last {
            self.supply.release();
        }
    }
}

impl<A> Registry<A> {
    /// Counts what was taken out and what came in its place, inside the section.
    pub(super) fn count(&self, removed: Removed, entries: u64, bytes: u64) {
        // Relaxed: numbers for those who ask, changed inside the section only.
        let count = |number: &AtomicU64, more: u64, less: u64| {
            let number_now = number.load(Relaxed).wrapping_add(more);
            number.store(number_now.wrapping_sub(less), Relaxed);
        };
        count(&self.maps, entries, removed.entries);
        count(&self.recorded, bytes, removed.bytes);
    }
}

/// Up to three entries, in order.
pub(super) struct Parts {
    entries: [Entry; 3],
    len: usize,
}

impl Parts {
    fn of(parts: [Option<Entry>; 3]) -> Self {
        let mut entries = [Entry::EMPTY; 3];
        let mut len = 0;
        for (slot, part) in entries.iter_mut().zip(parts.into_iter().flatten()) {
            *slot = part;
            len += 1;
        }
        Self { entries, len }
    }

    /// What an entry becomes of which a range is marked.
    pub(super) fn around(whole: &Entry, range: &Range<u64>) -> Self {
        let part = whole.within(range.start, range.end);
        Self::of([
            whole.within(0, range.start),
            part.map(|part| Entry {
                marked: true,
                ..part
            }),
            whole.within(range.end, u64::MAX),
        ])
    }

    pub(super) fn entries(&self) -> &[Entry] {
        self.entries.get(..self.len).unwrap_or(&[])
    }
}

impl<'r, A: AddressSpace> Section<'r, '_, A> {
    /// The entry that an address lies in.
    pub(super) fn at(&self, addr: u64) -> Option<Entry> {
        self.first(addr..addr.saturating_add(1))
    }

    /// The first entry that overlaps a range.
    pub(super) fn first(&self, range: Range<u64>) -> Option<Entry> {
        let mut first = None;
        self.each(&range, |entry| {
            first = Some(entry);
            ControlFlow::Break(())
        });
        first
    }

    pub(super) fn each(&self, range: &Range<u64>, visit: impl FnMut(Entry) -> ControlFlow<()>) {
        self.registry.tree.each(self.registry, range, visit);
    }

    /// Puts entries in the place of all that start in a range, and counts; `false` if descriptors were lacking.
    fn replace(&mut self, range: &Range<u64>, fresh: &[Entry]) -> bool {
        let registry = self.registry;
        let removed = registry
            .tree
            .splice(registry, self.supply.supply, range, fresh);
        removed.map(|removed| self.count(removed, fresh)).is_some()
    }

    /// The same, of what was promised.
    fn replace_as_promised(&mut self, range: &Range<u64>, fresh: &[Entry]) {
        let registry = self.registry;
        let removed = registry
            .tree
            .splice(registry, self.supply.supply, range, fresh);
        self.count_as_promised(removed, fresh);
    }

    fn count_as_promised(&self, removed: Option<Removed>, fresh: &[Entry]) {
        match removed {
            Some(removed) => self.count(removed, fresh),
            // Nothing that was promised is lacking; `check` tells if it was.
            None => {
                self.registry.lost.fetch_add(1, Relaxed);
            }
        }
    }

    /// Counts what was taken out and what came in its place.
    fn count(&self, removed: Removed, fresh: &[Entry]) {
        let bytes = fresh.iter().map(|entry| entry.end - entry.start).sum();
        self.registry.count(removed, fresh.len() as u64, bytes);
    }

    /// Cuts the entries at both ends of a range, so that none reaches over them.
    pub(super) fn cut(&mut self, range: &Range<u64>) {
        if let Some(entry) = self.at(range.start)
            && entry.start < range.start
        {
            let fresh = [
                entry.within(0, range.start),
                entry.within(range.start, range.end),
                entry.within(range.end, u64::MAX),
            ];
            self.replace_as_promised(&(entry.start..entry.end), Parts::of(fresh).entries());
        }
        if let Some(entry) = self.at(range.end)
            && entry.start < range.end
        {
            let fresh = [
                entry.within(0, range.end),
                entry.within(range.end, u64::MAX),
                None,
            ];
            self.replace_as_promised(&(entry.start..entry.end), Parts::of(fresh).entries());
        }
    }

    /// Records a mapping, in place of whatever its range holds, and as one with neighbours that are like it.
    ///
    /// ```text
    ///   before   |left entry      |      |right   |         a neighbour that is cut keeps what lies outside,
    ///   new            |                     |              and one that only touches stays, unless it
    ///   after    |left |new                  |right|        becomes one with the new
    /// ```
    ///
    /// `frugally`: only where it takes no descriptors. `false` if it does, and nothing has changed.
    fn insert(&mut self, new: Entry, frugally: bool) -> bool {
        let registry = self.registry;
        let place = registry.tree.place(registry, new.start);
        if let Some(place) = &place
            && new.attributes.record().is_none()
            && let Some(removed) = registry.tree.fill_plain(registry, place, &new)
        {
            self.count(removed, &[new]);
            return true;
        }
        let at = |addr: u64| match &place {
            Some(place) if place.contains(addr) => place.at(addr),
            _ => self.at(addr),
        };
        let mut entry = new;
        let mut replaced = new.start..new.end;
        let (mut left, mut right) = (None, None);
        if let Some(before) = new.start.checked_sub(1).and_then(at) {
            let part = before.within(0, new.start);
            if part.is_some_and(|part| self.are_one(&part, &new)) {
                entry.start = before.start;
                replaced.start = before.start;
            } else if before.end > new.start {
                left = part;
                replaced.start = before.start;
            }
        }
        if let Some(after) = at(new.end) {
            let part = after.within(new.end, u64::MAX);
            if part.is_some_and(|part| self.are_one(&new, &part)) {
                entry.end = after.end;
                replaced.end = after.end;
            } else if after.start < new.end {
                right = part;
                replaced.end = after.end;
            }
        }
        let parts = Parts::of([left, Some(entry), right]);
        let (tree, fresh) = (&registry.tree, parts.entries());
        let hand = &mut *self.supply.supply;
        let in_place =
            place.and_then(|place| tree.splice_in(registry, hand, &place, &replaced, fresh));
        if in_place.is_none() && frugally {
            return false;
        }
        let removed = in_place.or_else(|| tree.rebuild(registry, hand, &replaced, fresh));
        self.count_as_promised(removed, fresh);
        true
    }

    /// Records a range with these attributes if that takes no descriptors; `false` if it does, and nothing has changed.
    pub(super) fn insert_frugally(&mut self, range: Range<u64>, attributes: Attributes) -> bool {
        self.insert(Entry::new(&range, attributes), true)
    }

    /// Records a range with these attributes, and with a record of its own if there is something for one to hold.
    pub(super) fn insert_with(
        &mut self,
        range: Range<u64>,
        attributes: Attributes,
        detail: Option<Detail>,
    ) -> Result<()> {
        let record = match detail {
            Some(detail) => Some(self.supply.supply.record(detail).ok_or(Errno::ENOMEM)?),
            None => None,
        };
        self.insert(Entry::new(&range, attributes.with_record(record)), false);
        Ok(())
    }

    /// Can two entries that touch be one?
    fn are_one(&self, left: &Entry, right: &Entry) -> bool {
        left.end == right.start
            && !left.marked
            && !right.marked
            && (left.attributes == right.attributes
                || self.are_alike(left.attributes, right.attributes))
    }

    /// Private anonymous memory has no identity but what the program gave it.
    fn are_alike(&self, left: Attributes, right: Attributes) -> bool {
        let (Some(a), Some(b)) = (left.record(), right.record()) else {
            return false;
        };
        let detail = |index| {
            self.registry
                .records
                .get(index)
                .map(|record| record.detail())
        };
        left.facts() == right.facts()
            && Facts::of(left).is_private_anonymous()
            && detail(a) == detail(b)
    }

    /// Takes out the entries of a range that are marked, all of which lie in it whole.
    ///
    /// In one leaf that is one store. Where there are more, their nodes go too, if there are descriptors for that: one
    /// series of entries after the other.
    pub(super) fn clear_marked(&mut self, range: &Range<u64>) {
        if !self.clear_where_they_stand(range, false, |slots| slots.marked()) {
            self.clear_series(range, |entry| entry.marked);
        }
    }

    /// Takes out the entries of a range, all of which lie in it whole.
    pub(super) fn clear(&mut self, range: &Range<u64>) {
        if !self.clear_where_they_stand(range, false, |slots| slots.all()) {
            self.clear_series(range, |_| true);
        }
    }

    /// Takes out the entries of a range of which that is true, all of which lie in it whole.
    pub(super) fn clear_series(&mut self, range: &Range<u64>, goes: impl Fn(&Entry) -> bool) {
        let mut from = range.start;
        while let Some(series) = self.series(&(from..range.end), &goes) {
            from = series.end;
            if self.replace(&series, &[]) {
                self.tidy(series.start);
            } else {
                self.clear_where_they_stand(&series, true, |slots| slots.which(&goes));
            }
        }
    }

    fn clear_where_they_stand(
        &mut self,
        range: &Range<u64>,
        anyway: bool,
        which: impl Fn(Slots<'_, FANOUT>) -> u64,
    ) -> bool {
        let registry = self.registry;
        let hand = &mut *self.supply.supply;
        let removed = registry
            .tree
            .remove_those(registry, hand, range, anyway, which);
        match removed {
            Some(removed) => self.count_cleared(range, removed),
            None => return false,
        }
        true
    }

    fn count_cleared(&mut self, range: &Range<u64>, removed: Removed) {
        self.count(removed, &[]);
        if removed.is_sparse {
            self.tidy(range.start);
        }
    }

    /// From the start of the first entry of which that is true to the end of the last one that follows it directly.
    fn series(&self, range: &Range<u64>, goes: impl Fn(&Entry) -> bool) -> Option<Range<u64>> {
        let mut series: Option<Range<u64>> = None;
        self.each(range, |entry| {
            match (&mut series, goes(&entry)) {
                (None, true) => series = Some(entry.start..entry.end),
                (Some(series), true) => series.end = entry.end,
                (None, false) => {}
                (Some(_), false) => return ControlFlow::Break(()),
            }
            ControlFlow::Continue(())
        });
        series
    }

    /// Takes out what is recorded in a range, if it cuts nothing and takes no descriptors; `false` if it does, and nothing
    /// has changed.
    pub(super) fn clear_frugally(&mut self, range: &Range<u64>) -> bool {
        let registry = self.registry;
        let hand = &mut *self.supply.supply;
        let Some(removed) = registry.tree.remove_whole(registry, hand, range) else {
            return false;
        };
        self.count_cleared(range, removed);
        true
    }

    /// Makes one leaf of two that have become nearly empty, if there are nodes to spare.
    #[cold]
    fn tidy(&mut self, addr: u64) {
        let registry = self.registry;
        if registry.tree.is_sparse(registry, addr)
            && self.supply.supply.can_spare(registry.tree.levels())
        {
            registry.tree.tidy(registry, self.supply.supply, addr);
        }
    }

    /// Makes entries one that touch and are alike, inside a range and at its ends.
    pub(super) fn merge(&mut self, range: &Range<u64>) {
        let mut from = range.start.saturating_sub(1);
        let to = range.end.saturating_add(1);
        loop {
            let mut series: Option<Entry> = None;
            let mut count = 0;
            self.each(&(from..to), |entry| {
                if let Some(last) = &mut series {
                    let tail = Entry {
                        start: last.end.saturating_sub(1),
                        ..*last
                    };
                    if self.are_one(&tail, &entry) {
                        last.end = entry.end;
                        count += 1;
                        return ControlFlow::Continue(());
                    }
                    if count > 1 {
                        return ControlFlow::Break(());
                    }
                }
                series = Some(entry);
                count = 1;
                ControlFlow::Continue(())
            });
            let Some(one) = series.filter(|_| count > 1) else {
                return;
            };
            from = one.end;
            // Where descriptors are lacking, for an operation that was refused, they stay apart.
            self.replace(&(one.start..one.end), &[one]);
        }
    }

    /// Marks the entries of a range, after cutting those at its ends.
    pub(super) fn cut_and_mark(&mut self, range: &Range<u64>) {
        if self.mark_frugally(range) {
            return;
        }
        self.cut(range);
        // Without descriptors for all of them, the versions that are kept for that last a while.
        let registry = self.registry;
        let _ = registry.tree.renew(registry, self.supply.supply, range);
        self.mark(range, true);
    }

    /// Marks the entries of a range, and cuts one that is larger, if that takes no descriptors; `false` if it does, and
    /// nothing has changed.
    pub(super) fn mark_frugally(&mut self, range: &Range<u64>) -> bool {
        let registry = self.registry;
        let Some(place) = registry.tree.place(registry, range.start) else {
            return true;
        };
        if place.mark_whole(range) {
            return true;
        }
        let Some(whole) = place.only(range) else {
            return false;
        };
        let parts = Parts::around(&whole, range);
        let (tree, hand) = (&registry.tree, &mut *self.supply.supply);
        let range = whole.start..whole.end;
        let removed = tree.splice_in(registry, hand, &place, &range, parts.entries());
        removed
            .map(|removed| self.count(removed, parts.entries()))
            .is_some()
    }

    /// Marks the entries of a range, or takes their marks away.
    pub(super) fn mark(&self, range: &Range<u64>, marked: bool) {
        self.registry.tree.mark(self.registry, range, marked);
    }

    /// Gives the marked entries of a range other facts, where they stand.
    pub(super) fn change_marked(&self, range: &Range<u64>, change: impl Fn(Facts) -> Facts) {
        self.registry.tree.change(self.registry, range, |entry| {
            if entry.marked {
                let facts = change(Facts::of(entry.attributes));
                entry.attributes.with_facts(facts.word())
            } else {
                entry.attributes
            }
        });
    }
}
