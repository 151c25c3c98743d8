//! The rows of the raw layer, a file for each subject.

mod advice;
mod arguments;
mod contents;
mod inherit;
mod lock;
mod placement;
mod protect;
mod remap;
mod residency;
mod synchronise;
mod unmap;

pub(crate) use residency::{TELLS_NOTHING, tells_of_unlocked};

use crate::report::Ask;

/// Every row by its number, in their order.
pub(crate) const SUBJECTS: &[&[(u32, Ask)]] = &[
    arguments::ROWS,
    placement::ROWS,
    contents::ROWS,
    unmap::ROWS,
    protect::ROWS,
    remap::ROWS,
    synchronise::ROWS,
    advice::ROWS,
    residency::ROWS,
    lock::ROWS,
    inherit::ROWS,
];

/// The reason for a skip where the program was given no folder.
pub(crate) const NO_FOLDER: &str = "no folder for files was given";
