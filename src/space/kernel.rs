//! The address space that remembers nothing.

use core::ptr::{self, NonNull};

use super::{AddressSpace, Attrs, Discard, MapRequest, MoveTo, Placement, Region, SyncMode, check};
use crate::{Advice, Errno, Inherit, Prot, Result, os, page, page_size};

/// Straight to the system.
///
/// It has no state: every value is the same address space, that of the process.
///
/// ```
/// use rawmap::space::{AddressSpace, Attrs, Kernel, MapRequest, MoveTo};
///
/// let request = MapRequest::anonymous(1 << 16);
/// let region = Kernel.map(&request)?;
/// // SAFETY: the region is this code's, and has the attributes that it was made with.
/// let shorter = unsafe { Kernel.remap(region, 1 << 14, MoveTo::InPlace, &request.attrs())? };
/// assert_eq!(shorter.start(), region.start());
/// // SAFETY: nothing refers to it.
/// unsafe { Kernel.unmap(shorter)? };
/// # Ok::<(), rawmap::Errno>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kernel;

/// The region of a mapping that the kernel answered with.
#[inline(always)]
fn region(addr: usize, len: usize) -> Result<Region> {
    // Where the page size is not known for sure, what is aligned to a page need not be to what is taken for one.
    let aligned = page::IS_CONSTANT || addr & (page_size() - 1) == 0;
    match NonNull::new(ptr::with_exposed_provenance_mut(addr)) {
        Some(ptr) if aligned => Ok(Region::new(ptr, len)),
        _ => of_no_use(addr, len),
    }
}

/// A mapping at 0, which no kernel makes unasked, is no use to anyone, nor one that is not aligned.
#[cold]
fn of_no_use(addr: usize, len: usize) -> Result<Region> {
    // SAFETY: it was made just now.
    let _ = unsafe { os::take_back(addr, len) };
    Err(Errno::ENOMEM)
}

/// Whatever takes more than one plain call.
#[inline(never)]
fn map_with_means(request: &MapRequest<'_>) -> Result<Region> {
    let new = request.prepare(page_size())?;
    let addr = match request.requested_placement() {
        Placement::Anywhere => os::map_anywhere(&new, 0)?,
        Placement::Hint(hint) => os::map_anywhere(&new, hint & !(new.align - 1))?,
        Placement::FixedNoReplace(0) => return Err(Errno::EPERM),
        Placement::FixedNoReplace(at) => {
            check::place(at, new.len, new.align)?;
            os::map_at(&new, at)?
        }
    };
    // SAFETY: the mapping was made just now, and nobody was told of it.
    unsafe {
        if let Err(error) = os::settle(addr, &new) {
            let _ = os::take_back(addr, new.len);
            return Err(error);
        }
    }
    region(addr, new.len)
}

/// Shorter in place, which every system does in the same way.
///
/// # Safety
///
/// The range is the caller's, and nothing refers to its end.
unsafe fn shorten(held: &os::Held, new_len: usize) -> Result<usize> {
    if new_len < held.len {
        // SAFETY: the caller's contract.
        unsafe { os::take_back(held.addr + new_len, held.len - new_len) }?;
    }
    Ok(held.addr)
}

// SAFETY: a mapping that the kernel makes without being told to replace is nobody else's, and stays until it is unmapped,
// replaced or moved. Its address is aligned, and `region` refuses 0; lengths are checked. Nothing panics.
unsafe impl AddressSpace for Kernel {
    // Where the request is made of constants, as most are, it comes down to the call and the length's check.
    #[inline(always)]
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        let page = page_size();
        let Some((prot, flags)) = request.plain(page) else {
            return map_with_means(request);
        };
        let len = check::length(request.requested_len(), page)?;
        // SAFETY: a new mapping where the kernel chooses.
        let answer = unsafe { os::mmap(0, len, prot as usize, flags as usize, usize::MAX, 0) };
        match Errno::of(answer) {
            Ok(addr) => region(addr, len),
            Err(error) => Err(os::refusal(error, true)),
        }
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        let new = request.prepare(page_size())?;
        let same = check::region(at, new.granule)? == new.len;
        if !same || request.requested_placement() != Placement::Anywhere {
            return Err(Errno::EINVAL);
        }
        check::place(at.start(), new.len, new.align)?;
        // SAFETY: the caller's contract. If the new mapping cannot be settled it stays: the range is still the caller's.
        unsafe {
            let addr = os::map_over(&new, at.expose())?;
            os::settle(addr, &new)?;
            region(addr, new.len)
        }
    }

    #[inline(always)]
    unsafe fn unmap(&self, region: Region) -> Result<()> {
        if region.is_empty() {
            return Err(Errno::EINVAL);
        }
        let len = check::region(region, page_size())?;
        // SAFETY: the caller's contract.
        Errno::done(unsafe { os::munmap(region.expose(), len) })
    }

    #[inline]
    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        let len = check::region(region, page_size())?;
        let prot = check::protection(prot)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the caller's contract.
        Errno::done(unsafe { os::mprotect(region.expose(), len, prot as usize) })
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        if region.is_empty() {
            return Err(Errno::EINVAL);
        }
        let held = check::held(region, attrs, page_size())?;
        let new_len = check::length(new_len, held.granule)?;
        let grows = new_len > held.len;
        if grows && held.shared && held.anonymous {
            return Err(Errno::ENOTSUP);
        }
        // SAFETY: the caller's contract.
        let addr = unsafe {
            match to {
                MoveTo::InPlace | MoveTo::Anywhere if !grows => shorten(&held, new_len)?,
                MoveTo::InPlace => {
                    check::place(held.addr, new_len, held.granule)?;
                    os::grow_in_place(&held, new_len)?
                }
                MoveTo::Anywhere => os::grow_anywhere(&held, new_len)?,
                MoveTo::FixedNoReplace(0) => return Err(Errno::EPERM),
                MoveTo::FixedNoReplace(at) => {
                    check::place(at, new_len, held.granule)?;
                    if at < held.end() && held.addr <= at.wrapping_add(new_len - 1) {
                        return Err(Errno::EEXIST);
                    }
                    os::move_to(&held, new_len, at)?
                }
            }
        };
        self::region(addr, new_len)
    }

    #[inline]
    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        let len = check::region(region, page_size())?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the caller's contract.
        Errno::done(unsafe { os::madvise(region.expose(), len, advice.raw() as usize) })
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        let held = check::held(region, attrs, page_size())?;
        if held.len == 0 {
            return Ok(());
        }
        if !held.is_private_anonymous() {
            return Err(Errno::ENOTSUP);
        }
        // SAFETY: the caller's contract.
        unsafe {
            match how {
                Discard::Lazy => os::discard_lazily(&held),
                Discard::Zero => os::discard_to_zero(&held),
            }
        }
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        let len = check::region(region, page_size())?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the caller's contract.
        unsafe { os::inherit(region.expose(), len, how.raw()) }
    }

    #[inline]
    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        let len = check::region(region, page_size())?;
        let wait = match mode {
            SyncMode::Start => false,
            SyncMode::Wait => true,
        };
        if invalidate && !wait {
            return Err(Errno::EINVAL);
        }
        if len == 0 {
            return Ok(());
        }
        os::sync(region.expose(), len, wait, invalidate)
    }

    #[inline]
    unsafe fn lock(&self, region: Region) -> Result<()> {
        match check::region(region, page_size())? {
            0 => Ok(()),
            len => os::lock(region.expose(), len),
        }
    }

    #[inline]
    unsafe fn unlock(&self, region: Region) -> Result<()> {
        match check::region(region, page_size())? {
            0 => Ok(()),
            len => os::unlock(region.expose(), len),
        }
    }
}
