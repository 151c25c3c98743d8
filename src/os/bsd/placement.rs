//! What every new mapping is given, wherever it goes.

use crate::{
    Errno, Result,
    os::{
        CONCEAL, MAP_ALIGNMENT_SHIFT, MAP_FIXED, POPULATE, PROT_WRITE,
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

/// Maps with these flags besides those of every mapping, and with as much of the maximum protection as the descriptor
/// allows: a mapping of a descriptor that is open for reading only can never become writable where it is shared, and a
/// maximum that says so is refused.
///
/// # Safety
///
/// If `flags` replace what is there, nothing relies on the pages of the range.
pub(in crate::os) unsafe fn map(new: &NewMapping, at: usize, flags: u32) -> Result<usize> {
    let asked = |wish, flag| if wish { flag } else { 0 };
    let flags = flags | asked(new.conceal, CONCEAL) | asked(new.populate, POPULATE);
    // SAFETY: the caller's contract.
    let with_max = |max_prot| unsafe { new.map(at, max_prot, flags) };
    match with_max(new.max_prot) {
        Err(Errno::EACCES) if new.max_prot != new.prot => {
            match with_max(new.prot | new.max_prot & !PROT_WRITE) {
                Err(Errno::EACCES) => with_max(new.prot),
                answer => answer,
            }
        }
        answer => answer,
    }
}

/// Maps where the kernel chooses; what it does with the hint is its own affair.
pub(crate) fn map_anywhere(new: &NewMapping, hint: usize) -> Result<usize> {
    // SAFETY: nothing is replaced.
    let at = unsafe { map(new, hint, alignment(new)) }?;
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
