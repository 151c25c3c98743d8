//! The operations in flight: ranges that a thread has marked and is asking the kernel to change.

use core::ops::Range;

use super::{
    atomic::{AtomicU64, Ordering::Relaxed},
    identity::Identity,
};

/// One operation; an end of 0 is none. Read and written inside the section only.
#[derive(Debug)]
struct Operation {
    start: AtomicU64,
    end: AtomicU64,
    owner: AtomicU64,
}

/// Threads and handlers that change something at the same time; more of them wait.
const MOST: usize = 32;

/// The table.
#[derive(Debug)]
pub(super) struct Operations {
    slots: [Operation; MOST],
}

/// Where an operation stands in the table.
#[derive(Clone, Copy)]
pub(super) struct Ticket(usize);

impl Ticket {
    /// That of no operation.
    pub(super) const NONE: Self = Self(MOST);
}

/// Why an operation cannot begin.
pub(super) enum Conflict {
    /// This thread's own, in a frame that this one interrupted: waiting would be for ever.
    Mine,
    /// Another thread's.
    Others,
}

impl Conflict {
    fn graver(self, other: Self) -> Self {
        match (self, other) {
            (Self::Others, Self::Others) => Self::Others,
            _ => Self::Mine,
        }
    }
}

impl Operation {
    fn range(&self) -> Range<u64> {
        self.start.load(Relaxed)..self.end.load(Relaxed)
    }

    fn is_free(&self) -> bool {
        self.end.load(Relaxed) == 0
    }

    fn overlaps(&self, range: &Range<u64>) -> bool {
        let own = self.range();
        !self.is_free() && own.start < range.end && range.start < own.end
    }

    fn owner(&self) -> u64 {
        self.owner.load(Relaxed)
    }

    /// The owner too: a thread that looks without the lock looks for itself, and must not find itself in a slot that has
    /// become another's.
    fn clear(&self) {
        self.owner.store(0, Relaxed);
        self.end.store(0, Relaxed);
    }
}

impl Operations {
    pub(super) const fn new() -> Self {
        Self {
            slots: [const {
                Operation {
                    start: AtomicU64::new(0),
                    end: AtomicU64::new(0),
                    owner: AtomicU64::new(0),
                }
            }; MOST],
        }
    }

    /// Is anything of this range being changed?
    pub(super) fn conflict(&self, range: &Range<u64>, me: Identity) -> Option<Conflict> {
        let mut overlapping = self.slots.iter().filter(|slot| slot.overlaps(range));
        let first = overlapping.next()?;
        let mine = |slot: &Operation| slot.owner() == me.word();
        if mine(first) || overlapping.any(mine) {
            Some(Conflict::Mine)
        } else {
            Some(Conflict::Others)
        }
    }

    /// Enters an operation for each range, or none, if nobody is changing any of them and there is room.
    pub(super) fn begin_all<const COUNT: usize>(
        &self,
        ranges: &[Range<u64>; COUNT],
        me: Identity,
    ) -> Result<[Ticket; COUNT], Conflict> {
        let conflicts = ranges.iter().filter_map(|range| self.conflict(range, me));
        if let Some(conflict) = conflicts.reduce(Conflict::graver) {
            return Err(conflict);
        }
        let mut tickets = [Ticket::NONE; COUNT];
        let free = |slot: &(usize, &Operation)| slot.1.is_free();
        let mut slots = self.slots.iter().enumerate().filter(free);
        for ticket in &mut tickets {
            let Some((slot, _)) = slots.next() else {
                let all_mine = self
                    .slots
                    .iter()
                    .all(|slot| slot.is_free() || slot.owner() == me.word());
                return Err(if all_mine {
                    Conflict::Mine
                } else {
                    Conflict::Others
                });
            };
            *ticket = Ticket(slot);
        }
        for (Ticket(slot), range) in tickets.iter().zip(ranges) {
            if let Some(operation) = self.slots.get(*slot) {
                operation.start.store(range.start, Relaxed);
                operation.end.store(range.end, Relaxed);
                operation.owner.store(me.word(), Relaxed);
            }
        }
        Ok(tickets)
    }

    /// Takes an operation out; `false` if it is not this one any more, since a forked child recovered meanwhile.
    pub(super) fn end(&self, ticket: Ticket, range: &Range<u64>) -> bool {
        match self.slots.get(ticket.0) {
            Some(slot) if slot.range() == *range => {
                slot.clear();
                true
            }
            _ => false,
        }
    }

    /// Takes out the operations of every thread but this one: for a child, in which there is no other. Where the kernel
    /// numbers threads, it may give this one another's number.
    pub(super) fn forget_others(&self, me: Identity) {
        let is_mine = |slot: &&Operation| !me.is_number() && slot.owner() == me.word();
        let others = self.slots.iter().filter(|slot| !is_mine(slot));
        others.for_each(Operation::clear);
    }

    /// Is anything of this range being changed by an operation that is in the table?
    pub(super) fn covers(&self, range: &Range<u64>) -> bool {
        self.slots.iter().any(|slot| slot.overlaps(range))
    }
}
