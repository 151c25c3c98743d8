//! Addresses first, memory later.

use core::{fmt, ops::RangeBounds, ptr::NonNull};

use super::{Builder, Error, Mapping, RangeError, RequestError, Unit, View, ViewMut};
use crate::{
    Prot,
    space::{AddressSpace, Discard, Kernel, Region},
};

/// An owned range of addresses, any part of which can be given memory and lose it again.
///
/// Nothing of it can be touched until it is [committed](Self::commit), and it takes no memory until it is touched. What may
/// be committed was said when it was made, as NetBSD and FreeBSD may want to know in advance: by
/// [`Builder::max_prot`], or else it is reading and writing.
///
/// ```
/// use rawmap::{Prot, mapping::Reservation, page_size};
///
/// let page = page_size();
/// let mut heap = Reservation::new(1 << 30)?;
/// let part = heap.commit(..4 * page, Prot::READ | Prot::WRITE)?;
/// // SAFETY: it was committed for writing, and nothing else refers to it.
/// unsafe { part.cast::<u8>().write(7) };
/// heap.decommit(..page)?;
/// # Ok::<(), rawmap::mapping::Error>(())
/// ```
///
/// **Systems:** all.
pub struct Reservation<A: AddressSpace = Kernel>(Mapping<A>);

impl Reservation<Kernel> {
    /// Reserves `len` bytes of addresses.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`Empty`](RequestError::Empty), [`TooLong`](RequestError::TooLong) | the length |
    /// | `ENOMEM` | no room, a limit |
    pub fn new(len: usize) -> Result<Self, Error> {
        Builder::anonymous(len).reserve()
    }
}

impl<A: AddressSpace> Reservation<A> {
    pub(super) const fn of(mapping: Mapping<A>) -> Self {
        Self(mapping)
    }

    /// Where it starts.
    #[must_use]
    #[inline]
    pub const fn as_ptr(&self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    /// The bytes that were asked for.
    #[must_use]
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "no reservation is empty")]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The range, without guard pages.
    #[must_use]
    #[inline]
    pub const fn region(&self) -> Region {
        self.0.region()
    }

    /// What ranges begin and end on.
    #[must_use]
    #[inline]
    pub const fn granule(&self) -> usize {
        self.0.granule()
    }

    /// Lets a part be used, and returns it. What was not committed before, or was decommitted since, reads as zero; what was
    /// committed keeps what it holds, and gets this protection.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`BeyondMaximum`](RequestError::BeyondMaximum) | the reservation was not made for this |
    /// | `EACCES` | policy |
    /// | `ENOMEM` | no memory; the number of mappings (Linux) |
    #[inline]
    pub fn commit(
        &mut self,
        range: impl RangeBounds<usize>,
        prot: Prot,
    ) -> Result<NonNull<[u8]>, Error> {
        let extent = self.0.raw.extent;
        if self.0.raw.denied.intersects(prot) {
            return Err(RequestError::BeyondMaximum.into());
        }
        let (start, end) = extent.bounds(range)?;
        match extent.span(start..end) {
            // SAFETY: the part is this owner's, and whoever has a pointer into it has it on these terms.
            Ok(span) => unsafe {
                self.0.raw.mixed = true;
                self.0.space.protect(self.0.part(span), prot)?;
            },
            Err(none) => none.answer()?,
        }
        // SAFETY: the range was checked.
        let start_ptr = unsafe { self.0.raw.ptr.add(start) };
        Ok(NonNull::slice_from_raw_parts(start_ptr, end - start))
    }

    /// Takes the memory of a part: it can be touched no more, and reads as zero when it is committed again.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `ENOMEM` | the number of mappings (Linux) |
    ///
    /// After an error the part may be closed and hold what it held; it can be decommitted again.
    pub fn decommit(&mut self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        let part = match self.0.checked(range) {
            Ok(part) => part,
            Err(none) => return none.answer(),
        };
        // What the system makes new memory as: the part is closed by then.
        let closed = self.0.raw.attrs.with_prot(Prot::NONE);
        // SAFETY: the part is this owner's, and whoever has a pointer into it has it on these terms.
        unsafe {
            self.0.space.protect(part, Prot::NONE)?;
            self.0.space.discard(part, Discard::Zero, &closed)?;
        }
        Ok(())
    }

    /// A view of a part: see [`Mapping::view`].
    ///
    /// # Errors
    ///
    /// As [`Mapping::view`].
    ///
    /// # Safety
    ///
    /// As for [`Mapping::view`]: the part is committed for reading.
    pub unsafe fn view<T: Unit>(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<View<'_, T>, RangeError> {
        // SAFETY: the caller's contract.
        unsafe { self.0.view(range) }
    }

    /// A view of a part that can be written: see [`Mapping::view_mut`].
    ///
    /// # Errors
    ///
    /// As [`Mapping::view`].
    ///
    /// # Safety
    ///
    /// As for [`Mapping::view_mut`]: the part is committed for reading and writing.
    pub unsafe fn view_mut<T: Unit>(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<ViewMut<'_, T>, RangeError> {
        // SAFETY: the caller's contract.
        unsafe { self.0.view_mut(range) }
    }

    /// What can be done with any mapping by way of a shared reference: advice, locks, residency, a name.
    #[must_use]
    #[inline]
    pub const fn as_mapping(&self) -> &Mapping<A> {
        &self.0
    }

    /// The mapping, of which parts have protections of their own where any was committed.
    #[must_use]
    pub fn into_mapping(self) -> Mapping<A> {
        self.0
    }
}

impl<A: AddressSpace> fmt::Debug for Reservation<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reservation({:p} + {:#x})", self.as_ptr(), self.len())
    }
}
