//! Where a new mapping goes.

use super::{
    CTL_VM, MADV_WILLNEED, MAP_FIXED, MAP_HASSEMAPHORE, MAP_NORESERVE, MAP_STACK, MAP_TRYFIXED,
    PROT_NONE, VM_MAXADDRESS, mremap,
};
use crate::{
    Errno, Result,
    os::{
        bsd::{inheritance::inherit, placement::map, sysctl},
        madvise,
        mapping::{NewMapping, take_back},
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
    let came = unsafe { map(new, at, MAP_TRYFIXED) }?;
    if came == at {
        return Ok(at);
    }
    // SAFETY: what came was made just now; nothing is replaced.
    let moved = Errno::of(unsafe { mremap(came, new.len, new.len, MAP_FIXED as usize, at) });
    moved.map_err(|error| {
        // SAFETY: it was made just now.
        let _ = unsafe { take_back(came, new.len) };
        match error {
            // There was memory for this mapping, so it is the place that is lacking.
            Errno::ENOMEM if is_within_user_space(at, new.len) => Errno::EEXIST,
            error => error,
        }
    })
}

/// Can a program have this place? Yes, if the kernel does not say where its memory ends.
pub(super) fn is_within_user_space(at: usize, len: usize) -> bool {
    match (at.checked_add(len), sysctl::value([CTL_VM, VM_MAXADDRESS])) {
        (Some(end), Some(last)) => end <= last,
        (Some(_), None) => true,
        (None, _) => false,
    }
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
