//! The map of ranges of the crate `rangemap`.

use rangemap::RangeMap;

use super::{
    Tree,
    known::Known,
    slots::{Move, Place},
};

pub(crate) struct Ranges(RangeMap<usize, Known>);

impl Tree for Ranges {
    type Found = (usize, Known);
    const NAME: &'static str = "rangemap";

    fn empty() -> Self {
        Self(RangeMap::new())
    }

    #[inline(always)]
    fn find(&self, addr: usize) -> Option<(usize, Known)> {
        let (range, known) = self.0.get_key_value(&addr)?;
        Some((range.start, *known))
    }

    fn place(found: &(usize, Known)) -> Place {
        found.1.place(found.0)
    }

    fn insert(&mut self, place: Place) {
        self.0.insert(place.range(), Known::of(place));
    }

    /// Neither of the two has a result to look at.
    #[inline(always)]
    fn shift(&mut self, step: &Move) {
        self.0.remove(step.from.range());
        self.insert(step.to);
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}
