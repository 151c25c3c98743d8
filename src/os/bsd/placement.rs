//! What every new mapping is given, wherever it goes.

use crate::{
    Errno, Result,
    os::{
        CONCEAL, MAP_ALIGNMENT_SHIFT, MAP_FIXED, POPULATE, map_within,
        mapping::{NewMapping, take_back},
        max_protection,
    },
};

/// Neither system takes a page size.
pub(crate) const fn huge_pages(_log2: u8) -> Result<u32> {
    Err(Errno::ENOTSUP)
}

/// The protection words that mmap is given.
pub(crate) const fn protection(prot: u32, max_prot: u32) -> u32 {
    prot | max_protection(max_prot)
}

/// The flags that ask for the alignment, if it is more than every mapping has.
pub(in crate::os) const fn alignment(new: &NewMapping) -> u32 {
    if new.align == new.granule {
        0
    } else {
        new.align.trailing_zeros() << MAP_ALIGNMENT_SHIFT
    }
}

/// Maps with these flags besides those of every mapping.
///
/// # Safety
///
/// If `flags` replace what is there, nothing relies on the pages of the range.
pub(in crate::os) unsafe fn map(new: &NewMapping, at: usize, flags: u32) -> Result<usize> {
    let asked = |wish, flag| if wish { flag } else { 0 };
    let flags = flags | asked(new.conceal, CONCEAL) | asked(new.populate, POPULATE);
    // SAFETY: the caller's contract.
    unsafe { map_within(new, at, flags) }
}

/// Maps where the kernel chooses; what it does with the hint is its own affair.
pub(crate) fn map_anywhere(new: &NewMapping, hint: usize) -> Result<usize> {
    // SAFETY: nothing is replaced.
    let at = unsafe {
        match map(new, hint, alignment(new)) {
            // NetBSD 9 looks for room below the hint and nowhere else.
            Err(Errno::ENOMEM) if hint != 0 => map(new, 0, alignment(new)),
            answer => answer,
        }
    }?;
    if at.is_multiple_of(new.align) {
        return Ok(at);
    }
    // SAFETY: it was made just now.
    unsafe { take_back(at, new.len) }?;
    Err(Errno::ENOMEM)
}

/// Maps at this address in place of what is there.
///
/// # Safety
///
/// Nothing relies on the pages of the range.
pub(crate) unsafe fn map_over(new: &NewMapping, at: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { map(new, at, MAP_FIXED) }
}
