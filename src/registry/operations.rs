//! The operations in flight: ranges that a thread has marked and is asking the kernel to change.

use core::ops::Range;

use super::{
    atomic::{AtomicU64, Ordering::Relaxed},
    identity::Identity,
};

/// One operation. Written inside the section only.
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
    /// Which slots hold an operation: mostly none does.
    used: AtomicU64,
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

    fn overlaps(&self, range: &Range<u64>) -> bool {
        let own = self.range();
        own.start < range.end && range.start < own.end
    }

    fn owner(&self) -> u64 {
        self.owner.load(Relaxed)
    }
}

impl Operations {
    pub(super) const fn new() -> Self {
        Self {
            used: AtomicU64::new(0),
            slots: [const {
                Operation {
                    start: AtomicU64::new(0),
                    end: AtomicU64::new(0),
                    owner: AtomicU64::new(0),
                }
            }; MOST],
        }
    }

    /// The slots that hold an operation.
    fn in_use(&self) -> impl Iterator<Item = &Operation> {
        let used = self.used.load(Relaxed);
        self.slots
            .iter()
            .enumerate()
            .take((u64::BITS - used.leading_zeros()) as usize)
            .filter(move |(at, _)| used >> at & 1 != 0)
            .map(|(_, slot)| slot)
    }

    /// Is anything of this range being changed?
    ///
    /// A thread that has the section asks about all; any other one about its own operations, which nobody else enters or
    /// takes out while it asks.
    pub(super) fn conflict(&self, range: &Range<u64>, me: Identity) -> Option<Conflict> {
        let mut overlapping = self.in_use().filter(|slot| slot.overlaps(range));
        let first = overlapping.next()?;
        let mine = |slot: &Operation| slot.owner() == me.word();
        if mine(first) || overlapping.any(mine) {
            Some(Conflict::Mine)
        } else {
            Some(Conflict::Others)
        }
    }

    /// Is nobody changing anything?
    pub(super) fn is_empty(&self) -> bool {
        self.used.load(Relaxed) == 0
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
        let mut used = self.used.load(Relaxed);
        for ticket in &mut tickets {
            let slot = used.trailing_ones() as usize;
            if slot >= MOST {
                let all_mine = self.in_use().all(|slot| slot.owner() == me.word());
                return Err(if all_mine {
                    Conflict::Mine
                } else {
                    Conflict::Others
                });
            }
            used |= 1 << slot;
            *ticket = Ticket(slot);
        }
        for (Ticket(slot), range) in tickets.iter().zip(ranges) {
            if let Some(operation) = self.slots.get(*slot) {
                operation.start.store(range.start, Relaxed);
                operation.end.store(range.end, Relaxed);
                operation.owner.store(me.word(), Relaxed);
            }
        }
        self.used.store(used, Relaxed);
        Ok(tickets)
    }

    /// Takes an operation out; `false` if it is not this one any more, since a forked child recovered meanwhile.
    pub(super) fn end(&self, ticket: Ticket, range: &Range<u64>) -> bool {
        let used = self.used.load(Relaxed);
        match self.slots.get(ticket.0) {
            Some(slot) if used >> ticket.0 & 1 != 0 && slot.range() == *range => {
                // The owner too: a thread that looks without the lock looks for itself, and must not find itself in a slot
                // that has become another's.
                slot.owner.store(0, Relaxed);
                self.used.store(used & !(1 << ticket.0), Relaxed);
                true
            }
            _ => false,
        }
    }

    /// Takes out the operations of every thread but this one: for a child, in which there is no other. Where the kernel
    /// numbers threads, it may give this one another's number.
    pub(super) fn forget_others(&self, me: Identity) {
        let is_mine = |slot: &Operation| !me.is_number() && slot.owner() == me.word();
        let used = self.used.load(Relaxed);
        let slots = self.slots.iter().enumerate();
        let others = slots.filter(|(_, slot)| !is_mine(slot));
        let left = others.fold(used, |used, (at, _)| used & !(1 << at));
        self.used.store(left, Relaxed);
    }

    /// Is anything of this range being changed by an operation that is in the table?
    pub(super) fn covers(&self, range: &Range<u64>) -> bool {
        self.in_use().any(|slot| slot.overlaps(range))
    }
}
