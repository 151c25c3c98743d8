//! Resizing and moving.

use rawmap::{
    Errno, Inherit, Prot, page_size,
    space::{MapRequest, MoveTo},
};

use super::Named;
use crate::step::{Done, DoneOr, Error, Expected, Memory, Step};

pub(crate) const STEPS: &[Named] = &[
    ("makes memory shorter", shorter),
    ("leaves memory as long as it is", as_long),
    ("makes memory longer in place", longer),
    (
        "makes memory longer in place with a policy",
        longer_with_policy,
    ),
    ("makes nothing longer in place where no room is", blocked),
    ("makes memory longer anywhere", anywhere),
    ("makes memory longer elsewhere", elsewhere),
    (
        "makes memory that can be read longer elsewhere",
        readable_elsewhere,
    ),
    (
        "makes a reservation longer elsewhere",
        reservation_elsewhere,
    ),
    ("moves memory to a free place", moved),
    (
        "moves memory with a policy to a free place",
        moved_with_policy,
    ),
    (
        "moves memory that can be read to a free place",
        moved_readable,
    ),
    ("moves a reservation to a free place", moved_reservation),
    ("moves nothing to a place in use", to_a_place_in_use),
    ("moves nothing onto itself", onto_itself),
    ("moves nothing where no program can be", no_place),
    ("resizes nothing to 0 or to too much", lengths),
    ("moves shared memory", shared),
    ("makes a mapping of an object longer", object),
    ("moves a mapping of an object", moved_object),
    ("moves memory in pieces", pieces),
    ("moves memory in pieces and makes it longer", longer_pieces),
    (
        "moves memory in pieces and makes it shorter",
        shorter_pieces,
    ),
];

const FREEBSD: bool = cfg!(target_os = "freebsd");

/// What one system has no means for.
const fn not_on_freebsd() -> Expected {
    if FREEBSD { Error(Errno::ENOTSUP) } else { Done }
}

/// Memory with a hole of this many pages behind it, and something of the step's behind that.
fn before_a_hole(step: &mut Step<'_>, request: MapRequest<'_>, hole: usize) -> Option<Memory> {
    let memory = step.filled(&request)?;
    let pages = memory.region.len() / page_size();
    let [memory, rest] = step.divide(&memory, pages - hole - 1);
    let [gap, _] = step.divide(&rest, hole);
    step.unmap(&gap)?;
    Some(memory)
}

fn pages(count: usize) -> MapRequest<'static> {
    MapRequest::anonymous(count * page_size())
}

fn shorter(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(4)?;
    let three = step.remap(Done, &memory, 3, MoveTo::InPlace)?;
    step.remap(Done, &three, 1, MoveTo::Anywhere)?;
    let object = step.of_object(3, true)?;
    step.remap(Done, &object, 1, MoveTo::InPlace)?;
    Some(())
}

fn as_long(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let same = step.remap(Done, &memory, 2, MoveTo::InPlace)?;
    let same = step.remap(Done, &same, 2, MoveTo::Anywhere)?;
    step.check(same.region == memory.region, "it moved");
    Some(())
}

fn longer(step: &mut Step<'_>) -> Option<()> {
    let memory = before_a_hole(step, pages(5), 2)?;
    step.remap(Done, &memory, 4, MoveTo::InPlace)?;
    Some(())
}

fn longer_with_policy(step: &mut Step<'_>) -> Option<()> {
    for how in [Inherit::NONE, Inherit::ZERO] {
        let memory = before_a_hole(step, pages(4).inherit(how).conceal(true), 2)?;
        step.remap(Done, &memory, 2, MoveTo::InPlace)?;
    }
    Some(())
}

fn blocked(step: &mut Step<'_>) -> Option<()> {
    let memory = before_a_hole(step, pages(3), 1)?;
    step.remap(Error(Errno::ENOMEM), &memory, 3, MoveTo::InPlace);
    Some(())
}

fn anywhere(step: &mut Step<'_>) -> Option<()> {
    let memory = before_a_hole(step, pages(4), 2)?;
    step.remap(Done, &memory, 3, MoveTo::Anywhere)?;
    Some(())
}

fn elsewhere(step: &mut Step<'_>) -> Option<()> {
    let memory = before_a_hole(step, pages(4), 1)?;
    let moved = step.remap(Done, &memory, 5, MoveTo::Anywhere)?;
    step.check(
        moved.region.start() != memory.region.start(),
        "it did not move",
    );
    let with_policy = pages(4).inherit(Inherit::NONE).conceal(true);
    let memory = before_a_hole(step, with_policy, 1)?;
    step.remap(Done, &memory, 5, MoveTo::Anywhere)?;
    Some(())
}

fn readable_elsewhere(step: &mut Step<'_>) -> Option<()> {
    let memory = before_a_hole(step, pages(4), 1)?;
    let memory = step.protect(Done, &memory, Prot::READ)?;
    step.remap(Done, &memory, 5, MoveTo::Anywhere)?;
    Some(())
}

fn reservation_elsewhere(step: &mut Step<'_>) -> Option<()> {
    let memory = before_a_hole(step, pages(4), 1)?;
    let memory = step.protect(Done, &memory, Prot::NONE)?;
    step.remap(not_on_freebsd(), &memory, 5, MoveTo::Anywhere);
    Some(())
}

/// Moves a memory into the hole: as long as it is, then shorter, then longer.
fn move_into_a_hole(step: &mut Step<'_>, memory: &Memory, expected: Expected) -> Option<()> {
    let [before, _] = step.around_a_hole(4)?;
    let first = before.end();
    let mut memory = *memory;
    for (place, pages) in [(0, 2), (2, 1), (0, 2)] {
        let to = MoveTo::FixedNoReplace(first + place * page_size());
        memory = step.remap(expected, &memory, pages, to)?;
    }
    Some(())
}

fn moved(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    move_into_a_hole(step, &memory, Done)
}

fn moved_with_policy(step: &mut Step<'_>) -> Option<()> {
    let memory = step.filled(&pages(2).inherit(Inherit::ZERO).conceal(true))?;
    move_into_a_hole(step, &memory, Done)
}

fn moved_readable(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let memory = step.protect(Done, &memory, Prot::READ)?;
    move_into_a_hole(step, &memory, Done)
}

fn moved_reservation(step: &mut Step<'_>) -> Option<()> {
    let memory = step.map(Done, &pages(2).prot(Prot::NONE))?;
    move_into_a_hole(step, &memory, not_on_freebsd())
}

fn to_a_place_in_use(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let [before, behind] = step.around_a_hole(2)?;
    for (at, pages) in [
        (before.region.start(), 1),
        (before.end(), 3),
        (before.region.start(), 4),
        (behind.region.start() - page_size(), 2),
    ] {
        let to = MoveTo::FixedNoReplace(at);
        step.remap(Error(Errno::EEXIST), &memory, pages, to);
    }
    Some(())
}

fn onto_itself(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    for at in [memory.region.start(), memory.region.start() + page_size()] {
        step.remap(Error(Errno::EEXIST), &memory, 2, MoveTo::FixedNoReplace(at));
    }
    Some(())
}

fn no_place(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(1)?;
    let last = 0usize.wrapping_sub(2 * page_size());
    for (at, error) in [(0, Errno::EPERM), (1, Errno::EINVAL), (last, Errno::ENOMEM)] {
        step.remap(Error(error), &memory, 1, MoveTo::FixedNoReplace(at));
    }
    Some(())
}

fn lengths(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(1)?;
    for to in [MoveTo::InPlace, MoveTo::Anywhere] {
        step.remap(Error(Errno::EINVAL), &memory, 0, to);
        let too_much = (isize::MAX as usize / page_size()) + 1;
        step.remap(Error(Errno::ENOMEM), &memory, too_much, to);
    }
    Some(())
}

fn shared(step: &mut Step<'_>) -> Option<()> {
    let memory = step.filled(&pages(2).shared(true))?;
    step.remap(Error(Errno::ENOTSUP), &memory, 3, MoveTo::Anywhere);
    let [before, _] = step.around_a_hole(2)?;
    let to = MoveTo::FixedNoReplace(before.end());
    step.remap(not_on_freebsd(), &memory, 2, to);
    Some(())
}

fn object(step: &mut Step<'_>) -> Option<()> {
    for shared in [true, false] {
        let memory = step.of_object(2, shared)?;
        step.remap(not_on_freebsd(), &memory, 3, MoveTo::Anywhere);
    }
    Some(())
}

fn moved_object(step: &mut Step<'_>) -> Option<()> {
    let memory = step.of_object(2, true)?;
    let [before, _] = step.around_a_hole(2)?;
    let to = MoveTo::FixedNoReplace(before.end());
    step.remap(not_on_freebsd(), &memory, 2, to);
    Some(())
}

/// Three neighbours that a kernel keeps apart, since children get some of them and not the others.
fn three_pieces(step: &mut Step<'_>) -> Option<Memory> {
    let memory = step.memory(3)?;
    let [first, rest] = step.divide(&memory, 1);
    let [middle, last] = step.divide(&rest, 1);
    let middle = step.inherit(Done, &middle, Inherit::NONE)?;
    let two = step.join(&first, &middle);
    Some(step.join(&two, &last))
}

/// Moves three neighbours, and makes them so long in the same call.
fn move_pieces(step: &mut Step<'_>, pages: usize) -> Option<()> {
    let expected = if !cfg!(target_os = "linux") {
        Done
    } else if pages <= 3 && step.may_be_refused() {
        // Kernels since 6.17 move several at once, if they are not to grow: the library may have failed to find out that
        // there are several.
        DoneOr(Errno::ENOTSUP)
    } else {
        Error(Errno::ENOTSUP)
    };
    let memory = three_pieces(step)?;
    let [before, _] = step.around_a_hole(4)?;
    let to = MoveTo::FixedNoReplace(before.end());
    step.remap(expected, &memory, pages, to);
    let memory = three_pieces(step)?;
    if pages > 3 {
        step.remap(expected, &memory, pages, MoveTo::Anywhere);
    }
    Some(())
}

fn pieces(step: &mut Step<'_>) -> Option<()> {
    move_pieces(step, 3)
}

fn longer_pieces(step: &mut Step<'_>) -> Option<()> {
    move_pieces(step, 4)
}

fn shorter_pieces(step: &mut Step<'_>) -> Option<()> {
    move_pieces(step, 2)
}
