//! What may be done with memory.

use rawmap::{Errno, Prot, page_size, space::MapRequest};

use super::Named;
use crate::step::{Done, Error, Step};

pub(crate) const STEPS: &[Named] = &[
    ("protects memory", memory),
    ("protects the middle of memory", middle),
    ("protects up to the maximum", maximum),
    ("protects a file as its descriptor allows", file),
    ("protects nothing when asked wrongly", wrongly),
];

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

fn memory(step: &mut Step<'_>) -> Option<()> {
    let mut memory = step.memory(2)?;
    for prot in [Prot::READ, Prot::NONE, READ_WRITE, Prot::NONE, Prot::READ] {
        memory = step.protect(Done, &memory, prot)?;
    }
    Some(())
}

fn middle(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(3)?;
    let [_, rest] = step.divide(&memory, 1);
    let [middle, _] = step.divide(&rest, 1);
    let closed = step.protect(Done, &middle, Prot::NONE)?;
    step.protect(Done, &closed, READ_WRITE)?;
    Some(())
}

fn maximum(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(page_size()).prot(Prot::READ);
    let memory = step.map(Done, &request.max_prot(READ_WRITE))?;
    step.protect(Done, &memory, READ_WRITE)?;
    let restricted = step.map(Done, &request.max_prot(Prot::READ))?;
    // Linux has no maximum, and NetBSD none by default.
    let expected = if cfg!(target_os = "freebsd") {
        Error(Errno::EACCES)
    } else {
        Done
    };
    step.protect(expected, &restricted, READ_WRITE);
    Some(())
}

fn file(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::file(step.means().read_only(), 0, page_size()).shared(true);
    let memory = step.map(Done, &request)?;
    step.protect(Error(Errno::EACCES), &memory, READ_WRITE);
    step.protect(Done, &memory, Prot::NONE)?;
    Some(())
}

fn wrongly(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    step.protect(
        Error(Errno::EINVAL),
        &memory,
        Prot::from_bits_retain(1 << 30),
    );
    Some(())
}
