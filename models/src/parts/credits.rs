//! Promises of descriptors.

use std::sync::Arc;

use super::{Model, arena::Arena, index::Record, pool::Pool, spawn};

/// Two threads take what they were promised, and give it back, from a pool that has just enough.
pub(super) const PROMISES_ARE_KEPT: Model = Model {
    name: "pool: promises are kept",
    words: 24,
    interruptions: [Some(2), Some(3)],
    run: promises_are_kept,
};

/// Two threads want more than there is.
pub(super) const GROWING: Model = Model {
    name: "pool: growing",
    words: 64,
    interruptions: [Some(2), Some(3)],
    run: growing,
};

type Small = Pool<Record, 2>;

fn promised(pool: &Small, rounds: usize) {
    for _ in 0..rounds {
        pool.promise(&Arena, 1).expect("there is one for each");
        let index = pool.take().expect("it was promised");
        pool.give(index, index, 1);
    }
}

fn promises_are_kept() {
    let pool = Arc::new(Small::new());
    let other = {
        let pool = Arc::clone(&pool);
        spawn(move || promised(&pool, 1))
    };
    promised(&pool, 2);
    other.join().expect("no panic");
    assert_eq!(pool.used(), 0);
    assert!(pool.begun() <= 2, "more than there were");
}

fn growing() {
    let pool = Arc::new(Small::new());
    let take = |pool: &Small| {
        pool.promise(&Arena, 2).expect("there is memory");
        let both = [pool.take(), pool.take()].map(|index| index.expect("it was promised"));
        for index in both {
            assert!(pool.get(index).is_some(), "it is not there");
        }
        both
    };
    let other = {
        let pool = Arc::clone(&pool);
        spawn(move || take(&pool))
    };
    let mine = take(&pool);
    let theirs = other.join().expect("no panic");
    assert!(mine.iter().all(|index| !theirs.contains(index)), "twice");
    assert_eq!(pool.used(), 4);
}
