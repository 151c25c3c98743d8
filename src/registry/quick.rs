//! What programs do most of the time, by the shortest way: one entry in one leaf comes or goes whole, with nothing that has
//! to be promised but for the worst case, and nothing else on its way.
//!
//! Each of these answers `None` where it is not so, with nothing changed, and then the usual way is gone. What turns out
//! otherwise after the kernel has acted goes on there: an operation is the same on both. This one is short because after
//! a system call, or between two, what a way costs is the code that it touches.

use core::{array::from_ref, ops::Range};

use super::{
    FANOUT, Registry,
    atomic::Ordering::Relaxed,
    change::{Change, Marked},
    identity::Identity,
    index::{Attributes, Entry, Hand, Place, Spot},
    lock::{Held, Ready},
    recording::MAP,
    section::Parts,
};
use crate::{
    Result,
    space::{AddressSpace, Region},
};

/// A thread that has come by the short way.
#[derive(Clone, Copy)]
pub(super) struct Comer<'r> {
    pub(super) ready: Ready<'r>,
    pub(super) me: Identity,
    /// How many recoveries there had been when it came.
    pub(super) recoveries: u64,
}

/// A hand with nothing in it, for what takes nothing and gives nothing back.
struct Empty;

impl Hand for Empty {
    fn take_node(&mut self) -> Option<u32> {
        None
    }

    fn give_node(&mut self, _: u32) {}

    fn give_record(&mut self, _: u32) {}
}

impl<A: AddressSpace> Registry<A> {
    fn comer(&self) -> Option<Comer<'_>> {
        let ready = self.lock.ready()?;
        let me = self.identity();
        let comer = Comer {
            ready,
            me,
            recoveries: self.recoveries.load(Relaxed),
        };
        (!ready.is_mine(me) && !ready.forked()).then_some(comer)
    }

    /// Takes the lock, if this is still the process that came.
    fn enter<'r>(&self, comer: Comer<'r>) -> Option<Held<'r>> {
        let held = comer.ready.take(comer.me);
        (!self.is_another_process(comer.ready, comer.recoveries)).then_some(held)
    }

    /// Maps private anonymous memory with these attributes.
    pub(super) fn map_quickly(
        &self,
        attributes: Attributes,
        map: impl FnOnce() -> Result<Region>,
    ) -> Option<Result<Region>> {
        if self.limit.load(Relaxed) != 0 {
            return None;
        }
        let comer = self.comer()?;
        let promised = MAP.without_record().nodes(self.tree.levels());
        if !self.nodes.promise_of_what_is_there(promised) {
            return None;
        }
        let mapped = map();
        if let Ok(region) = mapped
            && let Some(held) = self.enter(comer)
        {
            let start = region.start() as u64;
            let range = start..start + region.len() as u64;
            if self.insert_quickly(&range, attributes) {
                self.nodes.release(promised);
                drop(held);
                return Some(mapped);
            }
        }
        Some(self.map_on(comer, promised, attributes, mapped))
    }

    /// Goes on from there by the usual way.
    #[cold]
    fn map_on(
        &self,
        comer: Comer<'_>,
        promised: u32,
        attributes: Attributes,
        mapped: Result<Region>,
    ) -> Result<Region> {
        let mut change = Change::of(self, comer, MAP.without_record(), promised);
        let region = mapped?;
        let start = region.start() as u64;
        let range = start..start + region.len() as u64;
        change.enter().insert_with(range, attributes, None)?;
        mapped
    }

    /// Unmaps a range.
    pub(super) fn unmap_quickly(
        &self,
        range: &Range<u64>,
        unmap: impl FnOnce() -> Result<()>,
    ) -> Option<Result<()>> {
        let comer = self.comer()?;
        let held = self.enter(comer)?;
        let [ticket] = self.operations.begin_all(from_ref(range), comer.me).ok()?;
        let spot = self.tree.place(self, range.start).and_then(|place| {
            let whole = place.mark_plain(self, range);
            whole.or_else(|| self.cut_out(&place, range))
        });
        let Some(spot) = spot else {
            self.operations.end(ticket, range);
            return None;
        };
        drop(held);
        let unmapped = unmap();
        if unmapped.is_ok()
            && let Some(held) = self.enter(comer)
            && let Some(removed) = self.tree.remove_plain(self, spot)
        {
            self.count(removed, 0, 0);
            self.operations.end(ticket, range);
            held.operation_ended();
            return Some(unmapped);
        }
        let marked = Marked::of(range.clone(), ticket);
        Some(self.unmap_on(comer, &marked, unmapped))
    }

    /// Goes on from there by the usual way.
    #[cold]
    fn unmap_on(&self, comer: Comer<'_>, marked: &Marked, unmapped: Result<()>) -> Result<()> {
        let mut change = Change::of_marked(self, comer);
        match unmapped {
            Ok(()) => change.finish([marked]).clear_marked(&marked.range),
            Err(_) => change.unmark(marked),
        }
        unmapped
    }

    /// Records a range.
    pub(super) fn track_quickly(&self, range: &Range<u64>, attributes: Attributes) -> bool {
        self.limit.load(Relaxed) == 0
            && self.comer().is_some_and(|comer| {
                let held = self.enter(comer);
                held.is_some()
                    && self.operations.is_empty()
                    && self.insert_quickly(range, attributes)
            })
    }

    /// Forgets what is recorded in a range.
    pub(super) fn untrack_quickly(&self, range: &Range<u64>) -> bool {
        let Some(comer) = self.comer() else {
            return false;
        };
        let held = self.enter(comer);
        if held.is_none() || !self.operations.is_empty() {
            return false;
        }
        let place = self.tree.place(self, range.start);
        let spot = place.and_then(|place| place.plain(self, range));
        match spot.and_then(|spot| self.tree.remove_plain(self, spot)) {
            Some(removed) => self.count(removed, 0, 0),
            None => return false,
        }
        true
    }

    /// Cuts a part out of an entry and marks it, inside the section.
    fn cut_out(&self, place: &Place<'_, FANOUT>, range: &Range<u64>) -> Option<Spot> {
        let whole = place.only(range)?;
        // One that goes whole and was no plain one may leave its leaf nearly empty, which is then to be seen to.
        let leaves_some = whole.start < range.start || range.end < whole.end;
        if whole.attributes.record().is_some() || !leaves_some {
            return None;
        }
        let parts = Parts::around(&whole, range);
        let all = whole.start..whole.end;
        let removed = self
            .tree
            .splice_in(self, &mut Empty, place, &all, parts.entries())?;
        self.count(removed, parts.entries().len() as u64, all.end - all.start);
        place.spot(range.start.max(whole.start))
    }

    /// Inside the section.
    fn insert_quickly(&self, range: &Range<u64>, attributes: Attributes) -> bool {
        let entry = Entry::new(range, attributes);
        let Some(place) = self.tree.place(self, range.start) else {
            return false;
        };
        let Some(removed) = self.tree.fill_plain(self, &place, &entry) else {
            return false;
        };
        self.count(removed, 1, range.end - range.start);
        true
    }
}
