//! The owner of a range, whatever may be done with it.

use core::{
    ffi::c_void,
    fmt,
    hint::assert_unchecked,
    mem::ManuallyDrop,
    ops::RangeBounds,
    ptr::{self, NonNull},
};

use super::{
    Builder, Error, RangeError, Refused, RequestError, name,
    range::{Extent, NoSpan, Span},
};
use crate::{
    Advice, Errno, Inherit, Prot, ResidencyFlags, os, page, page_size,
    space::{AddressSpace, Attrs, Discard, Kernel, Kind, MapRequest, MoveTo, Region, SyncMode},
};

/// A mapping without its owner: what [`Mapping::into_raw`] leaves and [`Mapping::from_raw`] takes.
///
/// It unmaps nothing when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawMapping {
    pub(super) ptr: NonNull<u8>,
    pub(super) extent: Extent,
    /// Guard pages on both sides, in bytes.
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) attrs: Attrs,
    /// The accesses that the maximum protection does not allow.
    pub(super) denied: Prot,
    /// Parts have protections of their own, and that of `attrs` means nothing.
    pub(super) mixed: bool,
    /// A part was discarded lazily: two readings may differ.
    pub(super) lazy: bool,
    /// Nobody can say what becomes of it, for good: it was given advice that is not benign, or shared with a child.
    pub(super) strange: bool,
    /// What all parts of one mapping have in common; 0 if it was never split.
    pub(super) origin: u64,
}

impl RawMapping {
    /// A mapping of this region, with these attributes, of which `len` bytes are of use.
    #[inline]
    pub(super) const fn new(region: Region, len: usize, attrs: Attrs) -> Self {
        let accesses = Prot::READ.union(Prot::WRITE).union(Prot::EXEC);
        Self {
            ptr: region.as_non_null().cast(),
            extent: Extent::new(len, region.len(), attrs.granule()),
            before: 0,
            after: 0,
            attrs,
            denied: accesses.difference(attrs.max_prot()),
            mixed: false,
            lazy: false,
            strange: false,
            origin: 0,
        }
    }

    /// The range, without guard pages: the bytes that were asked for.
    #[must_use]
    #[inline]
    pub const fn region(&self) -> Region {
        Region::new(self.ptr.cast(), self.extent.len)
    }

    /// What its owner has to remember. The protection is not to be relied on where parts were given others.
    #[must_use]
    #[inline]
    pub const fn attrs(&self) -> Attrs {
        self.attrs
    }

    /// Everything that is mapped, guard pages and all.
    #[must_use]
    #[inline]
    pub fn whole(&self) -> Region {
        // SAFETY: the guard pages belong to the same mapping, or lie directly before it in the same range of addresses,
        // so that the address is not null and does not wrap.
        let start = unsafe { NonNull::new_unchecked(self.ptr.as_ptr().wrapping_sub(self.before)) };
        Region::new(start.cast(), self.before + self.extent.mapped + self.after)
    }

    /// Memory that nobody else stores to and that holds what was stored: what a reference takes, beside the access.
    pub(super) const fn is_steady(&self) -> bool {
        matches!(self.attrs.kind(), Kind::Anonymous) && !self.lazy && self.is_private()
    }

    /// Memory whose stores nobody else sees.
    pub(super) const fn is_private(&self) -> bool {
        !self.attrs.shared() && !self.strange && self.attrs.inherit().raw() == Inherit::COPY.raw()
    }

    /// Can all of it be read, and written if asked for?
    pub(super) const fn allows(&self, access: Prot) -> bool {
        !self.mixed && self.attrs.prot().contains(access)
    }
}

/// An owned range of memory, with any protection.
///
/// It gives no references, but pointers, ranges and [views](Self::view): memory that may be shared with others, or that
/// cannot be read at all, is no `[u8]`. [`Map`](super::Map) and [`MapMut`](super::MapMut) are, for memory of which that is
/// true. When it is dropped it is unmapped; if the system refuses that, it stays mapped and nobody has it.
///
/// Every range is in bytes from the start of the mapping, and checked: `..` is all of it. What the kernel does in pages
/// takes ranges that begin and end on pages (on huge pages, where those were asked for), and the end of the mapping is as
/// good as that of a page. An empty range there is no error, and no system call.
///
/// It is made by a [`Builder`], or by [`anonymous`](Self::anonymous) with what most people want.
///
/// ```
/// use rawmap::{Prot, mapping::Mapping, page_size};
///
/// let mut mapping = Mapping::anonymous(10_000)?;
/// assert_eq!(mapping.len(), 10_000);
/// // SAFETY: the mapping can be written, and nothing else refers to it.
/// unsafe { mapping.as_mut_ptr().write(1) };
/// // From the second page to the end.
/// mapping.protect(page_size().., Prot::READ)?;
/// assert!(mapping.protect(1.., Prot::READ).is_err());
/// # Ok::<(), rawmap::mapping::Error>(())
/// ```
///
/// # After a fork
///
/// The child has the owner as well, and unmaps its own memory. Where the policy is [`Inherit::NONE`] the child has the
/// owner without the memory: it must not use it, nor drop it once it has mapped anything itself. `fork` is unsafe, and whoever
/// calls it answers for that.
///
/// **Systems:** all.
pub struct Mapping<A: AddressSpace = Kernel> {
    pub(super) raw: RawMapping,
    pub(super) space: A,
}

// SAFETY: the memory belongs to the process, and its owner is the only one who changes the mapping. What can be done by way
// of a shared reference changes no byte and no access, or is unsafe, or copies atomically.
unsafe impl<A: AddressSpace + Send> Send for Mapping<A> {}
// SAFETY: as above.
unsafe impl<A: AddressSpace + Sync> Sync for Mapping<A> {}

impl Mapping<Kernel> {
    /// `len` bytes of private memory that reads as zero, to be read and written.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`Empty`](RequestError::Empty), [`TooLong`](RequestError::TooLong) | the length |
    /// | `ENOMEM` | no memory, no room, a limit |
    #[inline]
    pub fn anonymous(len: usize) -> Result<Self, Error> {
        Self::anonymous_in(Kernel, len)
    }

    /// Takes over what [`into_raw`](Self::into_raw) gave up.
    ///
    /// # Safety
    ///
    /// It is as it was, and nobody else owns it.
    #[must_use]
    #[inline]
    pub const unsafe fn from_raw(raw: RawMapping) -> Self {
        Self { raw, space: Kernel }
    }
}

impl<A: AddressSpace> Mapping<A> {
    /// As [`anonymous`](Mapping::anonymous), in another address space.
    ///
    /// # Errors
    ///
    /// As [`anonymous`](Mapping::anonymous), and whatever that address space refuses.
    #[inline(always)]
    pub fn anonymous_in(space: A, len: usize) -> Result<Self, Error> {
        let request = MapRequest::anonymous(len);
        match space.map(&request) {
            Ok(region) => Ok(Self {
                raw: RawMapping::new(region, len, request.attrs()),
                space,
            }),
            Err(error) => Err(refusal(error, len)),
        }
    }

    /// As [`from_raw`](Mapping::from_raw), for a mapping of another address space.
    ///
    /// # Safety
    ///
    /// As for [`from_raw`](Mapping::from_raw), and it came from this address space.
    #[must_use]
    #[inline]
    pub const unsafe fn from_raw_in(raw: RawMapping, space: A) -> Self {
        Self { raw, space }
    }

    /// Gives up the mapping without unmapping it.
    #[must_use]
    #[inline]
    pub fn into_raw(self) -> (RawMapping, A) {
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither used nor dropped after this.
        (this.raw, unsafe { ptr::read(&this.space) })
    }

    /// Where it starts. The pointer may be used as the protection allows, for as long as the mapping is neither moved by
    /// [`remap`](Self::remap) nor dropped.
    #[must_use]
    #[inline]
    pub const fn as_ptr(&self) -> *const u8 {
        self.raw.ptr.as_ptr()
    }

    /// Where it starts, to be written to.
    #[must_use]
    #[inline]
    pub const fn as_mut_ptr(&self) -> *mut u8 {
        self.raw.ptr.as_ptr()
    }

    /// A part of it, as a pointer with its length. The range is in bytes, and need not begin on a page.
    ///
    /// # Errors
    ///
    /// The range.
    #[inline]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<NonNull<[u8]>, RangeError> {
        let (start, end) = self.raw.extent.bytes(range)?;
        // SAFETY: the range lies within the mapping.
        let start_ptr = unsafe { self.raw.ptr.add(start) };
        Ok(NonNull::slice_from_raw_parts(start_ptr, end - start))
    }

    /// The bytes that were asked for, which is never 0.
    #[must_use]
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "no mapping is empty")]
    pub const fn len(&self) -> usize {
        self.raw.extent.len
    }

    /// The range, without guard pages.
    #[must_use]
    #[inline]
    pub const fn region(&self) -> Region {
        self.raw.region()
    }

    /// What ranges of the kernel's begin and end on: the page size, or that of the huge pages.
    #[must_use]
    #[inline]
    pub const fn granule(&self) -> usize {
        self.raw.attrs.granule()
    }

    /// What may be done with the memory; `None` where parts were given protections of their own.
    #[must_use]
    #[inline]
    pub const fn prot(&self) -> Option<Prot> {
        if self.raw.mixed {
            None
        } else {
            Some(self.raw.attrs.prot())
        }
    }

    /// What may be done with it later, at the most.
    #[must_use]
    #[inline]
    pub const fn max_prot(&self) -> Prot {
        self.raw.attrs.max_prot()
    }

    /// Do others see the stores?
    #[must_use]
    #[inline]
    pub const fn shared(&self) -> bool {
        self.raw.attrs.shared()
    }

    /// The guard pages before and after it, in bytes.
    #[must_use]
    #[inline]
    pub const fn guards(&self) -> (usize, usize) {
        (self.raw.before, self.raw.after)
    }

    /// The address space that it is of.
    #[must_use]
    #[inline]
    pub const fn space(&self) -> &A {
        &self.space
    }

    /// The granules of a range, as they are told to the address space.
    #[inline(always)]
    pub(super) fn part(&self, span: Span) -> Region {
        // SAFETY: the span lies within what is mapped, or at its end.
        let start = unsafe { self.raw.ptr.add(span.start()) };
        // What an address space looks for again, and need not: it costs as much as all that was looked at here.
        // SAFETY: a mapping and a span begin on granules, which consist of pages, and no mapping reaches the last of all
        // pages.
        unsafe {
            let (addr, page) = (start.addr().get(), page_size());
            assert_unchecked(addr & (page - 1) == 0);
            assert_unchecked(span.len() != 0 && span.len() & (page - 1) == 0);
            assert_unchecked(span.len() <= 0usize.wrapping_sub(page) - addr);
        }
        Region::new(start.cast::<c_void>(), span.len())
    }

    #[inline(always)]
    pub(super) fn checked(&self, range: impl RangeBounds<usize>) -> Result<Region, NoSpan> {
        Ok(self.part(self.raw.extent.span(range)?))
    }

    /// All of it, in whole granules.
    #[inline]
    pub(super) const fn all(&self) -> Region {
        Region::new(self.raw.ptr.cast(), self.raw.extent.mapped)
    }

    /// Sets what may be done with a part of it.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`BeyondMaximum`](RequestError::BeyondMaximum) | the mapping was not made for this |
    /// | `EACCES` | policy, or the descriptor that was mapped does not allow it |
    /// | `ENOMEM` | the number of mappings (Linux) |
    #[inline(always)]
    pub fn protect(&mut self, range: impl RangeBounds<usize>, prot: Prot) -> Result<(), Error> {
        if self.raw.denied.intersects(prot) {
            return Err(RequestError::BeyondMaximum.into());
        }
        let span = match self.raw.extent.span(range) {
            Ok(span) => span,
            Err(none) => return none.answer(),
        };
        // SAFETY: the part is this owner's, which nobody borrows.
        if let Err(error) = unsafe { self.space.protect(self.part(span), prot) } {
            // The kernel goes from piece to piece, and may have done the first ones.
            self.raw.mixed |= error != Errno::EINVAL;
            return Err(error.into());
        }
        if span.len() == self.raw.extent.mapped {
            self.raw.mixed = false;
            self.raw.attrs = self.raw.attrs.with_prot(prot);
        } else if self.raw.attrs.prot() != prot {
            // Where parts have their own, that of the attributes means nothing.
            self.raw.mixed = true;
        }
        Ok(())
    }

    /// Drops what a part holds: private anonymous memory reads as zero afterwards, or, if
    /// [lazily](Discard::Lazy), as anything until it is written.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`Mixed`](RequestError::Mixed) | parts have protections of their own, and a system that makes new memory has to be told which |
    /// | `ENOTSUP` | shared memory, or a file |
    /// | `EINVAL` | locked memory (Linux before 5.18) |
    /// | `ENOMEM` | no memory (FreeBSD, NetBSD): the part may be closed, to be opened by [`protect`](Self::protect) |
    pub fn discard(&mut self, range: impl RangeBounds<usize>, how: Discard) -> Result<(), Error> {
        let span = match self.raw.extent.span(range) {
            Ok(span) => span,
            Err(none) => return none.answer(),
        };
        if self.raw.mixed {
            return Err(RequestError::Mixed.into());
        }
        // Before the call, which may have done it in part when it fails.
        self.raw.lazy |= how == Discard::Lazy;
        // SAFETY: the part is this owner's, which nobody borrows, and is as the attributes say.
        if let Err(error) = unsafe { self.space.discard(self.part(span), how, &self.raw.attrs) } {
            // Where new memory was to be made, it may be closed.
            self.raw.mixed |= !matches!(error, Errno::ENOTSUP | Errno::EINVAL);
            return Err(error.into());
        }
        self.raw.lazy &= how == Discard::Lazy || span.len() != self.raw.extent.mapped;
        Ok(())
    }

    /// Tells the kernel how a part will be used, if that harms nobody.
    ///
    /// # Errors
    ///
    /// [`NotBenign`](RequestError::NotBenign), or the kernel's answer: see [`raw::madvise`](crate::raw::madvise).
    #[inline(always)]
    pub fn advise(&self, range: impl RangeBounds<usize>, advice: Advice) -> Result<(), Error> {
        if !advice.is_benign() {
            return Err(RequestError::NotBenign.into());
        }
        let part = match self.checked(range) {
            Ok(part) => part,
            Err(none) => return none.answer(),
        };
        // SAFETY: the part is this owner's, and benign advice changes no byte and no access.
        Ok(unsafe { self.space.advise(part, advice) }?)
    }

    /// Tells the kernel anything about a part.
    ///
    /// # Errors
    ///
    /// The kernel's answer: see [`raw::madvise`](crate::raw::madvise).
    ///
    /// # Safety
    ///
    /// Nothing relies on what the advice takes away, here or in a forked child. After advice that is not benign there is no
    /// safe way to a reference any more.
    pub unsafe fn advise_any(
        &mut self,
        range: impl RangeBounds<usize>,
        advice: Advice,
    ) -> Result<(), Error> {
        let part = match self.checked(range) {
            Ok(part) => part,
            Err(none) => return none.answer(),
        };
        self.raw.strange |= !advice.is_benign();
        // SAFETY: the part is this owner's; the caller's contract.
        Ok(unsafe { self.space.advise(part, advice) }?)
    }

    /// Writes a part of a shared mapping of a file back to it.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EIO` | the device |
    #[inline]
    pub fn sync(&self, range: impl RangeBounds<usize>, mode: SyncMode) -> Result<(), Error> {
        match self.checked(range) {
            Ok(part) => Ok(self.space.sync(part, mode, false)?),
            Err(none) => none.answer(),
        }
    }

    /// As [`sync`](Self::sync) with [`SyncMode::Wait`]; and what others read of the file becomes current, on systems where
    /// it is not so anyway.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EIO` | the device |
    /// | `EBUSY` | locked memory |
    pub fn sync_and_invalidate(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        match self.checked(range) {
            Ok(part) => Ok(self.space.sync(part, SyncMode::Wait, true)?),
            Err(none) => none.answer(),
        }
    }

    /// Makes the pages of a part present, and keeps them in memory. Locks do not nest.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOMEM` | over the limit, or a page may not be touched; some may be locked |
    /// | `EPERM` | only the privileged may lock (FreeBSD) |
    #[inline]
    pub fn lock(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        match self.checked(range) {
            // SAFETY: the part is this owner's.
            Ok(part) => Ok(unsafe { self.space.lock(part) }?),
            Err(none) => none.answer(),
        }
    }

    /// Lets the pages of a part go again, of which none need be locked.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EPERM` | only the privileged may unlock (FreeBSD) |
    #[inline]
    pub fn unlock(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        match self.checked(range) {
            // SAFETY: the part is this owner's, and whoever locked it has it by this owner.
            Ok(part) => Ok(unsafe { self.space.unlock(part) }?),
            Err(none) => none.answer(),
        }
    }

    /// Asks for each page of a part whether it is in memory. Returns how many pages there are, which is as many of
    /// `pages` as are filled: those of the usual size, whatever the mapping consists of.
    ///
    /// What it says may be over by the time it is read.
    ///
    /// # Errors
    ///
    /// [`ShortBuffer`](RequestError::ShortBuffer) if there are more pages than room.
    pub fn residency(
        &self,
        range: impl RangeBounds<usize>,
        pages: &mut [ResidencyFlags],
    ) -> Result<usize, Error> {
        let part = match self.checked(range) {
            Ok(part) => part,
            Err(none) => return none.answer().map(|()| 0),
        };
        // The kernel fills a byte for each of its pages, which may be smaller than they are taken for.
        let count = part.len() / page_size();
        if !page::IS_CONSTANT && os::page_size().is_none_or(|size| size != page_size()) {
            return Err(Errno::ENOTSUP.into());
        }
        if count > pages.len() {
            return Err(RequestError::ShortBuffer.into());
        }
        let addr = part.as_ptr().expose_provenance();
        // SAFETY: there is room for a byte a page, of which every value is one of these flags.
        Errno::done(unsafe {
            os::mincore(addr, part.len(), pages.as_mut_ptr().expose_provenance())
        })?;
        Ok(count)
    }

    /// Sets what forked children find of all of it.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOTSUP` | [`Inherit::SHARE`] (Linux) |
    /// | `EINVAL` | [`Inherit::ZERO`] of anything but private anonymous memory (Linux) |
    pub fn inherit(&mut self, how: Inherit) -> Result<(), Error> {
        let all = self.all();
        // SAFETY: the range is this owner's, and what its copy in a child must not do is said at the type.
        let answer = unsafe { self.space.inherit(all, how) };
        // A child that shares it does so whatever the policy is later; and what was refused may be done in part.
        self.raw.strange |= answer.is_err() || how == Inherit::SHARE;
        answer?;
        self.raw.attrs = self.raw.attrs.with_inherit(how);
        Ok(())
    }

    /// Keeps all of it out of core dumps, or lets it into them again.
    ///
    /// **Systems:** Linux, FreeBSD; without effect on NetBSD.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EINVAL` | huge pages are to be let in again (Linux) |
    pub fn conceal(&mut self, conceal: bool) -> Result<(), Error> {
        if let Some(advice) = os::conceal(conceal) {
            self.advise(.., Advice::from_raw(advice))?;
        }
        self.raw.attrs = self.raw.attrs.with_conceal(conceal);
        Ok(())
    }

    /// Gives it a name, which the kernel shows in /proc/self/maps.
    ///
    /// **Systems:** Linux, since 5.17, for anonymous memory, on kernels that are built for it; `ENOTSUP` otherwise.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`NameZero`](RequestError::NameZero), [`NameTooLong`](RequestError::NameTooLong), [`NameCharacter`](RequestError::NameCharacter) | more than 79 bytes; a character that cannot be printed, or one of `` \`$[] `` |
    /// | `ENOTSUP` | this system has no names, or not for this memory |
    pub fn set_name(&self, name: &str) -> Result<(), Error> {
        let name = name::Name::of(name)?;
        Ok(name.give(self.all())?)
    }

    /// Resizes it, in place or elsewhere. New pages are like those there are; what the last page held behind the old end, it
    /// still holds.
    ///
    /// Pointers into it are valid no more, even if it stays where it is.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`Empty`](RequestError::Empty), [`TooLong`](RequestError::TooLong) | the length |
    /// | [`Guarded`](RequestError::Guarded), [`Mixed`](RequestError::Mixed) | the mapping |
    /// | `EEXIST`, `EPERM`, `EINVAL` | the place: in use; 0; not aligned |
    /// | `ENOMEM` | no room in place, no memory, a limit |
    /// | `ENOTSUP` | see [`AddressSpace::remap`] |
    pub fn remap(&mut self, new_len: usize, to: MoveTo) -> Result<(), Error> {
        if self.raw.before != 0 || self.raw.after != 0 {
            return Err(RequestError::Guarded.into());
        }
        if self.raw.mixed {
            return Err(RequestError::Mixed.into());
        }
        let all = self.all();
        // SAFETY: the range is this owner's, which nobody borrows, and is as the attributes say.
        let region = unsafe { self.space.remap(all, new_len, to, &self.raw.attrs) }
            .map_err(|error| refusal(error, new_len))?;
        self.raw = RawMapping {
            lazy: self.raw.lazy,
            strange: self.raw.strange,
            ..RawMapping::new(region, new_len, self.raw.attrs)
        };
        Ok(())
    }

    /// Unmaps it, and says if the system refused: then the mapping is given back.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOMEM` | a mapping that the kernel holds in one piece with this one would be cut, which exceeds the number of mappings (Linux) |
    #[inline]
    pub fn unmap(self) -> Result<(), Refused<Self>> {
        // SAFETY: all of it is this owner's, which is given up.
        match unsafe { self.space.unmap(self.raw.whole()) } {
            Ok(()) => {
                let this = ManuallyDrop::new(self);
                // SAFETY: `this` is neither used nor dropped after this.
                drop(unsafe { ptr::read(&this.space) });
                Ok(())
            }
            Err(error) => Err(Refused::new(self, error)),
        }
    }

    /// Seals it for as long as the process lives: it can't be unmapped, moved, or given another protection any more, by
    /// nobody. What is left is the range, with the guard pages sealed as well.
    ///
    /// **Systems:** Linux, since 6.10; `ENOTSUP` otherwise.
    ///
    /// # Errors
    ///
    /// `ENOTSUP`, or whatever the kernel answers, with the mapping as it was.
    pub fn seal(self) -> Result<Region, Refused<Self>> {
        let whole = self.raw.whole();
        let addr = whole.as_ptr().expose_provenance();
        // SAFETY: it is this owner's, who gives up what the seal forbids.
        match Errno::done(unsafe { os::mseal(addr, whole.len()) }) {
            Ok(()) => Ok(self.into_raw().0.region()),
            Err(Errno::ENOSYS) => Err(Refused::new(self, Errno::ENOTSUP)),
            Err(error) => Err(Refused::new(self, error)),
        }
    }
}

/// What a refused length means.
#[cold]
fn refusal(error: Errno, len: usize) -> Error {
    match error {
        Errno::EINVAL if len == 0 => RequestError::Empty.into(),
        Errno::ENOMEM if len > isize::MAX as usize & !(page_size() - 1) => {
            RequestError::TooLong.into()
        }
        error => error.into(),
    }
}

impl<A: AddressSpace> Drop for Mapping<A> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: all of it is this owner's. If it cannot be unmapped, nobody has it any more: `unmap` would have told.
        let _ = unsafe { self.space.unmap(self.raw.whole()) };
    }
}

impl<A: AddressSpace> fmt::Debug for Mapping<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping")
            .field("ptr", &self.raw.ptr)
            .field("len", &self.raw.extent.len)
            .field("prot", &self.prot())
            .field("shared", &self.shared())
            .field("kind", &self.raw.attrs.kind())
            .finish_non_exhaustive()
    }
}

impl Mapping<Kernel> {
    /// What a mapping is made by, if it is to be anything else than [`anonymous`](Self::anonymous).
    #[inline]
    pub const fn builder(len: usize) -> Builder<'static> {
        Builder::anonymous(len)
    }
}
