//! The one checker of ranges.
//!
//! ```text
//!                 len, in bytes          mapped, in whole granules
//!  0              |                      |
//!  |--------------|----------------------|------|
//!      ^      ^   ^ as an end: `mapped`
//!      start  end: multiples of the granule
//! ```

use core::{
    num::NonZeroUsize,
    ops::{Bound, RangeBounds},
};

use super::{Error, RangeError};

/// At least one byte, in whole granules, which begin a whole number of granules after the start of their mapping: what a
/// kernel may be given. Only the checker makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    len: NonZeroUsize,
}

impl Span {
    #[inline]
    pub(super) const fn start(self) -> usize {
        self.start
    }

    #[inline]
    pub(super) const fn len(self) -> usize {
        self.len.get()
    }
}

/// Why there is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSpan {
    /// The range has no byte, and there is nothing to do.
    Empty,
    /// It is none of this mapping.
    Wrong(RangeError),
}

impl NoSpan {
    /// What is answered to whoever wanted something done with the range.
    #[inline]
    pub(super) fn answer(self) -> Result<(), Error> {
        match self {
            Self::Empty => Ok(()),
            Self::Wrong(error) => Err(error.into()),
        }
    }
}

impl From<RangeError> for NoSpan {
    #[inline]
    fn from(error: RangeError) -> Self {
        Self::Wrong(error)
    }
}

/// How long a mapping is, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// The bytes that were asked for.
    pub(super) len: usize,
    /// The bytes that are mapped: the next multiple of the granule.
    pub(super) mapped: usize,
    /// The granule, which is a power of two, less 1.
    mask: usize,
}

impl Extent {
    #[inline]
    pub(super) const fn new(len: usize, mapped: usize, granule: usize) -> Self {
        Self {
            len,
            mapped,
            mask: granule.wrapping_sub(1),
        }
    }

    /// A range of whole granules, of which the last one may end with the mapping.
    #[inline(always)]
    pub(super) fn span(&self, range: impl RangeBounds<usize>) -> Result<Span, NoSpan> {
        let (start, end) = self.bounds(range)?;
        // Nearly every range that is asked for, and the fewest instructions for it.
        if end <= self.len
            && start < end
            && (start | end) & self.mask == 0
            && let Some(len) = NonZeroUsize::new(end - start)
        {
            return Ok(Span { start, len });
        }
        self.other_span(start, end)
    }

    /// What is empty, ends within the last granule, or is wrong.
    #[cold]
    #[inline(never)]
    fn other_span(&self, start: usize, end: usize) -> Result<Span, NoSpan> {
        self.ordered(start, end)?;
        // No granule begins at an end within one, and none has to.
        if start == self.len {
            return Err(NoSpan::Empty);
        }
        let end = if end == self.len { self.mapped } else { end };
        if (start | end) & self.mask != 0 {
            return Err(RangeError::Unaligned.into());
        }
        match NonZeroUsize::new(end - start) {
            Some(len) => Ok(Span { start, len }),
            None => Err(NoSpan::Empty),
        }
    }

    /// The first byte of a range, and the first one behind it.
    #[inline(always)]
    pub(super) fn bytes(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<(usize, usize), RangeError> {
        let (start, end) = self.bounds(range)?;
        self.ordered(start, end)?;
        Ok((start, end))
    }

    /// Its ends, as numbers that may be any.
    #[inline(always)]
    pub(super) fn bounds(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<(usize, usize), RangeError> {
        let start = match range.start_bound() {
            Bound::Unbounded => 0,
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.checked_add(1).ok_or(RangeError::Start)?,
        };
        let end = match range.end_bound() {
            Bound::Unbounded => self.len,
            Bound::Included(&usize::MAX) => {
                self.ordered(start, self.len)?;
                return Err(RangeError::End);
            }
            Bound::Included(&last) => last + 1,
            Bound::Excluded(&end) => end,
        };
        Ok((start, end))
    }

    #[inline(always)]
    fn ordered(&self, start: usize, end: usize) -> Result<(), RangeError> {
        if start <= end && end <= self.len {
            Ok(())
        } else if start > self.len {
            Err(RangeError::Start)
        } else {
            Err(RangeError::End)
        }
    }
}

#[cfg(test)]
mod tests {
    use core::{
        num::NonZeroUsize,
        ops::{Bound, RangeBounds},
    };
    use std::vec::Vec;

    use super::{Extent, NoSpan, RangeError, Span};

    /// All of the arithmetic in numbers that cannot overflow.
    fn expected(
        extent: Extent,
        start: u128,
        end: u128,
    ) -> Result<Option<(u128, u128)>, RangeError> {
        let (len, mapped) = (extent.len as u128, extent.mapped as u128);
        let granule = extent.mask as u128 + 1;
        if start > len {
            return Err(RangeError::Start);
        }
        if end > len || end < start {
            return Err(RangeError::End);
        }
        if start == len {
            return Ok(None);
        }
        let end = if end == len { mapped } else { end };
        if !start.is_multiple_of(granule) || !end.is_multiple_of(granule) {
            return Err(RangeError::Unaligned);
        }
        Ok((end > start).then_some((start, end - start)))
    }

    fn optional(answer: Result<Span, NoSpan>) -> Result<Option<Span>, RangeError> {
        match answer {
            Ok(span) => Ok(Some(span)),
            Err(NoSpan::Empty) => Ok(None),
            Err(NoSpan::Wrong(error)) => Err(error),
        }
    }

    fn numbers(extent: Extent) -> Vec<usize> {
        let mut numbers = Vec::new();
        for around in [
            0,
            extent.mask + 1,
            2 * (extent.mask + 1),
            (extent.len / 2) & !extent.mask,
            extent.len,
            extent.mapped,
            isize::MAX as usize,
            usize::MAX,
        ] {
            for step in [0, 1, 2, extent.mask + 1] {
                numbers.push(around.wrapping_add(step));
                numbers.push(around.wrapping_sub(step));
            }
        }
        numbers
    }

    #[test]
    fn every_number_gets_the_answer_of_exact_arithmetic() {
        let longest = isize::MAX as usize & !4095;
        let mut good = 0;
        let mut bad = 0;
        for (len, granule) in [
            (1, 4096),
            (4096, 4096),
            (4097, 4096),
            (3 * 4096, 4096),
            (10_000, 4096),
            (1 << 21, 1 << 21),
            ((1 << 22) + 5, 1 << 21),
            (longest, 4096),
            (longest - 1, 4096),
        ] {
            let mapped = (len + (granule - 1)) & !(granule - 1);
            let extent = Extent::new(len, mapped, granule);
            for &start in &numbers(extent) {
                for &end in &numbers(extent) {
                    let answer = optional(extent.span(start..end));
                    let exact = expected(extent, start as u128, end as u128);
                    let as_exact = answer
                        .map(|span| span.map(|span| (span.start() as u128, span.len() as u128)));
                    assert_eq!(as_exact, exact, "{extent:?} {start:#x}..{end:#x}");
                    if let Ok(Some(span)) = answer {
                        assert!(span.start() < mapped && span.len() <= mapped - span.start());
                    }
                    if answer.is_ok() {
                        good += 1;
                    } else {
                        bad += 1;
                    }
                }
            }
        }
        assert!(good > 500 && bad > 5000, "{good} {bad}");
    }

    const EXTENT: Extent = Extent::new(10_000, 12_288, 4096);

    fn span(range: impl RangeBounds<usize>) -> Result<Option<Span>, RangeError> {
        optional(EXTENT.span(range))
    }

    #[test]
    fn every_kind_of_range_means_the_same() {
        let all_of = |start, len| Ok(NonZeroUsize::new(len).map(|len| Span { start, len }));
        assert_eq!(span(..), all_of(0, 12_288));
        assert_eq!(span(4096..), all_of(4096, 8192));
        assert_eq!(span(..4096), all_of(0, 4096));
        assert_eq!(span(..=4095), all_of(0, 4096));
        assert_eq!(span(8192..=9999), all_of(8192, 4096));
        let after = (Bound::Excluded(4095), Bound::Unbounded);
        assert_eq!(span(after), all_of(4096, 8192));
        assert_eq!(span(4096..4096), Ok(None));
        assert_eq!(span(10_000..), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(span(10_001..), Err(RangeError::Start));
        assert_eq!(span(usize::MAX..), Err(RangeError::Start));
        let after = (Bound::Excluded(usize::MAX), Bound::Unbounded);
        assert_eq!(span(after), Err(RangeError::Start));
        assert_eq!(span(..10_001), Err(RangeError::End));
        assert_eq!(span(..=usize::MAX), Err(RangeError::End));
        assert_eq!(span(10_001..=usize::MAX), Err(RangeError::Start));
        #[expect(clippy::reversed_empty_ranges)]
        let reversed = 8192..4096;
        assert_eq!(span(reversed), Err(RangeError::End));
        assert_eq!(span(1..4096), Err(RangeError::Unaligned));
        assert_eq!(span(0..4095), Err(RangeError::Unaligned));
        assert_eq!(span(9999..10_000), Err(RangeError::Unaligned));
    }
}
