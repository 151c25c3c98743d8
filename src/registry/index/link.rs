//! Links: a descriptor in one of its lives.

/// `{generation 32, level 4, index 28}`, or none.
///
/// Every life of a descriptor has a generation of its own, from 1 on. A descriptor whose last generation ended is never
/// used again, so that no two lives ever look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link(u64);

const INDEX_BITS: u32 = 28;
const LEVEL_BITS: u32 = 4;

/// The level that a header has while its descriptor is free: no link has it.
const FREE: u64 = (1 << LEVEL_BITS) - 1;

impl Link {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(word: u64) -> Self {
        Self(word)
    }

    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn index(self) -> u32 {
        (self.0 & ((1 << INDEX_BITS) - 1)) as u32
    }

    /// How far above the leaves.
    pub(crate) const fn level(self) -> usize {
        ((self.0 >> INDEX_BITS) & FREE) as usize
    }

    const fn generation(self) -> u32 {
        (self.0 >> (INDEX_BITS + LEVEL_BITS)) as u32
    }

    const fn with(generation: u32, level: u64, index: u32) -> Self {
        Self((generation as u64) << (INDEX_BITS + LEVEL_BITS) | level << INDEX_BITS | index as u64)
    }

    /// The header of the descriptor when this life has ended, and whether there is another life for it.
    pub(crate) const fn ended(self) -> (Self, bool) {
        match self.generation().checked_add(1) {
            Some(generation) => (Self::with(generation, FREE, self.index()), true),
            None => (Self::with(u32::MAX, FREE, self.index()), false),
        }
    }

    /// Is it the header of a descriptor that was taken and not given back?
    pub(crate) const fn is_alive(self) -> bool {
        self.0 != 0 && self.0 >> INDEX_BITS & FREE != FREE
    }

    /// Has the descriptor with this header no other life?
    pub(crate) const fn is_spent(self) -> bool {
        self.generation() == u32::MAX && self.0 >> INDEX_BITS & FREE == FREE
    }

    /// The next life of a descriptor with this header, at a level.
    pub(crate) const fn begun(self, index: u32, level: usize) -> Self {
        // A descriptor that was never used has the generation 0 and no header yet.
        let generation = if self.generation() == 0 {
            1
        } else {
            self.generation()
        };
        Self::with(generation, level as u64, index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lives_look_alike() {
        let first = Link::NONE.begun(7, 0);
        assert_eq!((first.index(), first.level()), (7, 0));
        let (free, lives_again) = first.ended();
        assert_ne!(free, first);
        assert!(lives_again);
        let second = free.begun(7, 3);
        assert_eq!((second.index(), second.level()), (7, 3));
        assert_ne!(second.begun(7, 0), first);
    }

    #[test]
    fn the_last_life_is_the_last() {
        let last = Link::with(u32::MAX, 0, 1);
        let (ended, lives_again) = last.ended();
        assert_ne!(ended, last);
        assert!(!lives_again);
    }
}
