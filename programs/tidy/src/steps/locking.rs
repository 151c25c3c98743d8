//! Locks.

use rawmap::{
    page_size,
    space::{AddressSpace, Discard, Kernel, MapRequest, Region},
};

use super::Named;
use crate::step::{Done, Memory, Step};

pub(crate) const STEPS: &[Named] = &[
    ("locks and unlocks", locks),
    ("unlocks what is locked in part", in_part),
    ("locks memory and drops what it holds", dropped),
    ("locks memory and unmaps it", unmapped),
];

fn lock(step: &mut Step<'_>, memory: &Memory) -> Option<()> {
    // SAFETY: the step's own.
    step.attempt(Done, || unsafe { Kernel.lock(memory.region) })
}

fn unlock(step: &mut Step<'_>, region: Region) -> Option<()> {
    // SAFETY: the step's own, and nothing relies on the lock.
    step.attempt(Done, || unsafe { Kernel.unlock(region) })
}

fn locks(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    lock(step, &memory)?;
    lock(step, &memory)?;
    unlock(step, memory.region)?;
    unlock(step, memory.region)
}

fn in_part(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(3)?;
    let [_, rest] = step.divide(&memory, 1);
    let [middle, _] = step.divide(&rest, 1);
    lock(step, &middle)?;
    unlock(step, memory.region)
}

fn dropped(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    lock(step, &memory)?;
    step.discard(Done, &memory, Discard::Zero)?;
    Some(())
}

fn unmapped(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(2 * page_size());
    let memory = step.filled(&request)?;
    lock(step, &memory)
}
