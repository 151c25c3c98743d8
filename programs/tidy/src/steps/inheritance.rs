//! What forked children find.

use rawmap::{Errno, Inherit};

use super::Named;
use crate::step::{Done, Error, Step};

pub(crate) const STEPS: &[Named] = &[
    ("sets each policy for children", each),
    ("sets a policy for the middle of memory", middle),
    ("sets a policy for shared memory", shared),
];

fn each(step: &mut Step<'_>) -> Option<()> {
    let mut memory = step.memory(2)?;
    for how in [
        Inherit::NONE,
        Inherit::ZERO,
        Inherit::COPY,
        Inherit::ZERO,
        Inherit::NONE,
        Inherit::COPY,
    ] {
        memory = step.inherit(Done, &memory, how)?;
    }
    let expected = if cfg!(target_os = "linux") {
        Error(Errno::ENOTSUP)
    } else {
        Done
    };
    step.inherit(expected, &memory, Inherit::SHARE);
    Some(())
}

fn middle(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(3)?;
    let [_, rest] = step.divide(&memory, 1);
    let [middle, _] = step.divide(&rest, 1);
    let middle = step.inherit(Done, &middle, Inherit::NONE)?;
    step.inherit(Done, &middle, Inherit::COPY)?;
    Some(())
}

fn shared(step: &mut Step<'_>) -> Option<()> {
    let memory = step.of_object(1, true)?;
    step.inherit(Done, &memory, Inherit::NONE)?;
    Some(())
}
