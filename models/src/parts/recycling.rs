//! What a reader makes of a descriptor that has another life by the time it reads on.

use std::sync::Arc;

use loom::thread::JoinHandle;

use super::{
    Model,
    arena::{Nodes, Stack},
    index::{Attributes, Detail, Entry, Found, Store, Tree},
    spawn,
};
use crate::atomic::{self, AtomicU64};

pub(super) const A_NODE_AGAINST_FIND: Model = Model {
    name: "recycling: a node against find",
    words: 40,
    interruptions: [Some(2), Some(3)],
    run: a_node_against_find,
};

pub(super) const A_NODE_AGAINST_NEXT: Model = Model {
    name: "recycling: a node against next",
    words: 40,
    interruptions: [Some(2), Some(3)],
    run: a_node_against_next,
};

pub(super) const AN_INNER_NODE: Model = Model {
    name: "recycling: an inner node",
    words: 120,
    interruptions: [Some(1), Some(2)],
    run: an_inner_node,
};

pub(super) const A_RECORD: Model = Model {
    name: "recycling: a record",
    words: 60,
    interruptions: [Some(2), Some(3)],
    run: a_record,
};

pub(super) struct Small {
    pub(super) tree: Tree<3>,
    pub(super) store: Nodes,
}

impl Small {
    pub(super) fn new(nodes: usize, records: usize) -> (Arc<Self>, Stack) {
        let small = Self {
            tree: Tree::new(AtomicU64::new(0)),
            store: Nodes::new(nodes, records),
        };
        let hand = Stack {
            nodes: (0..nodes as u32).collect(),
            records: (0..records as u32).collect(),
        };
        (Arc::new(small), hand)
    }

    pub(super) fn put(&self, hand: &mut Stack, start: u64, end: u64, facts: u64) {
        self.replace(hand, start, &[entry(start, end, facts)]);
    }

    pub(super) fn replace(&self, hand: &mut Stack, start: u64, fresh: &[Entry]) {
        let done = self.tree.splice(&self.store, hand, start..start + 1, fresh);
        assert!(done, "too few nodes");
    }

    /// Asks, and looks at each beginning again: it has to be at a newer root.
    pub(super) fn ask(&self, ask: impl FnOnce(&Self) -> Option<Found>) -> Option<Found> {
        atomic::take_roots();
        let found = ask(self);
        let roots = atomic::take_roots();
        assert!(!roots.is_empty(), "it began nowhere");
        for pair in roots.windows(2) {
            assert_ne!(pair[0], pair[1], "it began again where it had been");
        }
        found
    }

    pub(super) fn find(&self, addr: u64) -> Option<Entry> {
        let found = self.ask(|small| small.tree.find(&small.store, addr));
        found.map(|found| found.entry)
    }

    pub(super) fn next(&self, addr: u64) -> Option<Entry> {
        let found = self.ask(|small| small.tree.next(&small.store, addr));
        found.map(|found| found.entry)
    }
}

pub(super) fn entry(start: u64, end: u64, facts: u64) -> Entry {
    Entry {
        start,
        end,
        attributes: Attributes::new(facts),
        marked: false,
    }
}

/// A leaf whose entries all lie at another slot in its next life.
fn moved_leaf() -> (Arc<Small>, JoinHandle<()>) {
    let (small, mut hand) = Small::new(2, 0);
    small.replace(&mut hand, 10, &[entry(10, 20, 1), entry(30, 40, 2)]);
    let writer = {
        let small = Arc::clone(&small);
        spawn(move || {
            small.put(&mut hand, 30, 40, 3);
            small.put(&mut hand, 1, 5, 4);
        })
    };
    (small, writer)
}

fn a_node_against_find() {
    let (small, writer) = moved_leaf();
    assert_eq!(small.find(15), Some(entry(10, 20, 1)));
    writer.join().expect("no panic");
    assert_eq!(small.find(3), Some(entry(1, 5, 4)));
}

fn a_node_against_next() {
    let (small, writer) = moved_leaf();
    let next = small.next(20);
    assert!(
        next == Some(entry(30, 40, 2)) || next == Some(entry(30, 40, 3)),
        "{next:?}"
    );
    writer.join().expect("no panic");
}

/// The root becomes a leaf in its next life, and a leaf the root.
fn an_inner_node() {
    let (small, mut hand) = Small::new(6, 0);
    small.replace(
        &mut hand,
        10,
        &[entry(10, 20, 1), entry(30, 40, 2), entry(50, 60, 3)],
    );
    small.put(&mut hand, 70, 80, 4);
    assert_eq!(small.tree.levels(), 2);
    let writer = {
        let small = Arc::clone(&small);
        spawn(move || {
            small.replace(&mut hand, 70, &[]);
            small.put(&mut hand, 5, 6, 5);
        })
    };
    assert_eq!(small.find(35), Some(entry(30, 40, 2)));
    assert_eq!(small.next(41), Some(entry(50, 60, 3)));
    writer.join().expect("no panic");
}

fn a_record() {
    // Nodes enough that none is used twice.
    let (small, mut hand) = Small::new(4, 2);
    let fill = |small: &Small, index: u32, number: u64| {
        let record = small.store.record(index).expect("a record");
        record.fill(Detail {
            delta: number,
            user: number,
        });
        Entry {
            attributes: Attributes::new(number).with_record(Some(index)),
            ..entry(10, 20, 0)
        }
    };
    hand.nodes = vec![3, 2, 1, 0];
    small.replace(&mut hand, 10, &[fill(&small, 0, 100)]);
    let writer = {
        let small = Arc::clone(&small);
        spawn(move || {
            hand.nodes.retain(|index| *index != 0);
            small.replace(&mut hand, 10, &[fill(&small, 1, 101)]);
            hand.nodes.retain(|index| *index > 1);
            small.replace(&mut hand, 10, &[fill(&small, 0, 102)]);
        })
    };
    let found = small.ask(|small| small.tree.find(&small.store, 15));
    let found = found.expect("it is there throughout");
    let number = found.entry.attributes.facts();
    assert_eq!((found.detail.delta, found.detail.user), (number, number));
    writer.join().expect("no panic");
}
