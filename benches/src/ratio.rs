//! Time a pair, as a ratio to the first kind: all kinds take turns in one process, and the fastest of their rounds
//! stands for each, since whatever else the machine does only ever adds.

use std::time::{Duration, Instant};

use crate::pair::{Pair, repeat};

/// Many short rounds: some of them meet a moment in which nothing else runs.
const ROUNDS: usize = 200;
const PAIRS_A_ROUND: u32 = 2_000;

/// The ratio to the first kind, by name.
pub(crate) fn measure(pairs: &[Pair]) -> Vec<(&'static str, f64)> {
    let mut fastest = vec![Duration::MAX; pairs.len()];
    for round in 0..ROUNDS {
        // Each round begins with another kind, so that none always follows the same one.
        for turn in 0..pairs.len() {
            let kind = (round + turn) % pairs.len();
            let start = Instant::now();
            repeat(pairs[kind].1, PAIRS_A_ROUND);
            fastest[kind] = fastest[kind].min(start.elapsed());
        }
    }
    pairs
        .iter()
        .zip(&fastest)
        .map(|((name, _), time)| (*name, time.as_secs_f64() / fastest[0].as_secs_f64()))
        .collect()
}
