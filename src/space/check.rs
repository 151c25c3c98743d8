//! Arguments, before a kernel sees them: the same answer on every system to what each would take in its own way.

use super::{Attrs, Kind, Region};
use crate::{Errno, Prot, Result, os};

/// The accesses that a protection and its maximum are compared by.
const ACCESSES: Prot = Prot::READ.union(Prot::WRITE).union(Prot::EXEC);

/// A length in whole granules: `EINVAL` for 0, `ENOMEM` for more than a program can have.
#[inline]
pub(crate) const fn length(len: usize, granule: usize) -> Result<usize> {
    // In one comparison: 0 wraps to the largest number there is.
    let longest = isize::MAX as usize & !(granule - 1);
    if len.wrapping_sub(1) >= longest {
        return Err(if len == 0 {
            Errno::EINVAL
        } else {
            Errno::ENOMEM
        });
    }
    Ok((len + (granule - 1)) & !(granule - 1))
}

/// An address in a granule's multiples, from which so many whole granules do not wrap, and which is not 0.
#[inline]
pub(crate) const fn place(at: usize, len: usize, align: usize) -> Result<()> {
    if at & (align - 1) != 0 || len > 0usize.wrapping_sub(at) {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// The whole granules of a region that is not empty.
#[inline]
pub(crate) fn region(region: Region, granule: usize) -> Result<usize> {
    let start = region.start();
    // The last granule of all addresses begins here, and no region ends behind it.
    let last = 0usize.wrapping_sub(granule);
    if start & (granule - 1) != 0 || region.len() > last - start {
        return Err(Errno::EINVAL);
    }
    Ok((region.len() + (granule - 1)) & !(granule - 1))
}

/// A protection that can be set: with bits that a portable request may carry.
#[inline]
pub(crate) const fn protection(prot: Prot) -> Result<u32> {
    if prot.bits() & !os::SETTABLE_PROTECTION != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(prot.bits())
}

/// A protection and a maximum that it does not go beyond.
#[inline]
pub(crate) const fn protections(prot: Prot, max_prot: Prot) -> Result<(u32, u32)> {
    let within = ACCESSES.contains(max_prot) && max_prot.contains(prot.intersection(ACCESSES));
    match protection(prot) {
        Ok(prot) if within => Ok((prot, max_prot.bits())),
        _ => Err(Errno::EINVAL),
    }
}

/// A power of two that is a page at least.
pub(crate) const fn granule(granule: usize, page: usize) -> Result<usize> {
    if !granule.is_power_of_two() || granule < page {
        return Err(Errno::EINVAL);
    }
    Ok(granule)
}

/// A region that is not empty, and what its owner knows of it.
pub(crate) fn held(region: Region, attrs: &Attrs, page: usize) -> Result<os::Held> {
    let granule = granule(attrs.granule(), page)?;
    let len = self::region(region, granule)?;
    let (prot, max_prot) = protections(attrs.prot(), attrs.max_prot())?;
    Ok(os::Held {
        addr: region.expose(),
        len,
        prot,
        max_prot,
        shared: attrs.shared(),
        anonymous: matches!(attrs.kind(), Kind::Anonymous),
        inherit: attrs.inherit().raw(),
        conceal: attrs.conceal(),
        granule,
    })
}

#[cfg(test)]
mod tests {
    use core::ptr::{NonNull, without_provenance_mut};

    use super::*;

    const PAGE: usize = 4096;

    fn of(start: usize, len: usize) -> Result<usize> {
        let ptr = NonNull::new(without_provenance_mut(start)).ok_or(Errno::EPERM)?;
        region(Region::new(ptr, len), PAGE)
    }

    #[test]
    fn lengths_are_rounded_up_to_the_largest_that_a_program_can_have() {
        let longest = isize::MAX as usize + 1 - PAGE;
        assert_eq!(length(0, PAGE), Err(Errno::EINVAL));
        assert_eq!(length(1, PAGE), Ok(PAGE));
        assert_eq!(length(PAGE, PAGE), Ok(PAGE));
        assert_eq!(length(PAGE + 1, PAGE), Ok(2 * PAGE));
        assert_eq!(length(longest, PAGE), Ok(longest));
        for len in [
            longest + 1,
            isize::MAX as usize,
            usize::MAX - PAGE,
            usize::MAX,
        ] {
            assert_eq!(length(len, PAGE), Err(Errno::ENOMEM), "{len:#x}");
        }
    }

    #[test]
    fn a_region_does_not_wrap_and_begins_on_a_page() {
        let last = 0usize.wrapping_sub(PAGE);
        assert_eq!(of(PAGE, 1), Ok(PAGE));
        assert_eq!(of(PAGE, last - PAGE), Ok(last - PAGE));
        assert_eq!(of(last - PAGE, PAGE), Ok(PAGE));
        for (start, len) in [
            (PAGE + 1, 1),
            (PAGE, last - PAGE + 1),
            (PAGE, usize::MAX),
            (last, 1),
            (last - PAGE, PAGE + 1),
        ] {
            assert_eq!(of(start, len), Err(Errno::EINVAL), "{start:#x} {len:#x}");
        }
    }

    #[test]
    fn a_protection_stays_within_its_maximum() {
        let both = Prot::READ | Prot::WRITE;
        assert!(protections(both, both).is_ok());
        assert!(protections(Prot::NONE, both).is_ok());
        assert!(protections(both, Prot::READ).is_err());
        assert!(protections(Prot::EXEC, both).is_err());
        assert!(protections(Prot::from_bits_retain(1 << 30), both).is_err());
        assert!(protections(Prot::READ, Prot::from_bits_retain(0xff)).is_err());
    }
}
