//! Changing what is recorded, by one thread at a time.

use core::ops::{ControlFlow, Range};

use super::{
    Registry,
    atomic::Ordering::Relaxed,
    identity::Identity,
    index::{Attributes, Detail, Entry},
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

    /// Puts entries in the place of all that begin in a range, and counts. What it takes was promised.
    fn replace(&mut self, range: Range<u64>, fresh: &[Entry]) {
        let (mut maps, mut bytes) = (0u64, 0u64);
        self.each(&range, |entry| {
            if range.contains(&entry.start) {
                maps += 1;
                bytes += entry.end - entry.start;
            }
            ControlFlow::Continue(())
        });
        if !self
            .registry
            .tree
            .splice(self.registry, self.supply.supply, range, fresh)
        {
            // Nothing that was promised is lacking; `check` tells if it was.
            self.registry.lost.fetch_add(1, Relaxed);
            return;
        }
        let more: u64 = fresh.iter().map(|entry| entry.end - entry.start).sum();
        // Relaxed: numbers for those who ask, changed inside the section only.
        let registry = self.registry;
        let count = |number: &super::atomic::AtomicU64, more: u64, less: u64| {
            number.store(
                number.load(Relaxed).wrapping_add(more).wrapping_sub(less),
                Relaxed,
            );
        };
        count(&registry.maps, fresh.len() as u64, maps);
        count(&registry.recorded, more, bytes);
        // The limit's count is changed outside as well, where bytes are promised.
        registry.bytes.fetch_add(more.wrapping_sub(bytes), Relaxed);
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
            self.replace_with_parts(entry.start..entry.end, fresh);
        }
        if let Some(entry) = self.at(range.end)
            && entry.start < range.end
        {
            let fresh = [
                entry.within(0, range.end),
                entry.within(range.end, u64::MAX),
                None,
            ];
            self.replace_with_parts(entry.start..entry.end, fresh);
        }
    }

    /// Puts those entries that there are in the place of all that begin in a range.
    fn replace_with_parts(&mut self, range: Range<u64>, parts: [Option<Entry>; 3]) {
        let mut fresh = [Entry::EMPTY; 3];
        let mut count = 0;
        for (slot, part) in fresh.iter_mut().zip(parts.into_iter().flatten()) {
            *slot = part;
            count += 1;
        }
        if let Some(fresh) = fresh.get(..count) {
            self.replace(range, fresh);
        }
    }

    /// Records a mapping, in place of whatever its range holds, and as one with neighbours that are like it.
    ///
    /// ```text
    ///   before   |left entry      |      |right   |         a neighbour that is cut keeps what lies outside,
    ///   new            |                     |              and one that only touches stays, unless it
    ///   after    |left |new                  |right|        becomes one with the new
    /// ```
    pub(super) fn insert(&mut self, new: Entry) {
        let mut entry = new;
        let mut replaced = new.start..new.end;
        let (mut left, mut right) = (None, None);
        if let Some(before) = new.start.checked_sub(1).and_then(|addr| self.at(addr)) {
            let part = before.within(0, new.start);
            if part.is_some_and(|part| self.are_one(&part, &new)) {
                entry.start = before.start;
                replaced.start = before.start;
            } else if before.end > new.start {
                left = part;
                replaced.start = before.start;
            }
        }
        if let Some(after) = self.at(new.end) {
            let part = after.within(new.end, u64::MAX);
            if part.is_some_and(|part| self.are_one(&new, &part)) {
                entry.end = after.end;
                replaced.end = after.end;
            } else if after.start < new.end {
                right = part;
                replaced.end = after.end;
            }
        }
        self.replace_with_parts(replaced, [left, Some(entry), right]);
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
        self.insert(Entry {
            start: range.start,
            end: range.end,
            attributes: attributes.with_record(record),
            marked: false,
        });
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

    /// Takes out the entries of a range that are marked.
    pub(super) fn clear_marked(&mut self, range: &Range<u64>) {
        self.clear(range, |entry| entry.marked);
    }

    /// Takes out the entries of a range of which that is true: whole entries, one series after the other.
    pub(super) fn clear(&mut self, range: &Range<u64>, goes: impl Fn(&Entry) -> bool) {
        let mut from = range.start;
        loop {
            let mut series: Option<Range<u64>> = None;
            self.each(&(from..range.end), |entry| {
                match (&mut series, goes(&entry)) {
                    (None, true) => series = Some(entry.start..entry.end),
                    (Some(series), true) => series.end = entry.end,
                    (None, false) => {}
                    (Some(_), false) => return ControlFlow::Break(()),
                }
                ControlFlow::Continue(())
            });
            let Some(series) = series else {
                return;
            };
            from = series.end;
            self.replace(series, &[]);
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
            self.replace(one.start..one.end, &[one]);
        }
    }

    /// Marks the entries of a range, which were cut at its ends, or takes their marks away.
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
