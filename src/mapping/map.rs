//! Memory that is plain bytes: that can be read, or read and written, and that nobody else changes.

use core::{
    ffi::CStr,
    fmt,
    ops::{Deref, DerefMut, RangeBounds},
    slice,
};

use super::{Builder, Error, Mapping, Refused, RequestError};
use crate::{
    BorrowedFd, Prot,
    space::{AddressSpace, Discard, Kernel},
};

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

/// An owned mapping that can be read: it is a `[u8]`.
///
/// Safe code makes it of private anonymous memory only, by [`MapMut::into_map`] or [`Mapping::into_map`]. Of a file it is
/// made by the unsafe [`file`](Self::file) and [`path`](Self::path), where the two hazards are explained.
///
/// **Systems:** all.
pub struct Map<A: AddressSpace = Kernel>(Mapping<A>);

/// An owned mapping that can be read and written: it is a `[u8]`.
///
/// ```
/// use rawmap::mapping::MapMut;
///
/// let mut buffer = MapMut::anonymous(10_000)?;
/// buffer[9_999] = 7;
/// let buffer = buffer.into_map()?;
/// assert_eq!(buffer.len(), 10_000);
/// assert_eq!(buffer[9_999], 7);
/// # Ok::<(), rawmap::mapping::Error>(())
/// ```
///
/// **Systems:** all.
pub struct MapMut<A: AddressSpace = Kernel>(Mapping<A>);

impl Map<Kernel> {
    /// Maps a file or an object behind a descriptor, from its start to its end: private, to be read.
    ///
    /// # Errors
    ///
    /// As [`Builder::map`].
    ///
    /// # Safety
    ///
    /// A reference to a file's bytes promises what a file does not:
    ///
    /// - **Nobody else writes.** Whoever has the file open for writing, in this process or another one, changes bytes that
    ///   a `&[u8]` says are constant, also of a private mapping. The caller knows that nobody does so as long as the map is
    ///   there: it is the only one with the file, or the file is sealed against writing.
    /// - **Nobody shortens it.** Touching a page behind the end of a file that became shorter is no error that could be
    ///   returned: the process gets SIGBUS. The caller knows that nobody does so, or has a handler for it that does not
    ///   return to the access.
    ///
    /// Who cannot know takes a [`Mapping`] and its [views](Mapping::view), for which the first of these is no matter.
    #[inline]
    pub unsafe fn file<'fd>(fd: impl Into<BorrowedFd<'fd>>) -> Result<Self, Error> {
        Ok(Self(Builder::descriptor(fd).map()?))
    }

    /// Maps the file at a path, from its start to its end: private, to be read.
    ///
    /// # Errors
    ///
    /// As [`Builder::map`].
    ///
    /// # Safety
    ///
    /// As for [`file`](Self::file).
    #[inline]
    pub unsafe fn path(path: &CStr) -> Result<Self, Error> {
        Ok(Self(Builder::path(path).map()?))
    }
}

impl MapMut<Kernel> {
    /// `len` bytes of private memory that reads as zero.
    ///
    /// # Errors
    ///
    /// As [`Mapping::anonymous`].
    #[inline]
    pub fn anonymous(len: usize) -> Result<Self, Error> {
        Ok(Self(Mapping::anonymous(len)?))
    }

    /// Maps a file or an object behind a descriptor, from its start to its end: shared, to be read and written.
    ///
    /// # Errors
    ///
    /// As [`Builder::map`].
    ///
    /// # Safety
    ///
    /// As for [`Map::file`], and nobody else reads the file by way of a reference either, in this process.
    #[inline]
    pub unsafe fn file<'fd>(fd: impl Into<BorrowedFd<'fd>>) -> Result<Self, Error> {
        Ok(Self(
            Builder::descriptor(fd)
                .prot(READ_WRITE)
                .shared(true)
                .map()?,
        ))
    }

    /// Maps the file at a path, from its start to its end: shared, to be read and written.
    ///
    /// # Errors
    ///
    /// As [`Builder::map`].
    ///
    /// # Safety
    ///
    /// As for [`file`](Self::file).
    #[inline]
    pub unsafe fn path(path: &CStr) -> Result<Self, Error> {
        Ok(Self(
            Builder::path(path).prot(READ_WRITE).shared(true).map()?,
        ))
    }
}

impl<A: AddressSpace> MapMut<A> {
    /// As [`anonymous`](MapMut::anonymous), in another address space.
    ///
    /// # Errors
    ///
    /// As [`Mapping::anonymous_in`].
    #[inline]
    pub fn anonymous_in(space: A, len: usize) -> Result<Self, Error> {
        Ok(Self(Mapping::anonymous_in(space, len)?))
    }
}

impl<A: AddressSpace> Mapping<A> {
    /// The same memory as bytes that can be read.
    ///
    /// # Errors
    ///
    /// [`NoReference`](RequestError::NoReference), with the mapping as it was, unless it is private anonymous memory, all of
    /// it can be read, children get a copy, and nothing of it was discarded lazily or given advice that is not benign.
    pub fn into_map(self) -> Result<Map<A>, Refused<Self>> {
        if !self.raw.is_steady() || !self.raw.allows(Prot::READ) {
            return Err(Refused::new(self, RequestError::NoReference));
        }
        Ok(Map(self))
    }

    /// The same memory as bytes that can be read and written.
    ///
    /// # Errors
    ///
    /// As [`into_map`](Self::into_map), and if it cannot be written.
    pub fn into_map_mut(self) -> Result<MapMut<A>, Refused<Self>> {
        if !self.raw.is_steady() || !self.raw.allows(READ_WRITE) {
            return Err(Refused::new(self, RequestError::NoReference));
        }
        Ok(MapMut(self))
    }

    /// The same memory as bytes that can be read, of whatever kind it is.
    ///
    /// # Errors
    ///
    /// [`NoReference`](RequestError::NoReference) if parts have protections of their own, or it cannot be read.
    ///
    /// # Safety
    ///
    /// As for [`Map::file`], for as long as the map is there: nobody changes the memory, and all of it can be read. Of
    /// memory that was discarded lazily, all was written since.
    pub unsafe fn assume_map(self) -> Result<Map<A>, Refused<Self>> {
        if !self.raw.allows(Prot::READ) {
            return Err(Refused::new(self, RequestError::NoReference));
        }
        Ok(Map(self))
    }

    /// The same memory as bytes that can be read and written, of whatever kind it is.
    ///
    /// # Errors
    ///
    /// As [`assume_map`](Self::assume_map), and if it cannot be written.
    ///
    /// # Safety
    ///
    /// As for [`assume_map`](Self::assume_map), and nobody else reads the memory by way of a reference.
    pub unsafe fn assume_map_mut(self) -> Result<MapMut<A>, Refused<Self>> {
        if !self.raw.allows(READ_WRITE) {
            return Err(Refused::new(self, RequestError::NoReference));
        }
        Ok(MapMut(self))
    }
}

impl<A: AddressSpace> Map<A> {
    /// What can be done with any mapping by way of a shared reference: benign advice, locks, sync, residency, a name.
    #[must_use]
    #[inline]
    pub const fn as_mapping(&self) -> &Mapping<A> {
        &self.0
    }

    /// The mapping, for everything else.
    #[must_use]
    #[inline]
    pub fn into_mapping(self) -> Mapping<A> {
        self.0
    }

    /// Opens all of it for writing. A private mapping only: of a shared one, others may have references as well, and the
    /// way is [`Mapping::assume_map_mut`].
    ///
    /// # Errors
    ///
    /// [`NoReference`](RequestError::NoReference), or as [`Mapping::protect`]; with the mapping as it was, of which parts may be
    /// open already after `ENOMEM`.
    pub fn into_map_mut(self) -> Result<MapMut<A>, Refused<Mapping<A>>> {
        let mut mapping = self.0;
        if !mapping.raw.is_private() {
            return Err(Refused::new(mapping, RequestError::NoReference));
        }
        let prot = mapping.raw.attrs.prot().union(Prot::WRITE);
        match mapping.protect(.., prot) {
            Ok(()) => Ok(MapMut(mapping)),
            Err(error) => Err(Refused::new(mapping, error)),
        }
    }

    /// Unmaps it, and says if the system refused: see [`Mapping::unmap`].
    ///
    /// # Errors
    ///
    /// As [`Mapping::unmap`].
    pub fn unmap(self) -> Result<(), Refused<Self>> {
        self.0.unmap().map_err(|refused| refused.map(Self))
    }
}

impl<A: AddressSpace> MapMut<A> {
    /// What can be done with any mapping by way of a shared reference: benign advice, locks, sync, residency, a name.
    #[must_use]
    #[inline]
    pub const fn as_mapping(&self) -> &Mapping<A> {
        &self.0
    }

    /// The mapping, for everything else.
    #[must_use]
    #[inline]
    pub fn into_mapping(self) -> Mapping<A> {
        self.0
    }

    /// Closes all of it for writing.
    ///
    /// # Errors
    ///
    /// As [`Mapping::protect`]; with the mapping as it was, of which parts may be closed already after `ENOMEM`.
    pub fn into_map(self) -> Result<Map<A>, Refused<Mapping<A>>> {
        let mut mapping = self.0;
        let prot = mapping.raw.attrs.prot().difference(Prot::WRITE);
        match mapping.protect(.., prot) {
            Ok(()) => Ok(Map(mapping)),
            Err(error) => Err(Refused::new(mapping, error)),
        }
    }

    /// Gives the memory of a part back: it reads as zero afterwards.
    ///
    /// # Errors
    ///
    /// As [`Mapping::discard`]. After `ENOMEM` on FreeBSD and NetBSD, touching the part may end the process: there is no memory
    /// for it.
    pub fn clear(&mut self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.0.discard(range, Discard::Zero)
    }

    /// Unmaps it, and says if the system refused: see [`Mapping::unmap`].
    ///
    /// # Errors
    ///
    /// As [`Mapping::unmap`].
    pub fn unmap(self) -> Result<(), Refused<Self>> {
        self.0.unmap().map_err(|refused| refused.map(Self))
    }
}

impl<A: AddressSpace> Deref for Map<A> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: all of it can be read, and nobody changes it: it is private anonymous memory, or whoever made this
        // answers for it.
        unsafe { slice::from_raw_parts(self.0.as_ptr(), self.0.len()) }
    }
}

impl<A: AddressSpace> Deref for MapMut<A> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: as for `Map`.
        unsafe { slice::from_raw_parts(self.0.as_ptr(), self.0.len()) }
    }
}

impl<A: AddressSpace> DerefMut for MapMut<A> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `Map`, and it can be written.
        unsafe { slice::from_raw_parts_mut(self.0.as_mut_ptr(), self.0.len()) }
    }
}

impl<A: AddressSpace> AsRef<[u8]> for Map<A> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<A: AddressSpace> AsRef<[u8]> for MapMut<A> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<A: AddressSpace> AsMut<[u8]> for MapMut<A> {
    #[inline]
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl<A: AddressSpace> fmt::Debug for Map<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Map").field(&self.0).finish()
    }
}

impl<A: AddressSpace> fmt::Debug for MapMut<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MapMut").field(&self.0).finish()
    }
}
