//! Memory for what a model maps, which lasts as long as one run of it; and a small store of nodes.

use std::{cell::RefCell, ptr::NonNull};

use super::{
    index::{Hand, Node, Record, Store},
    pool::Links,
};
use crate::{
    Advice, Errno, Inherit, Prot, Result,
    atomic::AtomicU64,
    space::{AddressSpace, Attrs, Discard, MapRequest, MoveTo, Region, SyncMode},
};

thread_local! {
    static MAPPED: RefCell<Vec<Box<[u64]>>> = const { RefCell::new(Vec::new()) };
}

/// A new run of a model begins.
pub(crate) fn begin_model() {
    MAPPED.with(|mapped| mapped.borrow_mut().clear());
}

/// It maps, and nothing else.
pub(crate) struct Arena;

// SAFETY: the memory lasts for as long as the run of the model does, and so does all that uses it.
unsafe impl AddressSpace for Arena {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        let len = request.requested_len();
        let mut memory = vec![0u64; len.div_ceil(8)].into_boxed_slice();
        let start = NonNull::new(memory.as_mut_ptr().cast()).ok_or(Errno::ENOMEM)?;
        MAPPED.with(|mapped| mapped.borrow_mut().push(memory));
        Ok(Region::new(start, len))
    }

    unsafe fn map_over(&self, _: Region, _: &MapRequest<'_>) -> Result<Region> {
        Err(Errno::ENOTSUP)
    }

    unsafe fn unmap(&self, _: Region) -> Result<()> {
        Ok(())
    }

    unsafe fn protect(&self, _: Region, _: Prot) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    unsafe fn remap(&self, _: Region, _: usize, _: MoveTo, _: &Attrs) -> Result<Region> {
        Err(Errno::ENOTSUP)
    }

    unsafe fn advise(&self, _: Region, _: Advice) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    unsafe fn discard(&self, _: Region, _: Discard, _: &Attrs) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    unsafe fn inherit(&self, _: Region, _: Inherit) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    fn sync(&self, _: Region, _: SyncMode, _: bool) -> Result<()> {
        Err(Errno::ENOTSUP)
    }
}

/// Nodes with room for three, and records.
pub(crate) struct Nodes {
    nodes: Vec<Node<3>>,
    records: Vec<Record>,
}

impl Nodes {
    pub(crate) fn new(nodes: usize, records: usize) -> Self {
        const fn word() -> AtomicU64 {
            AtomicU64::new(0)
        }
        let node = |_| Node {
            header: word(),
            next: word(),
            control: word(),
            starts: [const { word() }; 3],
            ends: [const { word() }; 3],
            attributes: [const { word() }; 3],
        };
        let record = |_| Record {
            next: word(),
            delta: word(),
            user: word(),
        };
        Self {
            nodes: (0..nodes).map(node).collect(),
            records: (0..records).map(record).collect(),
        }
    }
}

impl Store<3> for Nodes {
    fn node(&self, index: u32) -> Option<&Node<3>> {
        self.nodes.get(index as usize)
    }

    fn record(&self, index: u32) -> Option<&Record> {
        self.records.get(index as usize)
    }
}

impl Links for Nodes {
    fn next(&self, index: u32) -> Option<&AtomicU64> {
        self.records.get(index as usize).map(|record| &record.next)
    }
}

/// What a writer has; the last one given is the first one taken.
pub(crate) struct Stack {
    pub(crate) nodes: Vec<u32>,
    pub(crate) records: Vec<u32>,
}

impl Hand for Stack {
    fn take_node(&mut self) -> Option<u32> {
        self.nodes.pop()
    }

    fn give_node(&mut self, index: u32) {
        self.nodes.push(index);
    }

    fn give_record(&mut self, index: u32) {
        self.records.push(index);
    }
}
