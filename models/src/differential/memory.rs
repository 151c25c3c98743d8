//! Descriptors for trees of any fan-out, and what a writer has of them.

use std::{mem::MaybeUninit, ptr};

use super::index;
use crate::plain;

/// Nodes and records of one kind of tree.
pub(super) struct Memory<T, R> {
    nodes: Vec<T>,
    records: Vec<R>,
}

pub(super) type Quick<const N: usize> = Memory<index::Node<N>, index::Record>;
pub(super) type Plain<const N: usize> = Memory<plain::Node<N>, plain::Record>;

/// What is made of atomic words, of which zeros are a value.
///
/// # Safety
///
/// It is.
pub(super) unsafe trait Words {}

// SAFETY: all its fields are atomic words.
unsafe impl<const N: usize> Words for index::Node<N> {}
// SAFETY: as above.
unsafe impl Words for index::Record {}
// SAFETY: as above.
unsafe impl<const N: usize> Words for index::Tree<N> {}
// SAFETY: as above.
unsafe impl<const N: usize> Words for plain::Node<N> {}
// SAFETY: as above.
unsafe impl Words for plain::Record {}

fn zeros<T: Words>(count: usize) -> Vec<T> {
    // SAFETY: `Words` says that zeros are a value.
    let zero = |_| unsafe { MaybeUninit::zeroed().assume_init() };
    (0..count).map(zero).collect()
}

/// Makes words what others are.
pub(super) fn copy<T: Words>(from: &[T], to: &mut [T]) {
    assert_eq!(from.len(), to.len(), "memories of the same size");
    // SAFETY: words are copied, which one thread uses; the two slices are different ones of the same length.
    unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to.as_mut_ptr(), from.len()) };
}

impl<T: Words, R: Words> Memory<T, R> {
    pub(super) fn new(nodes: usize, records: usize) -> Self {
        Self {
            nodes: zeros(nodes),
            records: zeros(records),
        }
    }

    /// Makes it what another one is.
    pub(super) fn become_like(&mut self, other: &Self) {
        copy(&other.nodes, &mut self.nodes);
        copy(&other.records, &mut self.records);
    }

    pub(super) fn nodes(&self) -> &[T] {
        &self.nodes
    }

    pub(super) fn records(&self) -> &[R] {
        &self.records
    }

    pub(super) fn hand(&self) -> Hand {
        Hand {
            nodes: (0..self.nodes.len() as u32).collect(),
            records: (0..self.records.len() as u32).collect(),
            taken: 0,
        }
    }
}

impl<const N: usize> index::Store<N> for Quick<N> {
    fn node(&self, index: u32) -> Option<&index::Node<N>> {
        self.nodes.get(index as usize)
    }

    fn record(&self, index: u32) -> Option<&index::Record> {
        self.records.get(index as usize)
    }
}

impl<const N: usize> plain::Store<N> for Plain<N> {
    fn node(&self, index: u32) -> Option<&plain::Node<N>> {
        self.nodes.get(index as usize)
    }

    fn record(&self, index: u32) -> Option<&plain::Record> {
        self.records.get(index as usize)
    }
}

/// What a writer has; the last one given is the first one taken.
#[derive(Clone, Default)]
pub(super) struct Hand {
    pub(super) nodes: Vec<u32>,
    pub(super) records: Vec<u32>,
    /// How many nodes were ever taken.
    pub(super) taken: u64,
}

impl Hand {
    fn take(&mut self) -> Option<u32> {
        let node = self.nodes.pop()?;
        self.taken += 1;
        Some(node)
    }
}

impl index::Hand for Hand {
    fn take_node(&mut self) -> Option<u32> {
        self.take()
    }

    fn give_node(&mut self, index: u32) {
        self.nodes.push(index);
    }

    fn give_record(&mut self, index: u32) {
        self.records.push(index);
    }
}

impl plain::Hand for Hand {
    fn take_node(&mut self) -> Option<u32> {
        self.take()
    }

    fn give_node(&mut self, index: u32) {
        self.nodes.push(index);
    }

    fn give_record(&mut self, index: u32) {
        self.records.push(index);
    }
}
