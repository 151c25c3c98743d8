//! The quick index against the plain one: the same is done to both, and everything that can be asked of them is the same.
//!
//! | | |
//! |---|---|
//! | `pair` | two trees to which the same is done, at random as `choice` has it, with few nodes now and then; and what has to be the same after each operation |
//! | `endings` | leaves that come to the end of their versions, and nodes that come to the end of their lives |
//! | `forked` | what a child has that is forked after any store of a change |

mod choice;
mod counts;
mod endings;
mod forked;
#[allow(
    dead_code,
    unused_imports,
    reason = "the registry's, some of which is used in it alone"
)]
#[path = "../../../src/registry/index/mod.rs"]
mod index;
mod memory;
mod operation;
mod pair;

use fastrand::Rng;

use crate::atomic;
use choice::{Choice, Mood};
use counts::Counts;
use pair::Pair;

/// All of them are three more than a multiple of four.
const FAN_OUTS: [usize; 3] = [3, 7, 15];

/// Stands for operations on trees of many sizes.
pub(crate) fn run(is_long: bool) {
    let mut counts = Counts::default();
    let (mut random, mut sparse) = (Rng::with_seed(3), Rng::with_seed(1));
    let rounds = if is_long { 20 } else { 1 };
    for _ in 0..rounds {
        for (entries, times, churns) in [
            (2, 40, 0),
            (5, 40, 0),
            (12, 40, 20),
            (30, 30, 200),
            (100, 5, 600),
            (500, 1, 600),
        ] {
            for _ in 0..times {
                walk::<3>(entries, churns, &mut random, &mut counts);
                walk::<7>(entries, churns, &mut random, &mut counts);
                walk::<15>(entries, churns, &mut random, &mut counts);
            }
        }
        // Many levels with few entries, of which one or two are left in a node again and again.
        for _ in 0..40 {
            walk::<3>(12, 3000, &mut sparse, &mut counts);
        }
        walk::<15>(2500, 0, &mut random, &mut counts);
    }
    for _ in 0..rounds {
        endings::run(&mut random, &mut counts);
        forked::run(&mut random, &mut counts);
    }
    counts.report(&FAN_OUTS);
}

/// Trees that grow to so many entries, stay so for a while, are emptied and filled in parts so many times, and shrink to
/// nothing.
fn walk<const N: usize>(entries: usize, churns: usize, random: &mut Rng, counts: &mut Counts) {
    // Some trees are small enough to be full.
    let least = if entries < 50 { 2 } else { 6 };
    let width = (entries as u64 + 2) * random.u64(least..12);
    let start = match random.u8(..3) {
        0 => 0,
        1 => 1 << 40,
        _ => u64::MAX - width,
    };
    let mut choice = Choice::new(start..start + width);
    let mut pair = Pair::<N>::new(entries + 8);
    let most = 8 * entries + 40;
    for _ in 0..most {
        if pair.entries.len() >= entries {
            break;
        }
        pair.step(&mut choice, random, counts);
    }
    let shape = counts.shapes.entry(N).or_default();
    shape.most_entries = shape.most_entries.max(pair.entries.len());
    choice.mood = Mood::Steady;
    for _ in 0..entries + 20 {
        pair.step(&mut choice, random, counts);
    }
    choice.mood = Mood::Churning;
    for _ in 0..churns {
        pair.step(&mut choice, random, counts);
    }
    choice.mood = Mood::Shrinking;
    for _ in 0..most {
        if pair.entries.is_empty() {
            counts.shapes.entry(N).or_default().emptied += 1;
            break;
        }
        pair.step(&mut choice, random, counts);
    }
    if let Err(what) = pair.count_descriptors() {
        panic!("{what}, at the end");
    }
}
