//! What a mapping is to be.

use super::{Attrs, Kind, check};
use crate::{BorrowedFd, Errno, Inherit, MapFlags, MapType, Prot, Result, os, page_size};

/// Where a mapping is to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Placement {
    /// Wherever the system likes.
    #[default]
    Anywhere,
    /// At this address if the system likes it, else anywhere. FreeBSD with address randomisation never does. An address
    /// that is not aligned is taken for the aligned one below.
    Hint(usize),
    /// At exactly this address, if nothing is there.
    FixedNoReplace(usize),
}

/// What is mapped.
#[derive(Clone, Copy, Debug)]
enum Source<'fd> {
    Anonymous,
    File { fd: BorrowedFd<'fd>, offset: u64 },
}

/// A mapping that [`AddressSpace::map`](super::AddressSpace::map) is asked for.
///
/// It begins with [`anonymous`](Self::anonymous) or [`file`](Self::file) and what most people want; each method changes
/// one thing. Nothing is looked at before the request is made of an address space.
///
/// ```
/// use rawmap::{Prot, page_size, space::{AddressSpace, Kernel, MapRequest}};
///
/// // Addresses for 64 KiB, aligned to 64 KiB, to be opened for reading and writing later.
/// let request = MapRequest::anonymous(1 << 16)
///     .prot(Prot::NONE)
///     .max_prot(Prot::READ | Prot::WRITE)
///     .align(1 << 16);
/// let region = Kernel.map(&request)?;
/// assert_eq!(region.start() % (1 << 16), 0);
/// // SAFETY: the region is this code's, and nothing refers to it.
/// unsafe { Kernel.unmap(region)? };
/// # Ok::<(), rawmap::Errno>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct MapRequest<'fd> {
    len: usize,
    source: Source<'fd>,
    prot: Prot,
    /// `None`: what the kind of mapping begins with.
    max_prot: Option<Prot>,
    shared: bool,
    placement: Placement,
    align: usize,
    /// 0: pages of the usual size.
    huge: u8,
    populate: bool,
    conceal: bool,
    inherit: Inherit,
    flags: MapFlags,
}

impl MapRequest<'static> {
    /// `len` bytes of memory that belongs to no file and reads as zero: private, to be read and written.
    #[inline]
    pub const fn anonymous(len: usize) -> Self {
        Self::of(Source::Anonymous, len, Prot::READ.union(Prot::WRITE))
    }
}

impl<'fd> MapRequest<'fd> {
    /// `len` bytes of a file or object from `offset` on: private, to be read.
    ///
    /// The descriptor may be closed after mapping. What lies beyond the end of the object is not portable: NetBSD
    /// refuses to map it for memory objects, and the others send SIGBUS to whoever touches it.
    #[inline]
    pub const fn file(fd: BorrowedFd<'fd>, offset: u64, len: usize) -> Self {
        Self::of(Source::File { fd, offset }, len, Prot::READ)
    }

    const fn of(source: Source<'fd>, len: usize, prot: Prot) -> Self {
        Self {
            len,
            source,
            prot,
            max_prot: None,
            shared: false,
            placement: Placement::Anywhere,
            align: 1,
            huge: 0,
            populate: false,
            conceal: false,
            inherit: Inherit::COPY,
            flags: MapFlags::empty(),
        }
    }

    /// What may be done with the pages at once.
    #[inline]
    pub const fn prot(self, prot: Prot) -> Self {
        Self { prot, ..self }
    }

    /// What may be done with them later, by [`AddressSpace::protect`](super::AddressSpace::protect): every part of this
    /// that the system's policy and the descriptor allow, but never writing and executing together.
    ///
    /// NetBSD with PaX MPROTECT, and FreeBSD where it is told to, allow later only what was said at first. Linux has no
    /// maximum and allows more than was asked for. Without this method it is reading and writing for anonymous memory,
    /// and whatever [`prot`](Self::prot) says besides.
    #[inline]
    pub const fn max_prot(self, max_prot: Prot) -> Self {
        Self {
            max_prot: Some(max_prot),
            ..self
        }
    }

    /// Whether stores go to the file, or for anonymous memory to what forked children share.
    #[inline]
    pub const fn shared(self, shared: bool) -> Self {
        Self { shared, ..self }
    }

    /// Where it is to go.
    #[inline]
    pub const fn placement(self, placement: Placement) -> Self {
        Self { placement, ..self }
    }

    /// What the address is to be a multiple of: a power of two. Less than a page is a page.
    #[inline]
    pub const fn align(self, align: usize) -> Self {
        Self { align, ..self }
    }

    /// Pages of two to the power `log2` bytes from the pool of huge ones: 21 for 2 MiB. The length is rounded up to
    /// them, and ranges of the mapping begin and end on them. A file has to lie in a file system of pages of this size, and
    /// a file there has to be mapped with this method.
    ///
    /// **Systems:** Linux; `ENOTSUP` elsewhere. FreeBSD and Linux use larger pages by themselves where they can.
    #[inline]
    pub const fn huge(self, log2: u8) -> Self {
        Self { huge: log2, ..self }
    }

    /// Whether the pages are to be present at once. Linux since 5.14 fails if one could not be had, or cannot be touched;
    /// the others do what they can.
    #[inline]
    pub const fn populate(self, populate: bool) -> Self {
        Self { populate, ..self }
    }

    /// Whether the pages are to stay out of core dumps.
    ///
    /// **Systems:** Linux, FreeBSD; without effect on NetBSD.
    #[inline]
    pub const fn conceal(self, conceal: bool) -> Self {
        Self { conceal, ..self }
    }

    /// What a forked child finds. Without this method it is [`Inherit::COPY`], which for a shared mapping means the same
    /// pages.
    #[inline]
    pub const fn inherit(self, inherit: Inherit) -> Self {
        Self { inherit, ..self }
    }

    /// Flags of mmap that have no method here and do no harm: `NORESERVE`, `STACK`, `MAP_32BIT` and `ABOVE4G` on Linux;
    /// `MAP_32BIT`, `NOSYNC`, `PREFAULT_READ` and `HASSEMAPHORE` on FreeBSD; `NORESERVE`, `STACK`, `TRYFIXED` and
    /// `HASSEMAPHORE` on NetBSD. Others are `EINVAL` when the mapping is made.
    #[inline]
    pub const fn flags(self, flags: MapFlags) -> Self {
        Self { flags, ..self }
    }

    /// The length that is asked for, in bytes.
    #[must_use]
    #[inline]
    pub const fn requested_len(&self) -> usize {
        self.len
    }

    /// The place that is asked for.
    #[must_use]
    #[inline]
    pub const fn requested_placement(&self) -> Placement {
        self.placement
    }

    /// What its owner has to remember of the mapping that this makes.
    #[must_use]
    #[inline]
    pub fn attrs(&self) -> Attrs {
        let granule = match self.huge {
            0 => page_size(),
            log2 => 1usize.checked_shl(log2.into()).unwrap_or(0),
        };
        let kind = match self.source {
            Source::Anonymous => Kind::Anonymous,
            Source::File { offset, .. } => Kind::File { offset },
        };
        Attrs::new()
            .with_prot(self.prot)
            .with_max_prot(self.max())
            .with_shared(self.shared)
            .with_kind(kind)
            .with_inherit(self.inherit)
            .with_conceal(self.conceal)
            .with_granule(granule)
    }

    #[inline]
    const fn max(&self) -> Prot {
        let accesses = Prot::READ.union(Prot::WRITE).union(Prot::EXEC);
        match (self.max_prot, self.source) {
            (Some(max_prot), _) => max_prot,
            (None, Source::Anonymous) => Prot::READ
                .union(Prot::WRITE)
                .union(self.prot.intersection(accesses)),
            (None, Source::File { .. }) => self.prot.intersection(accesses),
        }
    }

    const fn map_type(&self) -> MapType {
        if self.shared {
            MapType::SHARED
        } else {
            MapType::PRIVATE
        }
    }

    /// Anonymous memory anywhere, without anything that needs more than the one call: its protection and flags.
    #[inline]
    pub(super) fn plain(&self, page: usize) -> Option<(u32, u32)> {
        let plain = matches!(self.source, Source::Anonymous)
            && matches!(self.placement, Placement::Anywhere)
            && self.align.is_power_of_two()
            && self.align <= page
            && self.huge == 0
            && !self.populate
            && !self.conceal
            && self.inherit.raw() == Inherit::COPY.raw()
            && self.flags.is_empty();
        if !plain {
            return None;
        }
        let (prot, max_prot) = check::protections(self.prot, self.max()).ok()?;
        let flags = MapFlags::ANONYMOUS.with_type(self.map_type());
        Some((os::protection(prot, max_prot), flags.bits()))
    }

    /// The request in words, if it makes sense.
    pub(super) fn prepare(&self, page: usize) -> Result<os::NewMapping> {
        let (granule, huge) = match self.huge {
            0 => (page, 0),
            log2 => {
                let granule = 1usize.checked_shl(log2.into()).unwrap_or(0);
                (check::granule(granule, page)?, os::huge_pages(log2)?)
            }
        };
        let len = check::length(self.len, granule)?;
        let (prot, max_prot) = check::protections(self.prot, self.max())?;
        if !self.align.is_power_of_two() || self.flags.bits() & !os::HARMLESS_FLAGS != 0 {
            return Err(Errno::EINVAL);
        }
        let (kind, fd, offset) = match self.source {
            Source::Anonymous => (MapFlags::ANONYMOUS, usize::MAX, 0),
            Source::File { fd, offset } => {
                if !offset.is_multiple_of(granule as u64) {
                    return Err(Errno::EINVAL);
                }
                // No file is longer than a signed number can say.
                if offset > (i64::MAX as u64).saturating_sub(len as u64) {
                    return Err(Errno::EOVERFLOW);
                }
                (MapFlags::empty(), fd.as_raw() as usize, offset as usize)
            }
        };
        let inherit = match self.inherit {
            // What every new mapping begins with.
            Inherit::COPY => None,
            Inherit::ZERO if self.shared || !kind.contains(MapFlags::ANONYMOUS) => {
                return Err(Errno::EINVAL);
            }
            how => Some(how.raw()),
        };
        Ok(os::NewMapping {
            len,
            prot,
            max_prot,
            flags: self.flags.union(kind).with_type(self.map_type()).bits() | huge,
            fd,
            offset,
            granule,
            align: self.align.max(granule),
            conceal: self.conceal,
            populate: self.populate,
            inherit,
        })
    }
}
