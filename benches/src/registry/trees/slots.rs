//! Synthetic mappings for trees, what they are asked, and what changes in them.
//!
//! Each mapping has a slot of addresses to itself, with a gap on both sides, so that neighbours are never merged:
//!
//! ```text
//! | gap  mapping      gap      | gap mapping       gap      |
//! ```

use core::ops::Range;

use fastrand::Rng;

const PAGE: usize = 4096;
const BASE: usize = 0x5000_0000_0000;
/// A slot is larger than all that is put into it.
const SLOT: usize = 64 * PAGE;
const MOST_PAGES: usize = 16;

/// A mapping: its range, and whether it has the one or the other attributes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) odd: bool,
}

impl Place {
    /// Somewhere in its slot.
    fn somewhere(random: &mut Rng, slot: usize) -> Self {
        let start = BASE + slot * SLOT + random.usize(1..=MOST_PAGES) * PAGE;
        let end = start + random.usize(1..=MOST_PAGES) * PAGE;
        Self {
            start,
            end,
            odd: slot % 2 == 1,
        }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The start of the slot that an address lies in.
    pub(crate) fn slot_of(addr: usize) -> usize {
        addr & !(SLOT - 1)
    }
}

/// A mapping goes from one place in its slot to another.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    pub(crate) from: Place,
    pub(crate) to: Place,
}

/// Where mappings are when nothing is under way.
pub(crate) struct Slots {
    random: Rng,
    pub(crate) homes: Vec<Place>,
}

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        let mut random = Rng::with_seed(count as u64);
        let homes = (0..count)
            .map(|slot| Place::somewhere(&mut random, slot))
            .collect();
        Self { random, homes }
    }

    /// All of them in another order.
    pub(crate) fn shuffled(&mut self) -> Vec<Place> {
        let mut homes = self.homes.clone();
        self.random.shuffle(&mut homes);
        homes
    }

    /// Addresses in and behind random mappings of some slots: about half of them are hits.
    pub(crate) fn questions(&mut self, count: usize, slots: Range<usize>) -> Vec<usize> {
        (0..count)
            .map(|_| {
                let home = self.homes[self.random.usize(slots.clone())];
                let within = self.random.usize(0..home.end - home.start);
                // At random and not in turns, which a processor would learn.
                let from = match self.random.bool() {
                    true => home.start,
                    false => home.end,
                };
                from + within
            })
            .collect()
    }

    /// At least so many moves of random ones of some slots, at the end of which all are at home again: each pass away
    /// from there is followed by one back, in another order.
    pub(crate) fn moves(&mut self, count: usize, slots: Range<usize>) -> Vec<Move> {
        let mut slots: Vec<usize> = slots.collect();
        let mut moves = Vec::with_capacity(count);
        while moves.len() < count {
            self.random.shuffle(&mut slots);
            let mut pass: Vec<Move> = slots
                .iter()
                .take(count / 2)
                .map(|slot| Move {
                    from: self.homes[*slot],
                    to: Place::somewhere(&mut self.random, *slot),
                })
                .collect();
            moves.extend_from_slice(&pass);
            self.random.shuffle(&mut pass);
            moves.extend(pass.iter().map(|there| Move {
                from: there.to,
                to: there.from,
            }));
        }
        moves
    }
}
