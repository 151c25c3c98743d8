//! Models: parts of the registry, in every order in which a few threads can run.
//!
//! The parts are compiled once more here, so that models may look inside and use small ones.

#[path = "../../../src/registry/identity.rs"]
mod identity;
#[path = "../../../src/registry/index/mod.rs"]
mod index;
#[path = "../../../src/registry/lock.rs"]
mod lock;
#[path = "../../../src/registry/pool/mod.rs"]
mod pool;

mod arena;
mod credits;
mod exclusion;
mod free;
mod in_place;
mod record;
mod recycling;
mod shape;
mod small;
mod whole;

use std::sync::atomic::{AtomicU64 as Counter, Ordering::Relaxed};

use loom::thread::{self, JoinHandle};

use crate::{atomic, sleep};
use index::{Node, Record};
use pool::Descriptor;

// SAFETY: it is made of atomic words, of which zeros are a value.
unsafe impl<const N: usize> Descriptor for Node<N> {
    fn next(&self) -> &atomic::AtomicU64 {
        &self.next
    }
}

// SAFETY: as above.
unsafe impl Descriptor for Record {
    fn next(&self) -> &atomic::AtomicU64 {
        &self.next
    }
}

/// A model.
pub(crate) struct Model {
    pub(crate) name: &'static str,
    /// How many words it has at the most.
    words: usize,
    /// How often a thread is interrupted at the most, where all of it would take too long; and when there is more time.
    interruptions: [Option<usize>; 2],
    run: fn(),
}

/// All of them.
pub(crate) const MODELS: &[Model] = &[
    free::POP_AGAINST_RECYCLING,
    free::PUSH_AGAINST_POP,
    credits::PROMISES_ARE_KEPT,
    credits::GROWING,
    in_place::A_FREED_SLOT_AGAINST_FIND,
    in_place::A_FREED_SLOT_AGAINST_NEXT,
    in_place::A_GAP,
    in_place::GROWING_INTO_A_GAP,
    in_place::GROWING_OVER_OTHERS_AGAINST_FIND,
    in_place::GROWING_OVER_OTHERS_AGAINST_NEXT,
    in_place::SHRINKING_AGAINST_FIND,
    in_place::SHRINKING_AGAINST_NEXT,
    in_place::MARKS_AND_ATTRIBUTES,
    in_place::ATTRIBUTES_AFTER_A_CUT,
    in_place::ATTRIBUTES_AFTER_A_CUT_THAT_MARKS,
    record::REUSED_IN_PLACE,
    record::REUSED_AFTER_A_COPY,
    recycling::A_LEAF_AS_A_LEAF_AGAINST_FIND,
    recycling::A_LEAF_AS_A_LEAF_AGAINST_NEXT,
    recycling::A_LEAF_AS_AN_INNER_NODE_AGAINST_FIND,
    recycling::A_LEAF_AS_AN_INNER_NODE_AGAINST_NEXT,
    recycling::AN_INNER_NODE_AS_A_LEAF_AGAINST_FIND,
    recycling::AN_INNER_NODE_AS_A_LEAF_AGAINST_NEXT,
    shape::FROM_NOTHING,
    shape::A_LEVEL_MORE,
    shape::A_LEVEL_LESS,
    shape::A_SEPARATOR_AGAINST_FIND,
    shape::A_SEPARATOR_AGAINST_NEXT,
    shape::AN_EMPTY_LEAF_IS_PASSED,
    shape::AN_EMPTY_LEAF_IS_DROPPED,
    exclusion::TWO_IN_TURN,
    exclusion::ONE_THAT_WAITS_FOR_AN_END,
    exclusion::SETTING_UP,
    whole::TWO_THAT_MAP,
    whole::ONE_THAT_ASKS,
];

/// So many runs of each are enough where there is little time.
const MOST_RUNS: usize = 10_000;

static RUNS: Counter = Counter::new(0);

/// Runs a model in every way that there is, within its bound; answers how many that were.
pub(crate) fn explore(model: &Model, is_long: bool) -> u64 {
    let (words, run) = (model.words, model.run);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = model.interruptions[usize::from(is_long)];
    builder.max_branches = 50_000;
    builder.max_permutations = (!is_long).then_some(MOST_RUNS);
    builder.checkpoint_interval = 100;
    builder.check(move || {
        RUNS.fetch_add(1, Relaxed);
        atomic::begin_model(words);
        sleep::begin_model();
        arena::begin_model();
        spawn(run).join().expect("no panic");
    });
    RUNS.load(Relaxed)
}

/// How large the stacks of threads are, in words.
const STACK: usize = 1 << 15;

/// A thread of a model.
fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let builder = thread::Builder::new().stack_size(STACK);
    builder.spawn(run).expect("a thread")
}

impl Model {
    /// What bounds it.
    pub(crate) fn bound(&self, is_long: bool) -> String {
        match self.interruptions[usize::from(is_long)] {
            Some(count) => format!("at most {count} interruptions, {MOST_RUNS} runs unless --long"),
            None => "every one".to_owned(),
        }
    }
}
