//! Check, mark, call, finish: how every operation goes.
//!
//! 1. *Check*: a thread that is inside the section already, or inside an operation on the same range, in a frame that
//!    this one interrupted, gets `EDEADLK`, and the kernel is not asked.
//! 2. *Promise*: what the rest needs is promised. Where it cannot be had, it is `ENOMEM`, and the kernel is not asked.
//! 3. *Mark*, inside the section: entries are cut at both ends of the range and marked, and the operation is entered in
//!    the table. Entries stay findable.
//! 4. *Call*, outside of it.
//! 5. *Finish*, inside: on success clear what is still marked and put in what is new; on refusal take the marks away and
//!    merge what was cut. Neither can fail.

use core::{array::from_ref, ops::Range};

use super::{
    Registry,
    atomic::Ordering::Relaxed,
    identity::Identity,
    lock::{Held, Ready},
    operations::{Conflict, Ticket},
    quick::Comer,
    recording::CHANGE,
    section::{InUse, Section},
    supply::{Need, Supply},
};
use crate::{Errno, Result, space::AddressSpace};

/// An operation of one thread.
pub(super) struct Change<'r, A> {
    registry: &'r Registry<A>,
    ready: Ready<'r>,
    me: Identity,
    need: Need,
    supply: Supply<'r>,
    /// How many recoveries there had been when the promises were made.
    recoveries: u64,
    /// How many ranges are marked.
    marked: usize,
}

/// A range that is marked.
pub(super) struct Marked {
    pub(super) range: Range<u64>,
    ticket: Ticket,
}

impl Marked {
    pub(super) const fn of(range: Range<u64>, ticket: Ticket) -> Self {
        Self { range, ticket }
    }
}

impl<A> Registry<A> {
    /// Is this a child that has not recovered, or was the registry recovered since there had been so many recoveries?
    pub(super) fn is_another_process(&self, ready: Ready<'_>, recoveries: u64) -> bool {
        ready.forked() || self.recoveries.load(Relaxed) != recoveries
    }
}

impl<'r, A: AddressSpace> Change<'r, A> {
    /// Checks, and promises: descriptors, and bytes within the limit.
    pub(super) fn begin(registry: &'r Registry<A>, need: Need, bytes: u64) -> Result<Self> {
        let ready = registry.lock.prepare(&registry.space)?;
        let me = registry.identity();
        if ready.is_mine(me) {
            return Err(Errno::EDEADLK);
        }
        let comer = Comer {
            ready,
            me,
            recoveries: registry.recoveries.load(Relaxed),
        };
        let mut change = Self::of(registry, comer, need, 0);
        if !need.is_nothing() {
            change.promise(registry.tree.levels())?;
        }
        if bytes != 0 && registry.limit.load(Relaxed) != 0 {
            change.promise_bytes(bytes)?;
        }
        Ok(change)
    }

    /// One with so many nodes promised: which came by the short way, and cannot go on there.
    pub(super) fn of(
        registry: &'r Registry<A>,
        comer: Comer<'r>,
        need: Need,
        promised: u32,
    ) -> Self {
        let mut supply = Supply::new(&registry.nodes, &registry.records, &registry.promised);
        supply.was_promised(promised);
        Self {
            registry,
            ready: comer.ready,
            me: comer.me,
            need,
            supply,
            recoveries: comer.recoveries,
            marked: 0,
        }
    }

    /// The same, of one that has marked something.
    pub(super) fn of_marked(registry: &'r Registry<A>, comer: Comer<'r>) -> Self {
        let mut change = Self::of(registry, comer, Need::NOTHING, 0);
        change.marked = 1;
        change
    }

    #[cold]
    fn promise_bytes(&mut self, bytes: u64) -> Result<()> {
        let registry = self.registry;
        let _held = self.lock();
        let limit = registry.limit.load(Relaxed);
        let recorded = registry.recorded.load(Relaxed);
        self.supply.promise_bytes(bytes, recorded, limit)
    }

    fn promise(&mut self, levels: usize) -> Result<()> {
        self.supply.promise(&self.registry.space, self.need, levels)
    }

    /// Enters the section.
    pub(super) fn enter(&mut self) -> Section<'r, '_, A> {
        let held = self.lock();
        self.section(held)
    }

    fn lock(&mut self) -> Held<'r> {
        if self.is_another_process() {
            // In a child the kernel may number this thread otherwise.
            self.me = self.registry.identity();
        }
        let held = self.ready.take(self.me);
        if self.is_another_process() {
            self.recover(held)
        } else {
            held
        }
    }

    fn is_another_process(&self) -> bool {
        self.registry
            .is_another_process(self.ready, self.recoveries)
    }

    #[cold]
    fn recover(&mut self, mut held: Held<'r>) -> Held<'r> {
        let forked = self.ready.forked();
        if forked {
            held = self.within(held, |section| section.recount());
        }
        let recoveries = self.registry.recoveries.load(Relaxed);
        if recoveries != self.recoveries {
            // The parent's promises were forgotten when everything was counted anew, and are made again. If they cannot
            // be, the facts stay as they are. An operation that did without any may need some now, since what it marked
            // may be one with its neighbours again.
            self.recoveries = recoveries;
            if self.need.is_nothing() {
                self.need = CHANGE;
            }
            self.supply.forget();
            let _ = self.promise(self.registry.tree.levels());
        }
        if forked {
            held = self.within(held, |section| section.settle());
            // What that took, it gave back; the promise is to be whole again.
            let _ = self.promise(self.registry.tree.levels());
        }
        held
    }

    fn section(&mut self, held: Held<'r>) -> Section<'r, '_, A> {
        Section {
            registry: self.registry,
            me: self.me,
            supply: InUse {
                supply: &mut self.supply,
                is_last: self.marked == 0,
            },
            held,
        }
    }

    /// Does something in the section, which goes on.
    fn within(&mut self, held: Held<'r>, act: impl FnOnce(&mut Section<'r, '_, A>)) -> Held<'r> {
        let mut section = self.section(held);
        section.supply.is_last = false;
        act(&mut section);
        section.held
    }

    /// Enters before the call, with enough for the tree as it is: it may have become higher since the promise.
    fn lock_with_enough(&mut self) -> Result<Held<'r>> {
        loop {
            let held = self.lock();
            let levels = self.registry.tree.levels();
            if self.supply.covers(self.need, levels) {
                return Ok(held);
            }
            drop(held);
            self.promise(levels)?;
        }
    }

    /// Enters without a call to come, and maybe once more.
    pub(super) fn enter_to_come_again(&mut self) -> Section<'r, '_, A> {
        let mut section = self.enter();
        section.supply.is_last = false;
        section
    }

    /// Enters without a call to come, with that much.
    pub(super) fn enter_with_enough(&mut self, need: Need) -> Result<Section<'r, '_, A>> {
        self.need = need;
        self.promise(self.registry.tree.levels())?;
        let held = self.lock_with_enough()?;
        Ok(self.section(held))
    }

    /// Marks a range, when nobody else is changing any of it.
    pub(super) fn mark(&mut self, range: Range<u64>) -> Result<Marked> {
        let [marked] = self.mark_all([range])?;
        Ok(marked)
    }

    /// Marks ranges that do not overlap, all at once: an operation that had one and waited for the other could wait for
    /// one that waits for it. An operation of another thread on any of them is waited for.
    pub(super) fn mark_all<const COUNT: usize>(
        &mut self,
        ranges: [Range<u64>; COUNT],
    ) -> Result<[Marked; COUNT]> {
        loop {
            let held = self.lock_with_enough()?;
            match self.registry.operations.begin_all(&ranges, self.me) {
                Ok(tickets) => {
                    self.marked = COUNT;
                    let mut section = self.section(held);
                    ranges.iter().for_each(|range| section.cut_and_mark(range));
                    let mut tickets = tickets.into_iter();
                    return Ok(ranges.map(|range| {
                        let ticket = tickets.next().unwrap_or(Ticket::NONE);
                        Marked::of(range, ticket)
                    }));
                }
                Err(Conflict::Mine) => return Err(Errno::EDEADLK),
                Err(Conflict::Others) => held.wait_for_an_end(),
            }
        }
    }

    /// Marks a range for an operation that often needs no descriptors; where it does, they are promised first.
    pub(super) fn mark_frugally(&mut self, range: Range<u64>) -> Result<Marked> {
        let held = self.lock();
        let registry = self.registry;
        if let Ok([ticket]) = registry.operations.begin_all(from_ref(&range), self.me) {
            self.marked = 1;
            let mut section = self.section(held);
            if section.mark_frugally(&range) {
                return Ok(Marked::of(range, ticket));
            }
            registry.operations.end(ticket, &range);
            drop(section);
            self.marked = 0;
        } else {
            drop(held);
        }
        self.need = CHANGE;
        self.promise(registry.tree.levels())?;
        self.mark(range)
    }

    /// Finishes: enters the section for the last time, with what was marked no longer in the table.
    pub(super) fn finish<'m>(
        &mut self,
        marked: impl IntoIterator<Item = &'m Marked>,
    ) -> Section<'r, '_, A> {
        self.marked = 0;
        let mut section = self.enter();
        for marked in marked {
            let operations = &section.registry.operations;
            if !operations.end(marked.ticket, &marked.range) {
                // A child that took this thread for another one has ended the operation.
                section.cut_and_mark(&marked.range);
            }
        }
        section.held.operation_ended();
        section
    }

    /// Finishes where nothing has changed: the marks go, and what was cut becomes one again.
    pub(super) fn unmark(&mut self, marked: &Marked) {
        if self.need.is_nothing() {
            // For neighbours that came meanwhile; without descriptors they stay apart.
            self.need = CHANGE;
            let _ = self.promise(self.registry.tree.levels());
        }
        let mut section = self.finish([marked]);
        section.mark(&marked.range, false);
        section.merge(&marked.range);
    }
}

impl<A> Drop for Change<'_, A> {
    /// Takes back what was promised to an operation that came to no section: in one, for the reason that is given at
    /// [`Supply::give_back`].
    #[inline]
    fn drop(&mut self) {
        if self.supply.is_promised() {
            let _held = self.ready.take(self.me);
            let (registry, ready) = (self.registry, self.ready);
            if !registry.is_another_process(ready, self.recoveries) {
                self.supply.release();
            }
        }
    }
}
