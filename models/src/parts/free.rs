//! The list of free descriptors.

use std::sync::{Arc, Mutex};

use super::{Model, arena::Nodes, index::Store, pool::Freelist, spawn};
use crate::atomic::{AtomicU64, Ordering::Relaxed};

/// A pop that is interrupted while another thread takes two and gives the first back.
pub(super) const POP_AGAINST_RECYCLING: Model = Model {
    name: "freelist: pop against recycling",
    words: 16,
    interruptions: [Some(3), Some(5)],
    run: pop_against_recycling,
};

/// What was pushed is as its owner left it, and so is what it is linked to.
pub(super) const PUSH_AGAINST_POP: Model = Model {
    name: "freelist: push against pop",
    words: 16,
    interruptions: [Some(3), None],
    run: push_against_pop,
};

const ALL: u32 = 3;

struct Shared {
    list: Freelist,
    cells: Nodes,
    /// What the last owner of each left in it.
    left: Mutex<[u64; ALL as usize]>,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            list: Freelist::new(AtomicU64::new(0)),
            cells: Nodes::new(0, ALL as usize),
            left: Mutex::new([0; ALL as usize]),
        })
    }

    fn pop(&self) -> Option<u32> {
        let index = self.list.pop(&self.cells)?;
        let record = Store::record(&self.cells, index).expect("a cell");
        let left = self.left.lock().expect("nobody panics")[index as usize];
        assert_eq!(record.user.load(Relaxed), left, "not as its owner left it");
        Some(index)
    }

    fn push(&self, index: u32, leave: u64) {
        let record = Store::record(&self.cells, index).expect("a cell");
        record.user.store(leave, Relaxed);
        self.left.lock().expect("nobody panics")[index as usize] = leave;
        self.list.push(&self.cells, index, index);
    }

    /// Each one is somewhere, and nowhere else.
    fn check(&self, mut held: Vec<u32>) {
        while let Some(index) = self.pop() {
            held.push(index);
            assert!(held.len() <= ALL as usize, "handed out twice: {held:?}");
        }
        held.sort_unstable();
        assert_eq!(held, (0..ALL).collect::<Vec<_>>(), "twice, or lost");
    }
}

fn pop_against_recycling() {
    let shared = Shared::new();
    (0..ALL).rev().for_each(|index| shared.push(index, 1));
    let other = {
        let shared = Arc::clone(&shared);
        spawn(move || {
            let (first, second) = (shared.pop(), shared.pop());
            if let Some(first) = first {
                shared.push(first, 2);
            }
            second
        })
    };
    let mine = shared.pop();
    let theirs = other.join().expect("no panic");
    shared.check(mine.into_iter().chain(theirs).collect());
}

fn push_against_pop() {
    let shared = Shared::new();
    (0..2).for_each(|index| shared.push(index, 1));
    let other = {
        let shared = Arc::clone(&shared);
        spawn(move || shared.push(2, 3))
    };
    let mine = [shared.pop(), shared.pop()];
    other.join().expect("no panic");
    shared.check(mine.into_iter().flatten().collect());
}
