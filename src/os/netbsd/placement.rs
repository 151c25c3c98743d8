//! Where a new mapping goes.

use super::{
    MADV_WILLNEED, MAP_FIXED, MAP_HASSEMAPHORE, MAP_NORESERVE, MAP_PRIVATE, MAP_STACK,
    MAP_TRYFIXED, PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE, mremap,
};
use crate::{
    Errno, Result,
    os::{
        bsd::{inheritance::inherit, placement::map},
        madvise,
        mapping::{NewMapping, take_back},
        mmap,
    },
};

/// Flags of mmap that a portable request may carry: they replace nothing, place nothing at an address, and leave the
/// contents alone.
pub(crate) const HARMLESS_FLAGS: u32 = MAP_HASSEMAPHORE | MAP_NORESERVE | MAP_STACK | MAP_TRYFIXED;

/// Nothing keeps pages out of core dumps.
pub(crate) const CONCEAL: u32 = 0;
/// Pages become present by advice.
pub(crate) const POPULATE: u32 = 0;

/// Maps at this address, or says `EEXIST` if anything is there, and `ENOMEM` if no program can have the place.
///
/// The kernel has no such call. Given the address as a hint, it may map elsewhere whether anything is there or not; what
/// it mapped is moved then, which it does only to a free place.
pub(crate) fn map_at(new: &NewMapping, at: usize) -> Result<usize> {
    // SAFETY: nothing is replaced.
    let came = unsafe {
        match map(new, at, MAP_TRYFIXED) {
            // NetBSD 9 looks for room below the hint and nowhere else.
            Err(Errno::ENOMEM) => map(new, 0, 0),
            answer => answer,
        }
    }?;
    if came == at {
        return Ok(at);
    }
    let came = out_of_the_way(new, at, came)?;
    // SAFETY: what came was made just now; nothing is replaced.
    let moved = Errno::of(unsafe { mremap(came, new.len, new.len, MAP_FIXED as usize, at) });
    moved.map_err(|error| {
        // SAFETY: it was made just now.
        let _ = unsafe { take_back(came, new.len) };
        match error {
            _ if !is_within_user_space(at, new.len) => Errno::ENOMEM,
            // There was memory for this mapping, so it is the place that is lacking.
            Errno::ENOMEM => Errno::EEXIST,
            error => error,
        }
    })
}

/// A mapping for one that may lie where it is to go, in part: such a one cannot move there. No more than two can lie so at
/// the same time.
fn out_of_the_way(new: &NewMapping, at: usize, came: usize) -> Result<usize> {
    if came.abs_diff(at) >= new.len {
        return Ok(came);
    }
    // SAFETY: nothing is replaced.
    let other = unsafe { map(new, 0, 0) };
    let other = other.and_then(|other| out_of_the_way(new, at, other));
    // SAFETY: it was made just now.
    let _ = unsafe { take_back(came, new.len) };
    other
}

/// What mmap's refusal means: nothing else than what it says.
pub(crate) const fn refusal(error: Errno, _anonymous: bool) -> Errno {
    error
}

/// Maps with as much of the maximum protection as the descriptor allows: where that is open for reading only, a shared
/// mapping can never become writable, and the kernel refuses a maximum that says so, before it does anything else.
///
/// # Safety
///
/// If `flags` replace what is there, nothing relies on the pages of the range.
pub(crate) unsafe fn map_within(new: &NewMapping, at: usize, flags: u32) -> Result<usize> {
    let less = [0, PROT_WRITE, PROT_READ, PROT_READ | PROT_WRITE | PROT_EXEC];
    let mut answer = Err(Errno::EACCES);
    for less in less {
        let max_prot = new.prot | new.max_prot & !less;
        // SAFETY: the caller's contract.
        answer = unsafe { new.map(at, max_prot, flags) };
        if answer != Err(Errno::EACCES) || new.is_anonymous() || new.max_prot == new.prot {
            break;
        }
    }
    answer
}

/// Can a program have this place?
///
/// The kernel looks at a fixed place before it looks at the descriptor, and at that before it replaces anything; and here
/// there is no descriptor. What vm.maxaddress tells is not where programs end: on amd64 that lies below.
pub(super) fn is_within_user_space(at: usize, len: usize) -> bool {
    let flags = MAP_FIXED | MAP_PRIVATE;
    // SAFETY: nothing can be mapped, so nothing is replaced.
    let answer = unsafe { mmap(at, len, PROT_NONE as usize, flags as usize, usize::MAX, 0) };
    Errno::of(answer) == Err(Errno::EBADF)
}

/// Gives a mapping that was made just now what the call that made it could not.
///
/// # Safety
///
/// The range is that mapping, and the caller's.
pub(crate) unsafe fn settle(addr: usize, new: &NewMapping) -> Result<()> {
    if let Some(how) = new.inherit {
        // SAFETY: the caller's contract.
        unsafe { inherit(addr, new.len, how) }?;
    }
    if new.populate && new.prot != PROT_NONE {
        // SAFETY: pages that are in memory become present, and hold what they would have held.
        Errno::of(unsafe { madvise(addr, new.len, MADV_WILLNEED as usize) })?;
    }
    Ok(())
}
