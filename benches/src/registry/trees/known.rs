//! What other trees hold of a mapping besides where it starts: as much as the registry does.

use super::slots::Place;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    pub(crate) end: usize,
    attributes: u64,
    /// The offset in a file less the address.
    delta: u64,
    user: u64,
}

impl Known {
    /// Of anonymous memory, without a word of the program's own.
    #[inline(always)]
    pub(crate) const fn new(end: usize, attributes: u64) -> Self {
        Self {
            end,
            attributes,
            delta: 0,
            user: 0,
        }
    }

    #[inline(always)]
    pub(super) fn of(place: Place) -> Self {
        Self::new(place.end, place.odd.into())
    }

    pub(super) fn place(&self, start: usize) -> Place {
        Place {
            start,
            end: self.end,
            odd: self.attributes != 0,
        }
    }
}
