//! Dropping what memory holds, and writing it back.

use rawmap::{
    Advice, Errno, Inherit, Prot, page_size,
    space::{AddressSpace, Discard, Kernel, MapRequest, Region, SyncMode},
};

use super::Named;
use crate::step::{Done, Error, Step};

pub(crate) const STEPS: &[Named] = &[
    ("drops what memory holds, some time", lazily),
    ("drops what memory holds, at once", to_zero),
    ("drops what the middle of memory holds", middle),
    ("drops what memory with a policy holds", with_policy),
    (
        "drops what memory holds that cannot be written",
        not_writable,
    ),
    (
        "drops what memory with a policy holds that cannot be written",
        not_writable_with_policy,
    ),
    ("drops what a reservation holds", reservation),
    ("drops nothing that others see", shared),
    ("advises", advice),
    ("writes an object back", sync),
    ("writes nothing back when asked wrongly", sync_wrongly),
];

fn pages(count: usize) -> MapRequest<'static> {
    MapRequest::anonymous(count * page_size())
}

fn lazily(step: &mut Step<'_>) -> Option<()> {
    for request in [pages(2), pages(2).inherit(Inherit::NONE)] {
        let memory = step.filled(&request)?;
        step.discard(Done, &memory, Discard::Lazy)?;
    }
    Some(())
}

fn to_zero(step: &mut Step<'_>) -> Option<()> {
    for request in [pages(2), pages(2).conceal(true)] {
        let memory = step.filled(&request)?;
        step.discard(Done, &memory, Discard::Zero)?;
    }
    Some(())
}

fn middle(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(3)?;
    let [_, rest] = step.divide(&memory, 1);
    let [middle, _] = step.divide(&rest, 1);
    step.discard(Done, &middle, Discard::Zero)?;
    Some(())
}

fn with_policy(step: &mut Step<'_>) -> Option<()> {
    for how in [Inherit::NONE, Inherit::ZERO] {
        let memory = step.filled(&pages(2).inherit(how))?;
        step.discard(Done, &memory, Discard::Zero)?;
    }
    Some(())
}

fn not_writable(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let memory = step.protect(Done, &memory, Prot::READ)?;
    step.discard(Done, &memory, Discard::Zero)?;
    Some(())
}

fn not_writable_with_policy(step: &mut Step<'_>) -> Option<()> {
    for how in [Inherit::NONE, Inherit::ZERO] {
        let memory = step.filled(&pages(2).inherit(how).conceal(true))?;
        let memory = step.protect(Done, &memory, Prot::READ)?;
        step.discard(Done, &memory, Discard::Zero)?;
    }
    Some(())
}

fn reservation(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let memory = step.protect(Done, &memory, Prot::NONE)?;
    let memory = step.discard(Done, &memory, Discard::Zero)?;
    step.protect(Done, &memory, Prot::READ)?;
    Some(())
}

fn shared(step: &mut Step<'_>) -> Option<()> {
    let memory = step.filled(&pages(1).shared(true))?;
    let object = step.of_object(1, false)?;
    for memory in [memory, object] {
        step.discard(Error(Errno::ENOTSUP), &memory, Discard::Zero);
        step.discard(Error(Errno::ENOTSUP), &memory, Discard::Lazy);
    }
    Some(())
}

fn advice(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    for advice in [Advice::RANDOM, Advice::WILLNEED, Advice::NORMAL] {
        // SAFETY: the step's own, and the advice takes nothing away.
        step.attempt(Done, || unsafe { Kernel.advise(memory.region, advice) })?;
    }
    let unknown = Advice::from_raw(12345);
    // SAFETY: as before: no kernel knows it.
    step.attempt(Error(Errno::EINVAL), || unsafe {
        Kernel.advise(memory.region, unknown)
    });
    Some(())
}

fn sync(step: &mut Step<'_>) -> Option<()> {
    let memory = step.of_object(2, true)?;
    for (mode, invalidate) in [
        (SyncMode::Start, false),
        (SyncMode::Wait, false),
        (SyncMode::Wait, true),
    ] {
        step.attempt(Done, || Kernel.sync(memory.region, mode, invalidate))?;
    }
    Some(())
}

fn sync_wrongly(step: &mut Step<'_>) -> Option<()> {
    let memory = step.of_object(3, true)?;
    let region = memory.region;
    step.attempt(Error(Errno::EINVAL), || {
        Kernel.sync(region, SyncMode::Start, true)
    });
    let [_, rest] = step.divide(&memory, 1);
    let [middle, _] = step.divide(&rest, 1);
    step.unmap(&middle)?;
    step.attempt(Error(Errno::ENOMEM), || {
        Kernel.sync(region, SyncMode::Wait, false)
    });
    let empty = Region::new(region.as_non_null(), 0);
    step.attempt(Done, || Kernel.sync(empty, SyncMode::Wait, false))
}
