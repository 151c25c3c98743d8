//! A forked child: it has all that was recorded, and none of the other threads.

use core::{
    ops::ControlFlow,
    ptr::{NonNull, with_exposed_provenance_mut},
};

use super::{
    Registry,
    atomic::Ordering::Relaxed,
    index::{Entry, Link},
    info::Facts,
    section::Section,
};
use crate::{
    Errno, Inherit, page_size,
    space::{AddressSpace, Region, SyncMode},
};

/// What the kernel says of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Mapped,
    Unmapped,
    Unknown,
}

impl<A: AddressSpace> Registry<A> {
    /// Asks the space beneath of an entry's range.
    pub(super) fn presence(&self, entry: &Entry) -> Presence {
        let (start, len) = (entry.start as usize, (entry.end - entry.start) as usize);
        let page = page_size();
        match (self.is_mapped(start, len), self.is_mapped(start, page)) {
            (Some(true), _) => Presence::Mapped,
            // One call unmaps a whole range, so that its first page speaks for it.
            (Some(false), Some(false)) => Presence::Unmapped,
            _ => Presence::Unknown,
        }
    }

    /// Is all of a range mapped? Writing back without waiting for it says `ENOMEM` of a hole.
    pub(super) fn is_mapped(&self, start: usize, len: usize) -> Option<bool> {
        let region = Region::new(NonNull::new(with_exposed_provenance_mut(start))?, len);
        match self.space.sync(region, SyncMode::Start, false) {
            Ok(()) => Some(true),
            Err(Errno::ENOMEM) => Some(false),
            Err(_) => None,
        }
    }
}

impl<A: AddressSpace> Section<'_, '_, A> {
    /// Makes of the parent's registry the child's: descriptors are counted anew, operations of threads that are not here
    /// any more come to an end as far as the kernel can say which, and what the child did not inherit goes.
    ///
    /// The tree itself is whole at any moment at which a fork can happen, but for ends that overlap. An operation of this thread, in a frame that
    /// the fork interrupted, stays in flight.
    ///
    /// [`settle`](Self::settle) is to follow, when there are promises again.
    pub(super) fn recount(&mut self) {
        let registry = self.registry;
        registry.sweep();
        registry.recoveries.fetch_add(1, Relaxed);
        registry.operations.forget_others(self.me);
        self.held.recovered();
    }

    /// The rest of it: what changes the tree, and takes descriptors for that.
    pub(super) fn settle(&mut self) {
        let registry = self.registry;
        let all = 0..u64::MAX;
        let mut from = all.start;
        loop {
            let mut orphan = None;
            self.each(&(from..all.end), |entry| {
                if entry.marked && !registry.operations.covers(&(entry.start..entry.end)) {
                    orphan = Some(entry);
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            });
            let Some(orphan) = orphan else {
                break;
            };
            from = orphan.end;
            let range = orphan.start..orphan.end;
            match registry.presence(&orphan) {
                Presence::Mapped => self.mark(&range, false),
                Presence::Unmapped => self.clear_marked(&range),
                Presence::Unknown => {}
            }
        }
        let is_absent = |entry: &Entry| Facts::of(entry.attributes).inherit() == Inherit::NONE;
        self.clear_series(&all, is_absent);
        self.merge(&all);
    }
}

impl<A> Registry<A> {
    /// Counts anew what the tree uses, and what it holds; everything else is free.
    fn sweep(&self) {
        // The next words of used descriptors say so for as long as this takes; those of records count references.
        const USED: u64 = u64::MAX;
        for index in 0..self.nodes.begun() {
            if let Some(node) = self.nodes.get(index) {
                node.next.store(0, Relaxed);
            }
        }
        for index in 0..self.records.begun() {
            if let Some(record) = self.records.get(index) {
                record.next.store(0, Relaxed);
            }
        }
        let (mut maps, mut bytes) = (0, 0);
        self.tree.repair(self, |link, entry| {
            if let Some(node) = self.nodes.get(link.index()) {
                node.next.store(USED, Relaxed);
            }
            if let Some(entry) = entry {
                maps += 1;
                bytes += entry.end - entry.start;
                let record = entry.attributes.record();
                if let Some(record) = record.and_then(|index| self.records.get(index)) {
                    record.next.store(record.next.load(Relaxed) + 1, Relaxed);
                }
            }
        });
        self.maps.store(maps, Relaxed);
        self.recorded.store(bytes, Relaxed);
        self.promised.store(0, Relaxed);
        let uses_node = |index| {
            self.nodes.get(index).is_some_and(|node| {
                let header = Link::of(node.header.load(Relaxed));
                if node.next.load(Relaxed) == USED {
                    return true;
                }
                // Unlinked, or not linked yet, by a thread that did not come to the end: a frame that was interrupted
                // here may still be reading it.
                if header.is_alive() {
                    node.header.store(header.ended().0.word(), Relaxed);
                }
                Link::of(node.header.load(Relaxed)).is_spent()
            })
        };
        self.nodes.sweep(uses_node);
        let uses_record = |index| {
            self.records
                .get(index)
                .is_some_and(|record| record.next.load(Relaxed) != 0)
        };
        self.records.sweep(uses_record);
    }
}
