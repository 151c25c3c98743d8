//! Memory as elements of a type, by the traits of the crate `zerocopy`.

use core::ops::RangeBounds;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{Map, MapMut, Mapping, RangeError};
use crate::space::AddressSpace;

/// The bytes of a range, if its elements are whole and aligned.
fn elements<T, A: AddressSpace>(
    mapping: &Mapping<A>,
    range: impl RangeBounds<usize>,
) -> Result<(usize, usize), RangeError> {
    let (start, end) = mapping.raw.extent.bytes(range)?;
    // `zerocopy` takes no elements without size.
    let whole = (end - start).is_multiple_of(size_of::<T>());
    // The mapping may be aligned to more than its page: what counts is the address.
    let aligned = (mapping.as_ptr().addr() + start).is_multiple_of(align_of::<T>());
    if whole && aligned {
        Ok((start, end))
    } else {
        Err(RangeError::Unaligned)
    }
}

/// Elements of the bytes of a mapping, to be read.
fn read<'a, T: FromBytes + Immutable + KnownLayout, A: AddressSpace>(
    mapping: &Mapping<A>,
    bytes: &'a [u8],
    range: impl RangeBounds<usize>,
) -> Result<&'a [T], RangeError> {
    let (start, end) = elements::<T, A>(mapping, range)?;
    let bytes = bytes.get(start..end).ok_or(RangeError::End)?;
    <[T]>::ref_from_bytes(bytes).map_err(|_| RangeError::Unaligned)
}

impl<A: AddressSpace> Map<A> {
    /// A part of it as whole elements of a type.
    ///
    /// The range is in bytes, and has to be said where the length is not a multiple of the element's.
    ///
    /// ```
    /// use rawmap::mapping::MapMut;
    ///
    /// let mut map = MapMut::anonymous(4096)?;
    /// map.elements_mut::<u32>(..)?[3] = 7;
    /// let map = map.into_map()?;
    /// assert_eq!(map.elements::<u64>(8..16)?, [7 << 32]);
    /// assert!(map.elements::<u64>(4..12).is_err());
    /// # Ok::<(), rawmap::mapping::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The range; [`Unaligned`](RangeError::Unaligned) if it does not consist of whole, aligned elements.
    pub fn elements<T: FromBytes + Immutable + KnownLayout>(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<&[T], RangeError> {
        read(self.as_mapping(), self, range)
    }
}

impl<A: AddressSpace> MapMut<A> {
    /// A part of it as whole elements of a type: see [`Map::elements`].
    ///
    /// # Errors
    ///
    /// As [`Map::elements`].
    pub fn elements<T: FromBytes + Immutable + KnownLayout>(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<&[T], RangeError> {
        read(self.as_mapping(), self, range)
    }

    /// A part of it as whole elements of a type, to be changed.
    ///
    /// # Errors
    ///
    /// As [`Map::elements`].
    pub fn elements_mut<T: FromBytes + IntoBytes + KnownLayout>(
        &mut self,
        range: impl RangeBounds<usize>,
    ) -> Result<&mut [T], RangeError> {
        let (start, end) = elements::<T, A>(self.as_mapping(), range)?;
        let bytes = self.get_mut(start..end).ok_or(RangeError::End)?;
        <[T]>::mut_from_bytes(bytes).map_err(|_| RangeError::Unaligned)
    }
}
