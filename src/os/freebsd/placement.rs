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

/// What mmap's refusal means. Arguments were checked before, and swap space that cannot be set aside for anonymous memory
/// is `EINVAL` here.
pub(crate) const fn refusal(error: Errno, anonymous: bool) -> Errno {
    match error {
        Errno::EINVAL if anonymous => Errno::ENOMEM,
        error => error,
    }
}

/// Maps with as much of the maximum protection as the descriptor allows: the kernel keeps it within that.
///
/// # Safety
///
/// If `flags` replace what is there, nothing relies on the pages of the range.
pub(crate) unsafe fn map_within(new: &NewMapping, at: usize, flags: u32) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { new.map(at, new.max_prot, flags) }
}

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
/// nothing but the place, within the limit on addresses.
fn why(error: Errno, at: usize, len: usize) -> Errno {
    match (error, can_guard(at, len, MAP_FIXED | MAP_EXCL)) {
        (_, Err(Errno::EINVAL)) => Errno::ENOMEM,
        (Errno::ENOMEM, Err(Errno::ENOMEM)) if can_guard(0, len, 0).is_ok() => Errno::EEXIST,
        _ => error,
    }
}

/// Makes a guard, and takes it back at once.
fn can_guard(at: usize, len: usize, flags: u32) -> Result<()> {
    let flags = (MAP_GUARD | flags) as usize;
    // SAFETY: there is no FIXED without EXCL, which keeps it from replacing anything.
    let at = Errno::of(unsafe { mmap(at, len, PROT_NONE as usize, flags, usize::MAX, 0) })?;
    // SAFETY: it was made just now.
    unsafe { take_back(at, len) }
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
