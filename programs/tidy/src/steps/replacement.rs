//! Mappings in place of others.

use rawmap::{
    Errno, Inherit, Prot, page_size,
    space::{MapRequest, Placement},
};

use super::Named;
use crate::step::{Done, Error, Step};

pub(crate) const STEPS: &[Named] = &[
    ("replaces memory", memory),
    ("replaces the middle of memory", middle),
    ("replaces memory by an object and back", object),
    ("replaces memory by what cannot be made whole", unfinished),
    ("replaces nothing when asked wrongly", wrongly),
];

fn memory(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let request = MapRequest::anonymous(2 * page_size());
    let new = step.map_over(Done, &memory, &request)?;
    let with_more = request
        .conceal(true)
        .populate(true)
        .inherit(Inherit::NONE)
        .prot(Prot::READ);
    step.map_over(Done, &new, &with_more)?;
    Some(())
}

fn middle(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(3)?;
    let [_, rest] = step.divide(&memory, 1);
    let [middle, _] = step.divide(&rest, 1);
    let request = MapRequest::anonymous(page_size()).prot(Prot::NONE);
    step.map_over(Done, &middle, &request)?;
    Some(())
}

fn object(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let object = MapRequest::file(step.means().object(), 0, 2 * page_size()).shared(true);
    let shown = step.map_over(Done, &memory, &object)?;
    step.map_over(Done, &shown, &MapRequest::anonymous(2 * page_size()))?;
    Some(())
}

/// The new memory is there before Linux refuses the policy. It stays: the range is the step's.
fn unfinished(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let request = MapRequest::anonymous(2 * page_size()).inherit(Inherit::SHARE);
    let expected = if cfg!(target_os = "linux") {
        Error(Errno::ENOTSUP)
    } else {
        Done
    };
    step.map_over(expected, &memory, &request);
    Some(())
}

fn wrongly(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let request = MapRequest::anonymous(2 * page_size());
    for wrong in [
        MapRequest::anonymous(page_size()),
        request.placement(Placement::FixedNoReplace(memory.region.start())),
        request.placement(Placement::Hint(memory.region.start())),
        request.prot(Prot::READ).max_prot(Prot::NONE),
    ] {
        step.map_over(Error(Errno::EINVAL), &memory, &wrong);
    }
    Some(())
}
