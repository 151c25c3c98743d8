//! The rows of owned mappings, a file for each subject: what `rawmap::mapping` and `rawmap::object` promise.
//!
//! Rows are asked in both address spaces: of the kernel, and of a registry, which a line names. An expected answer is one
//! for all systems, except where the promise names a difference: what FreeBSD cannot move, sharing with children, names.

mod anonymous;
mod bytes;
mod children;
mod contents;
mod failing;
mod files;
mod guards;
mod names;
mod objects;
mod parts;
mod protect;
mod remap;
mod reservation;
mod space;
mod views;

use crate::report::Ask;

/// Every row by its number, in their order.
pub(crate) const SUBJECTS: &[&[(u32, Ask)]] = &[
    anonymous::ROWS,
    protect::ROWS,
    guards::ROWS,
    parts::ROWS,
    remap::ROWS,
    contents::ROWS,
    reservation::ROWS,
    bytes::ROWS,
    views::ROWS,
    files::ROWS,
    objects::ROWS,
    names::ROWS,
    children::ROWS,
    failing::ROWS,
];
