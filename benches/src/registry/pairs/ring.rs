//! A ring of live test mappings: at each step the oldest is unmapped, and another one is mapped.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use rawmap::{Prot, registry::Registry};

use super::{
    forms::Maps,
    world::{MOST_UNITS, Size},
};

const RING: usize = 64;
/// Steps in a round: short enough for some rounds to meet a moment in which nothing else runs.
pub(crate) const STEPS: usize = 1500;

/// How many of the test mappings have the attributes of a neighbour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merging {
    Half,
    All,
    Never,
}

/// What is mapped, in this order: the same for every form and in every round.
pub(crate) struct Plan {
    maps: Vec<(usize, Prot)>,
}

impl Plan {
    /// Where a mapping goes does not depend on its protection. So each is mapped once to see which neighbours it has
    /// there, and once more as it is to be.
    pub(crate) fn new(registry: &Registry, size: Size, merging: Merging) -> Self {
        // None that is the base of a size. One of them is neither neighbour's.
        const OTHERS: [Prot; 3] = [Prot::NONE, Prot::EXEC, Prot::READ.union(Prot::EXEC)];
        let mut random = fastrand::Rng::with_seed(2);
        let mut ring = VecDeque::with_capacity(RING);
        let mut maps = Vec::with_capacity(RING + STEPS);
        for _ in 0..RING + STEPS {
            if ring.len() == RING
                && let Some((at, len)) = ring.pop_front()
            {
                // SAFETY: it was mapped below, and is not in the ring any more.
                unsafe { Maps::unmap(registry, at, len) };
            }
            let len = random.usize(1..=MOST_UNITS) * size.unit;
            // Drawn in every case, so that the lengths are the same ones.
            let half = random.bool();
            let at = Maps::map(registry, len, size.base);
            // SAFETY: it was mapped just now.
            unsafe { Maps::unmap(registry, at, len) };
            let neighbours = [at + len, at - 1].map(|addr| registry.find(addr)?.prot());
            let is_like = merging == Merging::All || merging == Merging::Half && half;
            let prot = match (is_like, neighbours) {
                (true, [Some(above), _]) => above,
                (true, [None, below]) => below.unwrap_or(size.base),
                (false, _) => {
                    let other = OTHERS
                        .iter()
                        .find(|prot| !neighbours.contains(&Some(**prot)));
                    *other.unwrap_or(&OTHERS[0])
                }
            };
            ring.push_back((Maps::map(registry, len, prot), len));
            maps.push((len, prot));
        }
        for (at, len) in ring {
            // SAFETY: as above.
            unsafe { Maps::unmap(registry, at, len) };
        }
        Self { maps }
    }

    /// How long the steps take, with a full ring before and after.
    #[inline(never)]
    pub(crate) fn time<M: Maps>(&self, maps: &M) -> Duration {
        self.run(maps, |_| ())
    }

    /// How many of the mappings of the steps became one with a neighbour, if this says how many are known.
    pub(crate) fn merged<M: Maps>(&self, maps: &M, known: impl Fn() -> usize) -> usize {
        let mut merged = 0;
        self.run(maps, |before: Option<usize>| {
            let now = known();
            merged += usize::from(before.is_some_and(|before| now <= before));
            now
        });
        merged
    }

    /// `between` is called before and after each mapping of the steps: with nothing, and with what it answered then.
    #[inline(always)]
    fn run<M: Maps, T>(&self, maps: &M, mut between: impl FnMut(Option<T>) -> T) -> Duration {
        let (first, steps) = self.maps.split_at(RING);
        let mut ring: Vec<(usize, usize)> = first
            .iter()
            .map(|(len, prot)| (maps.map(*len, *prot), *len))
            .collect();
        let start = Instant::now();
        for (number, (len, prot)) in steps.iter().enumerate() {
            let slot = &mut ring[number % RING];
            // SAFETY: it was mapped by this form, and is not in the ring any more after this.
            unsafe { maps.unmap(slot.0, slot.1) };
            let before = between(None);
            *slot = (maps.map(*len, *prot), *len);
            between(Some(before));
        }
        let time = start.elapsed();
        for (at, len) in ring {
            // SAFETY: as above.
            unsafe { maps.unmap(at, len) };
        }
        time
    }
}
