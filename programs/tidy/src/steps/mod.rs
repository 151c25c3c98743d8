//! The steps, a file for each subject.

mod contents;
mod inheritance;
mod locking;
mod moving;
mod placement;
mod protection;
mod replacement;

use crate::step::Step;

/// A step's name, and what it does; `None` if it could not go on.
pub(crate) type Named = (&'static str, fn(&mut Step<'_>) -> Option<()>);

/// All of them, by subject.
pub(crate) const SUBJECTS: [&[Named]; 7] = [
    placement::STEPS,
    replacement::STEPS,
    protection::STEPS,
    moving::STEPS,
    contents::STEPS,
    inheritance::STEPS,
    locking::STEPS,
];
