//! The rows of the registry, a file for each subject: what `rawmap::registry` shows after each step, by the cases of the
//! other layers and those of its own.
//!
//! A row's process begins with a registry that knows nothing, and works in an arena of its own. After each step one line
//! compares the answer, every page of the arena as the registry and the kernel have it, and the numbers of mappings and
//! bytes; that lookups around every boundary agree, and that the registry's own check finds nothing, is part of that line.

mod arena;
mod asked;
mod contents;
mod inherit;
#[cfg(target_os = "linux")]
mod limit;
mod placement;
mod protect;
mod refused;
mod remap;
mod state;
mod told;
mod unmap;
mod verbatim;

use crate::report::Ask;

/// Every row by its number, in their order.
pub(crate) const SUBJECTS: &[&[(u32, Ask)]] = &[
    refused::ROWS,
    placement::ROWS,
    unmap::ROWS,
    protect::ROWS,
    remap::ROWS,
    contents::ROWS,
    inherit::ROWS,
    asked::ROWS,
    told::ROWS,
    verbatim::ROWS,
    #[cfg(target_os = "linux")]
    limit::ROWS,
];
