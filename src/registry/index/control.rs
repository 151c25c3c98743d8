//! The word of a leaf that says which of its slots count.

/// `{version 32, marks 16, used 16}`: which slots hold entries, and which of those an operation is changing.
///
/// Each change within one life of the leaf has a version of its own, so that a reader who finds the same word twice has
/// read what lay in between while nothing changed but ends and the attributes of marked entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Control(u64);

const MARKS_SHIFT: u32 = 16;
const VERSION_SHIFT: u32 = 32;
const BITS: u64 = (1 << MARKS_SHIFT) - 1;
const VERSION: u64 = 1 << VERSION_SHIFT;

/// Of the versions of one life so many are kept for taking marks and entries away, which must never need a new life:
/// whatever comes before, putting in and marking, is done in a new one instead. Of each slot at most one entry can be taken
/// out, and what is marked changes a few times, before something has to be put in or marked again.
const KEPT: u64 = 1 << 16;

impl Control {
    /// Of a leaf that nobody can reach.
    pub(super) const fn new(used: u64, marks: u64) -> Self {
        Self(used & BITS | (marks & used & BITS) << MARKS_SHIFT)
    }

    pub(super) const fn of(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    /// The slots that hold entries.
    pub(super) const fn used(self) -> u64 {
        self.0 & BITS
    }

    /// Those of them that are marked.
    pub(super) const fn marks(self) -> u64 {
        self.0 >> MARKS_SHIFT & BITS
    }

    /// The next version, with these slots.
    pub(super) const fn next(self, used: u64, marks: u64) -> Self {
        // It cannot wrap: see `KEPT`.
        let version = (self.0 >> VERSION_SHIFT).wrapping_add(1) << VERSION_SHIFT;
        Self(version | Self::new(used, marks).0)
    }

    /// Is it time for a new life?
    pub(super) const fn is_spent(self) -> bool {
        self.0 / VERSION >= u32::MAX as u64 - KEPT
    }
}

/// The slots below one.
pub(super) const fn below(slot: usize) -> u64 {
    (1u64 << slot).wrapping_sub(1)
}

/// The highest of some slots.
pub(super) fn highest(slots: u64) -> Option<usize> {
    slots.checked_ilog2().map(|slot| slot as usize)
}

/// The lowest of some slots.
pub(super) fn lowest(slots: u64) -> Option<usize> {
    (slots != 0).then_some(slots.trailing_zeros() as usize)
}

/// Some slots, in order.
pub(super) fn each(mut slots: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let slot = lowest(slots)?;
        slots &= slots - 1;
        Some(slot)
    })
}
