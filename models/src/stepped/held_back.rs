//! Stores as another core may see them: up to the next barrier any of them may come later than others.

use fastrand::Rng;

use crate::atomic::AtomicU64;

/// The stores since the last barrier, in order: the word, what it held, what it holds.
#[derive(Default)]
pub(crate) struct Pending {
    stores: Vec<(*const AtomicU64, u64, u64)>,
}

/// So many stores are held back in every combination.
const EVERY: usize = 6;
/// Of more, so many combinations, and each one alone, and all but each one.
const SOME: usize = 24;

fn word(pointer: *const AtomicU64) -> &'static AtomicU64 {
    // SAFETY: the registry's memory stays.
    unsafe { &*pointer }
}

impl Pending {
    pub(crate) fn push(&mut self, pointer: *const AtomicU64, old: u64) {
        self.stores.push((pointer, old, word(pointer).peek()));
    }

    /// Comes to a barrier: looks with every subset of the stores held back, or with many.
    pub(crate) fn release(
        &mut self,
        is_thorough: bool,
        random: &mut Rng,
        mut look: impl FnMut() -> Result<(), String>,
    ) -> Result<u64, String> {
        let stores = std::mem::take(&mut self.stores);
        let count = stores.len();
        let mut subsets: Vec<Vec<bool>> = Vec::new();
        if count <= EVERY {
            let each =
                (1..1u32 << count).map(|bits| (0..count).map(|at| bits >> at & 1 != 0).collect());
            subsets.extend(each);
        } else {
            let alone = (0..count).map(|held| (0..count).map(|at| at == held).collect());
            subsets.extend(alone);
            let all_but = (0..count).map(|seen| (0..count).map(|at| at != seen).collect());
            subsets.extend(all_but);
            let any = (0..SOME).map(|_| (0..count).map(|_| random.bool()).collect());
            subsets.extend(any.collect::<Vec<_>>());
        }
        if !is_thorough {
            random.shuffle(&mut subsets);
            subsets.truncate(3);
        }
        for held in &subsets {
            self.look_with(&stores, held, &mut look)?;
        }
        Ok(subsets.len() as u64)
    }

    fn look_with(
        &self,
        stores: &[(*const AtomicU64, u64, u64)],
        held: &[bool],
        look: &mut impl FnMut() -> Result<(), String>,
    ) -> Result<(), String> {
        let now: Vec<u64> = stores.iter().map(|store| word(store.0).peek()).collect();
        for (pointer, old, _) in stores.iter().rev() {
            word(*pointer).poke(*old);
        }
        for ((pointer, _, new), held) in stores.iter().zip(held) {
            if !held {
                word(*pointer).poke(*new);
            }
        }
        let answer = look();
        for ((pointer, ..), now) in stores.iter().zip(now) {
            word(*pointer).poke(now);
        }
        answer.map_err(|what| {
            let late = held.iter().filter(|held| **held).count();
            format!("{late} of {} stores late: {what}", stores.len())
        })
    }
}
