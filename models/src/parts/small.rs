//! A small tree: who changes it, and who asks meanwhile.

use std::{cell::Cell, ops::Range, sync::Arc};

use loom::thread::JoinHandle;

use super::{
    arena::{Nodes, Stack},
    index::{Attributes, Detail, Entry, Found, Link, Store, Tree},
    spawn,
};
use crate::atomic::{self, Ordering::Relaxed};

pub(super) struct Small {
    pub(super) tree: Tree<3>,
    pub(super) store: Nodes,
}

/// The entry with this number, of which models have several: it starts at ten times that, and is half as long.
pub(super) fn numbered(number: u64) -> Entry {
    entry(10 * number, 10 * number + 5, number)
}

pub(super) fn entry(start: u64, end: u64, facts: u64) -> Entry {
    Entry {
        start,
        end,
        attributes: Attributes::new(facts),
        marked: false,
    }
}

/// The same with other facts, which is put elsewhere.
pub(super) fn other(entry: Entry) -> Entry {
    let facts = entry.attributes.facts() + 10;
    Entry {
        attributes: entry.attributes.with_facts(facts),
        ..entry
    }
}

pub(super) fn marked(entry: Entry) -> Entry {
    Entry {
        marked: true,
        ..entry
    }
}

impl Small {
    pub(super) fn new(nodes: usize, records: usize) -> (Self, Stack) {
        let small = Self {
            tree: Tree::new(),
            store: Nodes::new(nodes, records),
        };
        let hand = Stack {
            nodes: (0..nodes as u32).collect(),
            records: (0..records as u32).collect(),
        };
        (small, hand)
    }

    /// One leaf that holds these.
    pub(super) fn of(nodes: usize, entries: &[Entry]) -> (Self, Stack) {
        let (small, mut hand) = Self::new(nodes, 0);
        small.splice(&mut hand, 0..1, entries);
        (small, hand)
    }

    /// Two leaves, both full: 1, 2, 3 and 5, 6, 7. All other nodes are at hand.
    pub(super) fn of_two_full_leaves(nodes: usize) -> (Self, Stack) {
        let (small, mut hand) = Self::of(nodes, &[1, 2, 3].map(numbered));
        for number in [5, 6, 7] {
            small.put(&mut hand, numbered(number));
        }
        assert_eq!((small.tree.levels(), hand.nodes.len()), (2, nodes - 3));
        (small, hand)
    }

    /// Puts entries in place of those that start in a range.
    pub(super) fn splice(&self, hand: &mut Stack, range: Range<u64>, fresh: &[Entry]) {
        let done = self.tree.splice(&self.store, hand, &range, fresh);
        assert!(done.is_some(), "too few nodes");
    }

    /// Puts an entry where nothing is, or in place of one with the same start.
    pub(super) fn put(&self, hand: &mut Stack, entry: Entry) {
        self.splice(hand, entry.start..entry.start + 1, &[entry]);
    }

    pub(super) fn remove(&self, hand: &mut Stack, entry: Entry) {
        self.splice(hand, entry.start..entry.end, &[]);
    }

    pub(super) fn tidy(&self, hand: &mut Stack, addr: u64) {
        assert!(self.tree.tidy(&self.store, hand, addr), "too few nodes");
    }

    /// The entry with a record of its own, in which its facts stand again.
    pub(super) fn with_record(&self, hand: &mut Stack, entry: Entry) -> Entry {
        let index = hand.records.pop().expect("a record");
        let record = self.store.record(index).expect("a record");
        let facts = entry.attributes.facts();
        record.fill(Detail {
            delta: facts,
            user: facts,
        });
        Entry {
            attributes: entry.attributes.with_record(Some(index)),
            ..entry
        }
    }

    /// The node above the leaves, of which there is one.
    pub(super) fn inner(&self, nodes: u32) -> u32 {
        let level = |index: &u32| {
            let node = self.store.node(*index).expect("a node");
            Link::of(node.header.load(Relaxed)).level()
        };
        let inner: Vec<u32> = (0..nodes).filter(|index| level(index) == 1).collect();
        assert_eq!(inner.len(), 1);
        inner[0]
    }

    /// Another thread changes it, and publishes something so many times: by a store of the root, of a link, or of a control
    /// word.
    pub(super) fn while_changed(
        self,
        mut hand: Stack,
        publications: u64,
        change: impl FnOnce(&Self, &mut Stack) + Send + 'static,
    ) -> Reader {
        let small = Arc::new(self);
        let writer = {
            let small = Arc::clone(&small);
            spawn(move || change(&small, &mut hand))
        };
        atomic::take_restarts();
        Reader {
            small,
            writer,
            publications,
            restarts: Cell::new(0),
        }
    }
}

/// Asks while another thread changes what it asks about.
pub(super) struct Reader {
    small: Arc<Small>,
    writer: JoinHandle<()>,
    publications: u64,
    restarts: Cell<u64>,
}

/// What was asked, and answered; and what the answer is after each of the stores of the writer that make a difference to
/// anybody, beginning with none of them. It is the same for all questions of a model which stores these are.
pub(super) struct Answer<'a> {
    pub(super) is: Option<Entry>,
    pub(super) in_time: &'a [Option<Entry>],
}

/// Each answer was true at a moment, and none of a moment before that of an earlier one.
pub(super) fn assert_in_time(answers: &[Answer<'_>]) {
    let mut moment = 0;
    for (at, answer) in answers.iter().enumerate() {
        let later = answer.in_time.iter().enumerate().skip(moment);
        let Some((now, _)) = later.into_iter().find(|(_, truth)| **truth == answer.is) else {
            let truth = answer.in_time.get(moment..);
            panic!(
                "answer {at} is {:?}, from moment {moment} on {truth:?}",
                answer.is
            );
        };
        moment = now;
    }
}

impl Reader {
    /// Who begins again does so for something that was published, and has seen it by then: so never twice for the same.
    fn ask(&self, ask: impl FnOnce(&Small) -> Option<Found>) -> Option<Found> {
        let found = ask(&self.small);
        let restarts = self.restarts.get() + atomic::take_restarts();
        self.restarts.set(restarts);
        assert!(restarts <= self.publications, "it began again in vain");
        found
    }

    pub(super) fn find_all(&self, addr: u64) -> Option<Found> {
        self.ask(|small| small.tree.find(&small.store, addr))
    }

    pub(super) fn find(&self, addr: u64) -> Option<Entry> {
        self.find_all(addr).map(|found| found.entry)
    }

    pub(super) fn next(&self, addr: u64) -> Option<Entry> {
        let found = self.ask(|small| small.tree.next(&small.store, addr));
        found.map(|found| found.entry)
    }

    /// Waits for the writer.
    pub(super) fn joined(self) -> Arc<Small> {
        self.writer.join().expect("no panic");
        let checked = self.small.tree.check(&self.small.store, |_, _| Ok(()));
        assert_eq!(checked, Ok(()));
        self.small
    }

    /// Waits for the writer: this is what is there then.
    pub(super) fn ends_with(self, entries: &[Entry]) {
        let small = self.joined();
        let mut addr = 0;
        let mut found = Vec::new();
        while let Some(next) = small.tree.next(&small.store, addr) {
            addr = next.entry.end;
            found.push(next.entry);
        }
        assert_eq!(found, entries, "in the end");
        assert_eq!(atomic::take_restarts(), 0, "it began again in vain");
    }
}
