//! Which addresses an operation is about.

use std::ops::Range;

use crate::arena::{Arena, Operation, Step};

pub fn touched(arena: &Arena, step: &Step) -> [Range<usize>; 2] {
    let range = arena.range(step.at, step.count);
    match step.operation {
        Operation::Remap(count, Some(to)) => [range, arena.range(to, count)],
        Operation::Remap(count, None) => {
            let longer = arena.range(step.at, count.max(step.count));
            [longer, range]
        }
        _ => [range.clone(), range],
    }
}
