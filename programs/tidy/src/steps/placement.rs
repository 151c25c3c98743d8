//! New mappings, and where they go.

use rawmap::{
    Errno, Inherit, MapFlags, Prot, page_size,
    space::{MapRequest, Placement},
};

use super::Named;
use crate::step::{Done, DoneOr, Error, Step};

pub(crate) const STEPS: &[Named] = &[
    ("maps anonymous memory", anonymous),
    (
        "maps anonymous memory with every attribute",
        every_attribute,
    ),
    ("maps a reservation", reservation),
    ("maps nothing of length 0 or of too much", lengths),
    ("maps nothing that makes no sense", nonsense),
    ("maps shared memory", shared),
    ("maps at a hint", hint),
    ("maps elsewhere than at a hint in use", hint_in_use),
    ("maps at a free place", free_place),
    ("maps nothing at a place in use", place_in_use),
    ("maps nothing where no program can", no_place),
    ("maps anonymous memory aligned", aligned),
    ("maps a reservation aligned at a hint", aligned_at_a_hint),
    ("maps an object aligned", aligned_object),
    ("maps with pages present", populated),
    ("maps concealed", concealed),
    ("maps with policies for children", inherited),
    ("maps an object", object),
    ("maps a file that can only be read", read_only),
    ("maps with harmless flags", flags),
    ("maps huge pages", huge),
];

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
/// More than any page.
const ALIGNMENT: usize = 1 << 21;

fn anonymous(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(3)?;
    step.unmap(&memory)?;
    step.map(Done, &MapRequest::anonymous(1).prot(Prot::READ))?;
    Some(())
}

/// Everything at once, which takes more than one call on every system, at a place where something has to be undone.
fn every_attribute(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(2 * page_size())
        .align(ALIGNMENT)
        .conceal(true)
        .populate(true)
        .inherit(Inherit::ZERO);
    step.filled(&request)?;
    Some(())
}

fn reservation(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(4 * page_size()).prot(Prot::NONE);
    let memory = step.map(Done, &request)?;
    let [first, _] = step.divide(&memory, 2);
    let opened = step.protect(Done, &first, READ_WRITE)?;
    step.fill(&opened);
    Some(())
}

fn lengths(step: &mut Step<'_>) -> Option<()> {
    step.map(Error(Errno::EINVAL), &MapRequest::anonymous(0));
    for len in [
        usize::MAX,
        isize::MAX as usize,
        isize::MAX as usize - page_size(),
    ] {
        step.map(Error(Errno::ENOMEM), &MapRequest::anonymous(len));
        step.map(
            Error(Errno::ENOMEM),
            &MapRequest::anonymous(len).align(ALIGNMENT),
        );
    }
    Some(())
}

fn nonsense(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(page_size());
    let object = MapRequest::file(step.means().object(), 1, page_size());
    for request in [
        request.align(3),
        request.align(0),
        request.prot(Prot::READ).max_prot(Prot::NONE),
        request.shared(true).inherit(Inherit::ZERO),
        request.flags(MapFlags::FIXED),
        object,
    ] {
        step.map(Error(Errno::EINVAL), &request);
    }
    Some(())
}

fn shared(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(2 * page_size()).shared(true);
    step.filled(&request)?;
    step.filled(&request.align(ALIGNMENT).conceal(true))?;
    Some(())
}

fn hint(step: &mut Step<'_>) -> Option<()> {
    let [before, _] = step.around_a_hole(2)?;
    let request = MapRequest::anonymous(2 * page_size());
    step.filled(&request.placement(Placement::Hint(before.end())))?;
    Some(())
}

fn hint_in_use(step: &mut Step<'_>) -> Option<()> {
    let memory = step.memory(2)?;
    let request = MapRequest::anonymous(2 * page_size());
    let other = step.map(
        Done,
        &request.placement(Placement::Hint(memory.region.start())),
    )?;
    step.check(other.region != memory.region, "it replaced what was there");
    // A hint is rounded down, and one that no program can have is no error.
    step.map(
        Done,
        &request.placement(Placement::Hint(memory.region.start() + 1)),
    )?;
    step.map(Done, &request.placement(Placement::Hint(usize::MAX)))?;
    Some(())
}

fn free_place(step: &mut Step<'_>) -> Option<()> {
    let [before, _] = step.around_a_hole(2)?;
    let at = before.end();
    let request = MapRequest::anonymous(2 * page_size())
        .placement(Placement::FixedNoReplace(at))
        .conceal(true)
        .inherit(Inherit::NONE);
    let there = step.filled(&request)?;
    step.check(there.region.start() == at, "it is somewhere else");
    Some(())
}

fn place_in_use(step: &mut Step<'_>) -> Option<()> {
    let [before, behind] = step.around_a_hole(2)?;
    for (at, pages) in [
        (before.region.start(), 1),
        (before.region.start(), 4),
        (before.end(), 3),
        (behind.region.start() - page_size(), 2),
    ] {
        let place = Placement::FixedNoReplace(at);
        let anonymous = MapRequest::anonymous(pages * page_size()).placement(place);
        step.map(Error(Errno::EEXIST), &anonymous);
        let object = MapRequest::file(step.means().object(), 0, pages * page_size());
        step.map(Error(Errno::EEXIST), &object.placement(place));
    }
    Some(())
}

fn no_place(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(page_size());
    // The last page but one of all addresses is nobody's.
    let last = 0usize.wrapping_sub(2 * page_size());
    for (at, error) in [
        (0, Errno::EPERM),
        (1, Errno::EINVAL),
        (last, Errno::ENOMEM),
        (last + page_size() + 1, Errno::EINVAL),
    ] {
        step.map(
            Error(error),
            &request.placement(Placement::FixedNoReplace(at)),
        );
    }
    Some(())
}

fn aligned(step: &mut Step<'_>) -> Option<()> {
    for request in [
        MapRequest::anonymous(3 * page_size()),
        MapRequest::anonymous(page_size()).populate(true),
    ] {
        let memory = step.filled(&request.align(ALIGNMENT))?;
        let is_aligned = memory.region.start().is_multiple_of(ALIGNMENT);
        step.check(is_aligned, "it is not aligned");
    }
    Some(())
}

fn aligned_at_a_hint(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(page_size())
        .prot(Prot::NONE)
        .align(ALIGNMENT);
    let first = step.map(Done, &request)?;
    // In use, so that what comes there comes elsewhere first, and is given back.
    let at = first.region.start();
    let second = step.map(Done, &request.placement(Placement::Hint(at)))?;
    step.check(
        second.region.start().is_multiple_of(ALIGNMENT),
        "it is not aligned",
    );
    Some(())
}

fn aligned_object(step: &mut Step<'_>) -> Option<()> {
    let object = MapRequest::file(step.means().object(), page_size() as u64, page_size());
    for request in [object, object.shared(true).prot(READ_WRITE)] {
        let memory = step.map(Done, &request.align(ALIGNMENT))?;
        step.check(
            memory.region.start().is_multiple_of(ALIGNMENT),
            "it is not aligned",
        );
    }
    Some(())
}

fn populated(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(2 * page_size()).populate(true);
    for prot in [READ_WRITE, Prot::READ, Prot::NONE] {
        step.map(Done, &request.prot(prot))?;
    }
    let object = MapRequest::file(step.means().object(), 0, page_size()).populate(true);
    step.map(Done, &object)?;
    step.map(Done, &object.shared(true).prot(READ_WRITE))?;
    Some(())
}

fn concealed(step: &mut Step<'_>) -> Option<()> {
    step.filled(&MapRequest::anonymous(page_size()).conceal(true))?;
    Some(())
}

fn inherited(step: &mut Step<'_>) -> Option<()> {
    let request = MapRequest::anonymous(page_size());
    for how in [Inherit::COPY, Inherit::NONE, Inherit::ZERO] {
        step.filled(&request.inherit(how))?;
    }
    // Linux refuses it when the mapping is made already, and has to be undone.
    let share = if cfg!(target_os = "linux") {
        Error(Errno::ENOTSUP)
    } else {
        Done
    };
    step.map(share, &request.inherit(Inherit::SHARE));
    step.map(share, &request.inherit(Inherit::SHARE).align(ALIGNMENT));
    Some(())
}

fn object(step: &mut Step<'_>) -> Option<()> {
    step.of_object(2, false)?;
    step.of_object(2, true)?;
    let second = MapRequest::file(step.means().object(), page_size() as u64, page_size());
    step.map(Done, &second.conceal(true).inherit(Inherit::NONE))?;
    let too_far = MapRequest::file(step.means().object(), 1 << 63, page_size());
    step.map(Error(Errno::EOVERFLOW), &too_far);
    Some(())
}

fn read_only(step: &mut Step<'_>) -> Option<()> {
    let file = MapRequest::file(step.means().read_only(), 0, page_size());
    // A maximum that the descriptor does not allow is what the descriptor allows.
    step.map(Done, &file.shared(true).max_prot(READ_WRITE))?;
    step.map(Done, &file.prot(READ_WRITE))?;
    step.map(Error(Errno::EACCES), &file.shared(true).prot(READ_WRITE));
    Some(())
}

fn flags(step: &mut Step<'_>) -> Option<()> {
    #[cfg(any(target_os = "linux", target_os = "netbsd"))]
    let harmless = MapFlags::NORESERVE | MapFlags::STACK;
    #[cfg(target_os = "freebsd")]
    let harmless = MapFlags::NOSYNC | MapFlags::PREFAULT_READ;
    let request = MapRequest::anonymous(page_size()).flags(harmless);
    step.filled(&request)?;
    step.filled(&request.align(ALIGNMENT))?;
    Some(())
}

fn huge(step: &mut Step<'_>) -> Option<()> {
    const LOG2: u8 = 21;
    // A kernel without such pages, without any that are free, or that was built without them.
    let expected = if cfg!(target_os = "linux") {
        DoneOr(Errno::ENOMEM)
    } else {
        Error(Errno::ENOTSUP)
    };
    let request = MapRequest::anonymous(1).huge(LOG2);
    step.map(expected, &request);
    step.map(expected, &request.align(2 << LOG2));
    Some(())
}
