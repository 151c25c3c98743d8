//! What one operation may use up: it is promised before the kernel acts, so that nothing is lacking afterwards.

use super::{
    FANOUT, FIRST_NODES, FIRST_RECORDS,
    atomic::{AtomicU64, Ordering::Relaxed},
    index::{Detail, Hand, MAX_LEVELS, Node, Record, nodes_for},
    pool::{Descriptor, Pool},
};
use crate::{Errno, Result, space::AddressSpace};

pub(super) type Nodes = Pool<Node<FANOUT>, FIRST_NODES>;
pub(super) type Records = Pool<Record, FIRST_RECORDS>;

/// How many times an operation changes the shape of the tree, at the most, in each section.
///
/// Taking something out, and merging, gives back no fewer nodes than it takes, so that of a series of those only the
/// first counts. What counts is cutting an entry, and putting in a new one.
#[derive(Clone, Copy)]
pub(super) struct Need {
    /// Before the call: where the tree is as high as it was when the nodes were promised.
    pub(super) cuts: usize,
    /// After the call: where the tree may have become as high as any.
    pub(super) finishes: usize,
    pub(super) records: u32,
}

impl Need {
    /// What is done where entries stand takes no descriptors.
    pub(super) const NOTHING: Self = Self {
        cuts: 0,
        finishes: 0,
        records: 0,
    };

    /// The same without a record.
    pub(super) const fn without_record(self) -> Self {
        Self { records: 0, ..self }
    }

    pub(super) const fn is_nothing(self) -> bool {
        self.cuts + self.finishes + self.records as usize == 0
    }

    pub(super) const fn nodes(self, levels: usize) -> u32 {
        (self.cuts * nodes_for(levels) + self.finishes * nodes_for(MAX_LEVELS)) as u32
    }
}

/// Descriptors that an operation has, or was promised.
pub(super) struct Supply<'r> {
    nodes: Share<'r, Node<FANOUT>, FIRST_NODES>,
    records: Share<'r, Record, FIRST_RECORDS>,
    /// How many bytes were promised to all operations, and to this one. Changed inside the section only.
    all_bytes: &'r AtomicU64,
    bytes: u64,
}

/// The same, of one kind.
struct Share<'r, T: Descriptor, const FIRST: usize> {
    pool: &'r Pool<T, FIRST>,
    promised: u32,
    /// Those that the operation has, linked: the first one's index and one more, or 0; the last one; how many.
    first: u64,
    last: u32,
    count: u32,
}

impl<'r, T: Descriptor, const FIRST: usize> Share<'r, T, FIRST> {
    const fn new(pool: &'r Pool<T, FIRST>) -> Self {
        Self {
            pool,
            promised: 0,
            first: 0,
            last: 0,
            count: 0,
        }
    }

    /// So many can be taken, with those that are here.
    fn promise<A: AddressSpace>(&mut self, space: &A, count: u32) -> Result<()> {
        let more = count.saturating_sub(self.promised + self.count);
        if more != 0 {
            self.pool.promise(space, more)?;
            self.promised += more;
        }
        Ok(())
    }

    /// The same if there are so many without new memory.
    fn promise_of_what_is_there(&mut self, count: u32) -> bool {
        let more = count.saturating_sub(self.promised + self.count);
        if more != 0 {
            if !self.pool.promise_of_what_is_there(more) {
                return false;
            }
            self.promised += more;
        }
        true
    }

    fn take(&mut self) -> Option<u32> {
        if let Some(index) = (self.first as u32).checked_sub(1) {
            self.first = self.pool.get(index)?.next().load(Relaxed);
            self.count -= 1;
            return Some(index);
        }
        self.promised = self.promised.checked_sub(1)?;
        self.pool.take()
    }

    fn give(&mut self, index: u32) {
        let Some(descriptor) = self.pool.get(index) else {
            return;
        };
        // Relaxed: the word is this operation's until the pool publishes it.
        descriptor.next().store(self.first, Relaxed);
        if self.first == 0 {
            self.last = index;
        }
        self.first = u64::from(index) + 1;
        self.count += 1;
    }

    fn give_back(&mut self) {
        if let Some(first) = (self.first as u32).checked_sub(1) {
            self.pool.give(first, self.last, self.count);
            (self.first, self.count) = (0, 0);
        }
    }

    fn release(&mut self) {
        if self.promised != 0 {
            self.pool.release(self.promised);
            self.promised = 0;
        }
    }
}

impl<'r> Supply<'r> {
    pub(super) const fn new(
        nodes: &'r Nodes,
        records: &'r Records,
        all_bytes: &'r AtomicU64,
    ) -> Self {
        Self {
            nodes: Share::new(nodes),
            records: Share::new(records),
            all_bytes,
            bytes: 0,
        }
    }

    /// So many nodes were promised already.
    pub(super) const fn was_promised(&mut self, nodes: u32) {
        self.nodes.promised = nodes;
    }

    /// Promises bytes, if all that were promised and all that are `recorded` stay within the limit.
    pub(super) fn promise_bytes(&mut self, bytes: u64, recorded: u64, limit: u64) -> Result<()> {
        // Relaxed, here and below: the section orders it.
        let promised = self.all_bytes.load(Relaxed).checked_add(bytes);
        let all = promised.and_then(|promised| promised.checked_add(recorded));
        let promised = promised.filter(|_| all.is_some_and(|all| all <= limit));
        self.all_bytes
            .store(promised.ok_or(Errno::ENOMEM)?, Relaxed);
        self.bytes = bytes;
        Ok(())
    }

    /// Makes sure of what an operation needs in a tree of so many levels.
    pub(super) fn promise<A: AddressSpace>(
        &mut self,
        space: &A,
        need: Need,
        levels: usize,
    ) -> Result<()> {
        self.nodes.promise(space, need.nodes(levels))?;
        self.records.promise(space, need.records)
    }

    /// Is it enough for a tree of so many levels?
    pub(super) const fn covers(&self, need: Need, levels: usize) -> bool {
        self.nodes.promised + self.nodes.count >= need.nodes(levels)
    }

    /// Are there nodes for one change more of a tree of so many levels? No memory is mapped for that.
    pub(super) fn can_spare(&mut self, levels: usize) -> bool {
        self.nodes
            .promise_of_what_is_there(nodes_for(levels) as u32)
    }

    /// Gives the descriptors back that the operation has.
    ///
    /// Inside the section, as [`release`](Self::release): a child that counts everything anew counts these as free and
    /// not promised, and no frame goes on there that was inside.
    pub(super) fn give_back(&mut self) {
        self.nodes.give_back();
        self.records.give_back();
    }

    /// Takes back what is left of the promises.
    pub(super) fn release(&mut self) {
        self.nodes.release();
        self.records.release();
        if self.bytes != 0 {
            let left = self.all_bytes.load(Relaxed).wrapping_sub(self.bytes);
            self.all_bytes.store(left, Relaxed);
            self.bytes = 0;
        }
    }

    /// Was anything promised that is left?
    pub(super) const fn is_promised(&self) -> bool {
        self.nodes.promised != 0 || self.records.promised != 0 || self.bytes != 0
    }

    /// Forgets every promise: they were counted anew. The bytes are promised again, whatever the limit is.
    pub(super) fn forget(&mut self) {
        self.nodes.promised = 0;
        self.records.promised = 0;
        let promised = self.all_bytes.load(Relaxed).wrapping_add(self.bytes);
        self.all_bytes.store(promised, Relaxed);
    }

    /// A record with this in it, which no entry refers to yet.
    pub(super) fn record(&mut self, detail: Detail) -> Option<u32> {
        let index = self.records.take()?;
        self.records.pool.get(index)?.fill(detail);
        Some(index)
    }
}

impl Hand for Supply<'_> {
    fn take_node(&mut self) -> Option<u32> {
        self.nodes.take()
    }

    fn give_node(&mut self, index: u32) {
        self.nodes.give(index);
    }

    fn give_record(&mut self, index: u32) {
        self.records.give(index);
    }
}
