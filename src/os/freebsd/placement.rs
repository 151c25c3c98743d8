//! Where a new mapping goes.

use super::{
    MAP_EXCL, MAP_FIXED, MAP_GUARD, MAP_HASSEMAPHORE, MAP_NOCORE, MAP_NOSYNC, MAP_PREFAULT_READ,
    PROT_NONE,
};
use crate::{
    Errno, Result,
    os::{
        bsd::{inheritance::inherit, placement::map},
        mapping::{NewMapping, take_back},
        mmap,
    },
};

/// Flags of mmap that a portable request may carry: they replace nothing, place nothing at an address, and leave the
/// contents alone.
pub(crate) const HARMLESS_FLAGS: u32 =
    MAP_HASSEMAPHORE | MAP_NOSYNC | MAP_PREFAULT_READ | super::MAP_32BIT;

/// The flag that keeps pages out of core dumps.
pub(crate) const CONCEAL: u32 = MAP_NOCORE;
/// The flag that makes pages present that are in memory already.
pub(crate) const POPULATE: u32 = MAP_PREFAULT_READ;

/// Maps at this address, or says `EEXIST` if anything is there, and `ENOMEM` if no program can have the place.
pub(crate) fn map_at(new: &NewMapping, at: usize) -> Result<usize> {
    // SAFETY: EXCL keeps FIXED from replacing anything.
    match unsafe { map(new, at, MAP_FIXED | MAP_EXCL) } {
        Err(error @ (Errno::ENOMEM | Errno::EINVAL)) => Err(why(error, at, new.len)),
        answer => answer,
    }
}

/// Why nothing could be mapped at this address. `ENOMEM` means that something is there, or that something else is
/// lacking; `EINVAL`, that the place is outside of what programs have, or that something else is wrong. A guard needs
/// nothing but the place.
fn why(error: Errno, at: usize, len: usize) -> Errno {
    let flags = MAP_GUARD | MAP_FIXED | MAP_EXCL;
    // SAFETY: EXCL keeps FIXED from replacing anything.
    let guard =
        Errno::of(unsafe { mmap(at, len, PROT_NONE as usize, flags as usize, usize::MAX, 0) });
    match (error, guard) {
        (_, Ok(_)) => {
            // SAFETY: it was made just now.
            let _ = unsafe { take_back(at, len) };
            error
        }
        (Errno::ENOMEM, Err(Errno::ENOMEM)) => Errno::EEXIST,
        (_, Err(Errno::EINVAL)) => Errno::ENOMEM,
        (_, Err(_)) => error,
    }
}

/// Gives a mapping that was made just now what the call that made it could not.
///
/// # Safety
///
/// The range is that mapping, and the caller's.
pub(crate) unsafe fn settle(addr: usize, new: &NewMapping) -> Result<()> {
    match new.inherit {
        // SAFETY: the caller's contract.
        Some(how) => unsafe { inherit(addr, new.len, how) },
        None => Ok(()),
    }
}
