//! Which rows are asked.

use core::ops::RangeInclusive;

use rawmap_bare::Start;

const ALL: RangeInclusive<u32> = 0..=u32::MAX;

/// What the second argument names; all rows if it names none.
pub(crate) fn selection(start: &Start) -> RangeInclusive<u32> {
    // Kernels give options to the first process, and no range among them.
    match start.argument(2).map(|argument| argument.to_str()) {
        Some(Ok(text)) => range(text).unwrap_or(ALL),
        _ => ALL,
    }
}

fn range(text: &str) -> Option<RangeInclusive<u32>> {
    let (first, last) = text.split_once('-')?;
    Some(first.parse().ok()?..=last.parse().ok()?)
}
