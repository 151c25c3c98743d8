//! Where a new mapping goes.

use super::{
    MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGE_SHIFT, MAP_HUGETLB, MAP_NORESERVE, MAP_PRIVATE,
    MAP_TYPE, PROT_NONE,
};
use crate::{
    Errno, Result,
    os::{MAP_ANONYMOUS, NewMapping, take_back},
    page_size,
};

/// Flags of mmap that a portable request may carry: they replace nothing, place nothing at an address, and leave the
/// contents alone.
pub(crate) const HARMLESS_FLAGS: u32 = super::MAP_STACK | MAP_NORESERVE | LOW_OR_HIGH;

#[cfg(target_arch = "x86_64")]
const LOW_OR_HIGH: u32 = super::MAP_32BIT | super::MAP_ABOVE4G;
#[cfg(target_arch = "aarch64")]
const LOW_OR_HIGH: u32 = 0;

/// The flags that ask for pages of this size.
pub(crate) const fn huge_pages(log2: u8) -> Result<u32> {
    Ok(MAP_HUGETLB | (log2 as u32) << MAP_HUGE_SHIFT)
}

/// The protection words that mmap is given: there is no maximum.
pub(crate) const fn protection(prot: u32, _max_prot: u32) -> u32 {
    prot
}

/// What mmap's refusal means: the limit on locked memory, where everything is locked, is a limit like others.
pub(crate) const fn refusal(error: Errno, _anonymous: bool) -> Errno {
    match error {
        Errno::EAGAIN => Errno::ENOMEM,
        error => error,
    }
}

/// Addresses without memory behind them.
pub(super) const fn reservation(len: usize, flags: u32) -> NewMapping {
    NewMapping {
        len,
        prot: PROT_NONE,
        max_prot: PROT_NONE,
        flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
        fd: usize::MAX,
        offset: 0,
        granule: 1,
        align: 1,
        conceal: false,
        populate: false,
        inherit: None,
    }
}

/// How often a place is looked for anew when somebody else took it.
const ATTEMPTS: u32 = 64;

/// Maps where the kernel chooses, at the hint if it likes that; 0 is no hint.
pub(crate) fn map_anywhere(new: &NewMapping, hint: usize) -> Result<usize> {
    if new.align == new.granule {
        // SAFETY: nothing is replaced.
        return unsafe { new.map(hint, new.max_prot, 0) };
    }
    if hint != 0 {
        // SAFETY: nothing is replaced.
        let at = unsafe { new.map(hint, new.max_prot, 0) }?;
        if at.is_multiple_of(new.align) {
            return Ok(at);
        }
        // SAFETY: it was made just now.
        unsafe { take_back(at, new.len) }?;
    }
    // Every byte of private anonymous memory is like the others, so that it can be cut.
    let cuttable = MAP_PRIVATE | MAP_ANONYMOUS;
    if new.flags & (MAP_TYPE | MAP_ANONYMOUS | MAP_HUGETLB) == cuttable {
        match map_more_and_trim(new) {
            // What would be given back may be more than there is.
            Err(Errno::ENOMEM) => {}
            answer => return answer,
        }
    }
    map_at_a_gap(new)
}

/// A length that holds an aligned range, whichever page it begins at.
fn roomy(new: &NewMapping) -> Result<usize> {
    new.len
        .checked_add(new.align - page_size())
        .filter(|&len| len <= isize::MAX as usize)
        .ok_or(Errno::ENOMEM)
}

/// The first aligned address in a range that begins here; the range is a [`roomy`] one, which does not wrap.
const fn aligned(base: usize, align: usize) -> usize {
    (base + (align - 1)) & !(align - 1)
}

/// Maps more than is needed and gives back both ends:
///
/// ```text
/// base            at = aligned(base)      at + len        base + roomy
///   |  before, given back  |  the mapping     |  after, given back  |
/// ```
///
/// It is the mapping itself that is cut, and no moment has a place that is free for others to take.
fn map_more_and_trim(new: &NewMapping) -> Result<usize> {
    let roomy = NewMapping {
        len: roomy(new)?,
        ..*new
    };
    // SAFETY: nothing is replaced.
    let base = unsafe { roomy.map(0, new.max_prot, 0) }?;
    let at = aligned(base, new.align);
    let before = at - base;
    let after = roomy.len - new.len - before;
    // SAFETY: all three ranges are within what was made just now.
    unsafe {
        // The kernel refuses to cut where a mapping more would be one too many. Then all of it goes, which may need no cut.
        if before != 0
            && let Err(error) = take_back(base, before)
        {
            let _ = take_back(base, roomy.len);
            return Err(error);
        }
        if after != 0
            && let Err(error) = take_back(at + new.len, after)
        {
            let _ = take_back(at, new.len + after);
            return Err(error);
        }
    }
    Ok(at)
}

/// Looks for a place by a mapping that it gives back, and maps there unless somebody was faster.
///
/// A file cannot be cut like anonymous memory, since its offset has to stand at an address that is known only
/// afterwards, nor can shared memory, whose object would keep the length of all of it; and of huge pages there may not be
/// enough for the ends that would be given back.
fn map_at_a_gap(new: &NewMapping) -> Result<usize> {
    let gap = reservation(roomy(new)?, new.flags & LOW_OR_HIGH);
    for _ in 0..ATTEMPTS {
        // SAFETY: nothing is replaced.
        let base = unsafe { gap.map(0, gap.max_prot, 0) }?;
        // SAFETY: it was made just now.
        unsafe { take_back(base, gap.len) }?;
        match map_at(new, aligned(base, new.align)) {
            Err(Errno::EEXIST) => {}
            answer => return answer,
        }
    }
    Err(Errno::ENOMEM)
}

/// Maps at this address, or says `EEXIST` if anything is there.
pub(crate) fn map_at(new: &NewMapping, at: usize) -> Result<usize> {
    // SAFETY: nothing is replaced: a kernel before 4.17 does not know the flag, and takes the address for a hint.
    let came = unsafe { new.map(at, new.max_prot, MAP_FIXED_NOREPLACE) }?;
    if came == at {
        return Ok(at);
    }
    // SAFETY: it was made just now.
    unsafe { take_back(came, new.len) }?;
    Err(Errno::EEXIST)
}

/// Maps at this address in place of what is there.
///
/// # Safety
///
/// Nothing relies on the pages of the range.
pub(crate) unsafe fn map_over(new: &NewMapping, at: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { new.map(at, new.max_prot, MAP_FIXED) }
}
