//! Descriptors for the index, and a hand that has all of them.

use std::mem::MaybeUninit;

use super::{
    FANOUT,
    index::{Hand, Node, Record, Store},
};

pub(super) struct Nodes(Vec<Node<FANOUT>>);

impl Nodes {
    pub(super) fn new(count: usize) -> Self {
        // SAFETY: a node is made of atomic words, of which zeros are a value.
        let zero = |_| unsafe { MaybeUninit::zeroed().assume_init() };
        Self((0..count).map(zero).collect())
    }

    pub(super) fn hand(&self) -> Free {
        Free((0..self.0.len() as u32).collect())
    }
}

impl Store<FANOUT> for Nodes {
    fn node(&self, index: u32) -> Option<&Node<FANOUT>> {
        self.0.get(index as usize)
    }

    fn record(&self, _: u32) -> Option<&Record> {
        None
    }
}

/// Those that are free; the last one given is the first one taken.
pub(super) struct Free(Vec<u32>);

impl Hand for Free {
    fn take_node(&mut self) -> Option<u32> {
        self.0.pop()
    }

    fn give_node(&mut self, index: u32) {
        self.0.push(index);
    }

    fn give_record(&mut self, _: u32) {}
}
