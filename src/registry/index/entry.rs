//! Entries: a mapping as the tree holds it.

use core::ops::Range;

/// A range of addresses with the same attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) start: u64,
    /// The first address behind it.
    pub(crate) end: u64,
    pub(crate) attributes: Attributes,
    /// Is an operation changing it?
    pub(crate) marked: bool,
}

impl Entry {
    pub(crate) const EMPTY: Self = Self {
        start: 0,
        end: 0,
        attributes: Attributes::of(0),
        marked: false,
    };

    /// One that nobody is changing.
    pub(crate) const fn new(range: &Range<u64>, attributes: Attributes) -> Self {
        Self {
            start: range.start,
            end: range.end,
            attributes,
            marked: false,
        }
    }

    /// The part of it that lies in a range; `None` if none does.
    pub(crate) const fn within(self, start: u64, end: u64) -> Option<Self> {
        let start = if start > self.start {
            start
        } else {
            self.start
        };
        let end = if end < self.end { end } else { self.end };
        if start < end {
            Some(Self { start, end, ..self })
        } else {
            None
        }
    }
}

/// One word: what the registry knows of an entry besides its range, and which record holds the rest.
///
/// The tree itself looks at the record only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attributes(u64);

/// A record's index and one more.
const RECORD_BITS: u32 = 29;
const RECORD_MASK: u64 = (1 << RECORD_BITS) - 1;

impl Attributes {
    pub(crate) const fn of(word: u64) -> Self {
        Self(word)
    }

    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    /// Facts of 35 bits, and no record.
    pub(crate) const fn new(facts: u64) -> Self {
        Self(facts << RECORD_BITS)
    }

    pub(crate) const fn facts(self) -> u64 {
        self.0 >> RECORD_BITS
    }

    /// The record that holds what does not fit here.
    pub(crate) const fn record(self) -> Option<u32> {
        ((self.0 & RECORD_MASK) as u32).checked_sub(1)
    }

    pub(crate) const fn with_record(self, record: Option<u32>) -> Self {
        let number = match record {
            // An index has 28 bits.
            Some(index) => index as u64 + 1,
            None => 0,
        };
        Self(self.0 & !RECORD_MASK | number)
    }

    /// Other facts with the same record.
    pub(crate) const fn with_facts(self, facts: u64) -> Self {
        Self(self.0 & RECORD_MASK | facts << RECORD_BITS)
    }
}

/// What a record holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    /// The offset in the file less the address: the same for every part of a mapping, wherever it is cut.
    pub(crate) delta: u64,
    /// The program's own word.
    pub(crate) user: u64,
}
