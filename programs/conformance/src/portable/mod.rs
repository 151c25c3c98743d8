//! The rows of the portable layer, a file for each subject: what `rawmap::space` promises.
//!
//! An expected answer is one for all systems. It is one per system only where the promise says so: huge pages, populating,
//! protecting over a hole, sharing with children, moving on FreeBSD, a mapping past the end of its object.

mod alignment;
mod arguments;
mod attributes;
mod discard;
mod inherit;
mod lock;
mod maximum;
pub(crate) mod owned;
mod placement;
mod remap;
pub(crate) mod seen;
mod sync;

use crate::report::Ask;

/// Every row by its number, in their order.
pub(crate) const SUBJECTS: &[&[(u32, Ask)]] = &[
    arguments::ROWS,
    placement::ROWS,
    alignment::ROWS,
    maximum::ROWS,
    remap::ROWS,
    discard::ROWS,
    sync::ROWS,
    lock::ROWS,
    inherit::ROWS,
    attributes::ROWS,
];
