//! Something that can map memory, and does it alike on every system.
//!
//! [`raw`](crate::raw) is what each kernel does; here it is what a program may rely on. An [`AddressSpace`] looks at
//! every argument before a kernel does, so that what one system refuses and another rounds is refused by all, and where
//! one system has no call for a thing it is made of others. [`Kernel`] is the plain one. [`Failing`] wraps another and
//! lets the call fail that a test wants to fail.
//!
//! ```
//! use rawmap::{Errno, Prot, page_size, space::{AddressSpace, Kernel, MapRequest, Placement}};
//!
//! let page = page_size();
//! let region = Kernel.map(&MapRequest::anonymous(2 * page))?;
//! // Nothing is ever replaced by accident, on any system.
//! let there = MapRequest::anonymous(page).placement(Placement::FixedNoReplace(region.start()));
//! assert_eq!(Kernel.map(&there).err(), Some(Errno::EEXIST));
//! // SAFETY: the region is this code's, and nothing refers to it.
//! unsafe {
//!     Kernel.protect(region, Prot::READ)?;
//!     Kernel.unmap(region)?;
//! }
//! # Ok::<(), rawmap::Errno>(())
//! ```
//!
//! # Errors
//!
//! What these mean is the same in every method and on every system:
//!
//! | error | cause |
//! |---|---|
//! | `EINVAL` | a length of 0 where something is mapped, unmapped or moved; an address, fixed place, alignment or file offset that is not aligned, or an alignment that is no power of two; a range that wraps; a protection with unknown bits or beyond its maximum |
//! | `ENOMEM` | a length above `isize::MAX`; a fixed place that no program can have; no room, no memory, a limit |
//! | `EEXIST` | something is at the fixed place |
//! | `EPERM` | the fixed place is 0 |
//! | `ENOTSUP` | this system cannot do it, with this memory |
//!
//! After any of them nothing has changed, unless the method says otherwise. Everywhere else an empty region is no
//! error, and no system call. Whatever a kernel answers besides is passed on.
//!
//! Some promises take more than one call, and what the first one mapped is given back if a later one is refused. Where the
//! kernel refuses that too, as Linux does where unmapping would exceed the number of mappings, it stays mapped, and
//! nobody knows of it.

mod attrs;
mod change;
pub(crate) mod check;
mod failing;
mod kernel;
mod region;
mod request;

pub use attrs::{Attrs, Kind};
pub use change::{Discard, MoveTo, SyncMode};
pub use failing::Failing;
pub use kernel::Kernel;
pub use region::Region;
pub use request::{MapRequest, Placement};

use crate::{Advice, Errno, Inherit, Prot, Result};

/// Something that can map memory.
///
/// Regions are in bytes, and cover whole pages: the last one in full. See [the module](self#errors) for the errors that
/// every method has.
///
/// **Systems:** all.
///
/// # Safety
///
/// Of an implementation: a successful [`map`](Self::map) returns memory that no one else owns, not at address 0, aligned
/// to the granule (the page size, or that of the huge pages that were asked for), of at most `isize::MAX` bytes, not
/// reaching into the last page of all addresses, and
/// valid until [`unmap`](Self::unmap), [`map_over`](Self::map_over) or [`remap`](Self::remap) of it by way of this value,
/// of a clone of it or of a reference to it. What `map_over` and `remap` return is as good. Moving the value invalidates
/// nothing. `Ok` means the whole range: it is at the place and has the protection that were asked for, and reads as zero
/// after [`Discard::Zero`]. An error of `unmap` or `remap` leaves the region the caller's, as long as it was and with what
/// it held; one of `discard` leaves it the caller's. [`sync`](Self::sync), [`lock`](Self::lock), [`unlock`](Self::unlock), [`inherit`](Self::inherit) and benign
/// advice change no byte and no access. No method unwinds.
pub unsafe trait AddressSpace {
    /// Makes a mapping, and never replaces one.
    ///
    /// The region that is returned has the length in whole granules.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EINVAL` | a flag beyond the harmless ones; [`Inherit::ZERO`] for shared memory or a file; a file that cannot be mapped so |
    /// | `ENOTSUP` | huge pages elsewhere than on Linux; [`Inherit::SHARE`] on Linux |
    /// | `EACCES` | `READ` of a descriptor that is not open for reading; `SHARED` with `WRITE` of one that is not open for writing; policy |
    /// | `EPERM` | policy, or a seal |
    /// | `EBADF`, `ENODEV` | the descriptor is none; or not of something that can be mapped |
    /// | `EOVERFLOW` | the offset and the length lie beyond the largest file |
    /// | `ENOMEM`, `EFAULT` | a page that was to be populated could not be had (Linux) |
    ///
    /// `EEXIST` of a fixed place is certain on Linux since 4.17, on FreeBSD and on NetBSD: whoever mapped what is there,
    /// and however.
    fn map(&self, request: &MapRequest<'_>) -> Result<Region>;

    /// Makes a mapping in place of what is there: all of it, atomically.
    ///
    /// The request has the length of the region and no placement. It is the only way to replace.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map); `EINVAL` for a request with a placement or of another length, or if the region is not
    /// aligned as the request says. **After an error of the kernel the range may hold what was there, the new memory, or
    /// nothing, and in place of nothing what somebody else mapped since.** Whoever owned the range can try to map there
    /// without replacing: if that succeeds, the range is theirs.
    ///
    /// # Safety
    ///
    /// The region is the caller's, and nothing relies on what it holds.
    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region>;

    /// Unmaps a region. Parts of it where nothing is mapped are no error.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOMEM` | cutting a mapping in two would exceed the number of mappings (Linux) |
    /// | `EINVAL` | huge pages are cut (Linux), or the range leaves user space |
    /// | `EPERM` | the range is sealed (Linux) |
    ///
    /// # Safety
    ///
    /// Whatever is mapped there is the caller's, and nothing refers to it.
    unsafe fn unmap(&self, region: Region) -> Result<()>;

    /// Sets what may be done with the pages.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EACCES` | beyond the maximum that the mapping began with, or what its descriptor allows; policy |
    /// | `ENOMEM` | a page is not mapped (Linux, where pages before it may have changed; FreeBSD and NetBSD change what is there and answer `Ok`); the number of mappings |
    ///
    /// # Safety
    ///
    /// The region is the caller's, and nothing relies on accesses that become impossible.
    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()>;

    /// Resizes a mapping, in place or elsewhere, never replacing anything.
    ///
    /// What is shortened or stays as long as it was does not move unless it is told to. New memory behind the old is
    /// like the old. On Linux and NetBSD the system does it. FreeBSD has no call for it: there a mapping can always be
    /// shortened, private anonymous memory grows where it is if there is room, and moves by copying if it can be read and
    /// not be executed; what was not resident becomes so. On FreeBSD and NetBSD a lock is lost by moving, and the move is
    /// not atomic: another thread may find the memory in both places or in none.
    ///
    /// Only the returned region is valid afterwards, even at the same address. It is aligned to the granule of `attrs`
    /// and to nothing more.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOMEM` | no room in place |
    /// | `ENOTSUP` | shared anonymous memory is to grow, which has no memory behind its end on Linux; huge pages are to grow; the kernel holds the region in several pieces, as of mappings made apart (Linux; NetBSD moves them all, and FreeBSD copies them); other memory than said above (FreeBSD) |
    ///
    /// # Safety
    ///
    /// The region is the caller's, all of it is mapped, `attrs` say what it is, nothing refers to it, and nobody uses it
    /// during the call.
    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region>;

    /// Tells the kernel how a region will be used, in its own terms.
    ///
    /// # Errors
    ///
    /// The kernel's answer: see [`raw::madvise`](crate::raw::madvise).
    ///
    /// # Safety
    ///
    /// The region is the caller's. If the advice is not [benign](Advice::is_benign), nothing relies on what it takes away.
    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()>;

    /// Drops what private anonymous memory holds, and keeps the memory as it is: protection, policy for children,
    /// concealment.
    ///
    /// On FreeBSD and NetBSD a lock may be lost by [`Discard::Zero`], which takes new memory, and counts that against the
    /// limits before the old is gone; or clears the old.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOTSUP` | shared memory, or a file |
    /// | `EINVAL` | locked memory before Linux 5.18 |
    ///
    /// After an error of [`Discard::Zero`] the region is the caller's, and holds what it held or zeros; on FreeBSD and NetBSD it
    /// may be closed, to be opened by [`protect`](Self::protect) when there is memory again.
    ///
    /// # Safety
    ///
    /// The region is the caller's, all of it is mapped, `attrs` say what it is, and nothing relies on what it holds; with
    /// [`Discard::Lazy`] also not on equal bytes at two readings, until it is written.
    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()>;

    /// Sets what forked children find.
    ///
    /// [`Inherit::COPY`] of a shared mapping leaves it shared on Linux; FreeBSD and NetBSD give the child a copy.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOTSUP` | [`Inherit::SHARE`] (Linux) |
    /// | `EINVAL` | [`Inherit::ZERO`] of shared memory, a file or huge pages (Linux); a value that the system does not have |
    ///
    /// # Safety
    ///
    /// The region is the caller's, and what children find is sound in them: nothing in a child relies on what it does
    /// not get, or on being alone where it shares.
    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()>;

    /// Writes a shared mapping of a file back to it.
    ///
    /// `invalidate` makes what others read of the file current, on systems where it is not so anyway.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EINVAL` | [`SyncMode::Start`] together with `invalidate` |
    /// | `ENOMEM` | a page is not mapped |
    /// | `EBUSY` | `invalidate` of locked memory |
    /// | `EIO` | the device |
    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()>;

    /// Locks the pages into memory, and makes them present for that. Locks do not nest.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOMEM` | over the limit; a page is not mapped, or may not be touched. Some pages may be locked |
    /// | `EPERM` | only the privileged may lock (FreeBSD) |
    /// | `ENOTSUP` | the implementation does not lock |
    ///
    /// # Safety
    ///
    /// The region is the caller's.
    unsafe fn lock(&self, region: Region) -> Result<()> {
        let _ = region;
        Err(Errno::ENOTSUP)
    }

    /// Unlocks the pages, of which none need be locked.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOMEM` | a page is not mapped (Linux, FreeBSD) |
    /// | `EPERM` | only the privileged may unlock (FreeBSD) |
    /// | `ENOTSUP` | the implementation does not lock |
    ///
    /// # Safety
    ///
    /// The region is the caller's, and nothing relies on its being locked.
    unsafe fn unlock(&self, region: Region) -> Result<()> {
        let _ = region;
        Err(Errno::ENOTSUP)
    }
}

// SAFETY: the same value does it all.
unsafe impl<A: AddressSpace + ?Sized> AddressSpace for &A {
    #[inline]
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        (**self).map(request)
    }

    #[inline]
    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        // SAFETY: the caller's contract.
        unsafe { (**self).map_over(at, request) }
    }

    #[inline]
    unsafe fn unmap(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { (**self).unmap(region) }
    }

    #[inline]
    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { (**self).protect(region, prot) }
    }

    #[inline]
    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        // SAFETY: the caller's contract.
        unsafe { (**self).remap(region, new_len, to, attrs) }
    }

    #[inline]
    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { (**self).advise(region, advice) }
    }

    #[inline]
    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { (**self).discard(region, how, attrs) }
    }

    #[inline]
    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { (**self).inherit(region, how) }
    }

    #[inline]
    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        (**self).sync(region, mode, invalidate)
    }

    #[inline]
    unsafe fn lock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { (**self).lock(region) }
    }

    #[inline]
    unsafe fn unlock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { (**self).unlock(region) }
    }
}
