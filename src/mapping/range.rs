//! The one checker of ranges.
//!
//! ```text
//!                 len, in bytes          mapped, in whole granules
//!  0              |                      |
//!  |--------------|----------------------|------|
//!      ^      ^   ^ as an end: `mapped`
//!      start  end: multiples of the granule
//! ```

use core::ops::{Bound, RangeBounds};

use super::RangeError;

/// Bytes in whole granules, which begin a whole number of granules after the start of their mapping: what a kernel may be
/// given. Only the checker makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    len: usize,
}

impl Span {
    #[inline]
    pub(super) const fn start(self) -> usize {
        self.start
    }

    #[inline]
    pub(super) const fn len(self) -> usize {
        self.len
    }
}

/// How long a mapping is, and of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// The bytes that were asked for.
    pub(super) len: usize,
    /// The bytes that are mapped: the next multiple of the granule.
    pub(super) mapped: usize,
    /// A power of two.
    pub(super) granule: usize,
}

impl Extent {
    /// A range of whole granules, of which the last one may end with the mapping.
    #[inline(always)]
    pub(super) fn span(self, range: impl RangeBounds<usize>) -> Result<Span, RangeError> {
        let (start, end) = self.bytes(range)?;
        let end = if end == self.len { self.mapped } else { end };
        if (start | end) & (self.granule - 1) != 0 {
            // An empty range at the end of the mapping has no granule that it could begin with.
            if start == self.len && end == self.mapped {
                return Ok(Span {
                    start: self.mapped,
                    len: 0,
                });
            }
            return Err(RangeError::Unaligned);
        }
        Ok(Span {
            start,
            len: end - start,
        })
    }

    /// The first byte of a range, and the first one behind it.
    #[inline(always)]
    pub(super) fn bytes(
        self,
        range: impl RangeBounds<usize>,
    ) -> Result<(usize, usize), RangeError> {
        let start = match range.start_bound() {
            Bound::Unbounded => 0,
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.checked_add(1).ok_or(RangeError::Start)?,
        };
        let end = match range.end_bound() {
            Bound::Unbounded => self.len,
            Bound::Included(&last) => last.checked_add(1).ok_or(RangeError::End)?,
            Bound::Excluded(&end) => end,
        };
        if start > end || end > self.len {
            return Err(if start > self.len {
                RangeError::Start
            } else {
                RangeError::End
            });
        }
        Ok((start, end))
    }
}

#[cfg(test)]
mod tests {
    use core::ops::Bound;
    use std::vec::Vec;

    use super::{Extent, RangeError, Span};

    /// All of the arithmetic in numbers that cannot overflow.
    fn expected(extent: Extent, start: u128, end: u128) -> Result<(u128, u128), RangeError> {
        let (len, mapped) = (extent.len as u128, extent.mapped as u128);
        let granule = extent.granule as u128;
        if start > len {
            return Err(RangeError::Start);
        }
        if end > len || end < start {
            return Err(RangeError::End);
        }
        if start == len {
            return Ok((mapped, 0));
        }
        let end = if end == len { mapped } else { end };
        if start % granule != 0 || end % granule != 0 {
            return Err(RangeError::Unaligned);
        }
        Ok((start, end - start))
    }

    fn numbers(extent: Extent) -> Vec<usize> {
        let mut numbers = Vec::new();
        for around in [
            0,
            extent.granule,
            2 * extent.granule,
            extent.len / 2 & !(extent.granule - 1),
            extent.len,
            extent.mapped,
            isize::MAX as usize,
            usize::MAX,
        ] {
            for step in [0, 1, 2, extent.granule] {
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
            let extent = Extent {
                len,
                mapped,
                granule,
            };
            for &start in &numbers(extent) {
                for &end in &numbers(extent) {
                    let answer = extent.span(start..end);
                    let exact = expected(extent, start as u128, end as u128);
                    let as_exact = answer.map(|span| (span.start as u128, span.len as u128));
                    assert_eq!(as_exact, exact, "{extent:?} {start:#x}..{end:#x}");
                    if let Ok(span) = answer {
                        assert!(span.start <= mapped && span.len <= mapped - span.start);
                        good += 1;
                    } else {
                        bad += 1;
                    }
                }
            }
        }
        assert!(good > 500 && bad > 5000, "{good} {bad}");
    }

    const EXTENT: Extent = Extent {
        len: 10_000,
        mapped: 12_288,
        granule: 4096,
    };

    #[test]
    fn every_kind_of_range_means_the_same() {
        let span = |start, len| Ok(Span { start, len });
        assert_eq!(EXTENT.span(..), span(0, 12_288));
        assert_eq!(EXTENT.span(4096..), span(4096, 8192));
        assert_eq!(EXTENT.span(..4096), span(0, 4096));
        assert_eq!(EXTENT.span(..=4095), span(0, 4096));
        assert_eq!(EXTENT.span(8192..=9999), span(8192, 4096));
        let after = (Bound::Excluded(4095), Bound::Unbounded);
        assert_eq!(EXTENT.span(after), span(4096, 8192));
        assert_eq!(EXTENT.span(4096..4096), span(4096, 0));
        assert_eq!(EXTENT.span(10_000..), span(12_288, 0));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(EXTENT.span(10_001..), Err(RangeError::Start));
        assert_eq!(EXTENT.span(usize::MAX..), Err(RangeError::Start));
        let after = (Bound::Excluded(usize::MAX), Bound::Unbounded);
        assert_eq!(EXTENT.span(after), Err(RangeError::Start));
        assert_eq!(EXTENT.span(..10_001), Err(RangeError::End));
        assert_eq!(EXTENT.span(..=usize::MAX), Err(RangeError::End));
        #[expect(clippy::reversed_empty_ranges)]
        let reversed = 8192..4096;
        assert_eq!(EXTENT.span(reversed), Err(RangeError::End));
        assert_eq!(EXTENT.span(1..4096), Err(RangeError::Unaligned));
        assert_eq!(EXTENT.span(0..4095), Err(RangeError::Unaligned));
        assert_eq!(EXTENT.span(9999..10_000), Err(RangeError::Unaligned));
    }
}
