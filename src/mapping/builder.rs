//! What a mapping is made by.

use core::ffi::CStr;

use super::{Error, HugePages, Mapping, RawMapping, RequestError, Reservation, name::Name};
use crate::{
    Advice, BorrowedFd, Errno, Inherit, MapFlags, OwnedFd, Prot,
    object::{self, Access},
    os, page_size,
    space::{AddressSpace, Kernel, MapRequest, Placement, Region},
};

/// Where the memory comes from.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    Anonymous,
    Descriptor(BorrowedFd<'a>),
    Path(&'a CStr),
    Object,
}

/// A descriptor that is there already, or was opened for the mapping and is closed after it.
enum Opened<'a> {
    Nothing,
    Borrowed(BorrowedFd<'a>),
    Owned(OwnedFd),
}

impl Opened<'_> {
    fn get(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Nothing => None,
            Self::Borrowed(fd) => Some(*fd),
            Self::Owned(fd) => Some(fd.borrow()),
        }
    }
}

/// Makes a [`Mapping`] of anything: memory, a descriptor, the file at a path, an object of memory.
///
/// It begins with one of [`anonymous`](Self::anonymous), [`descriptor`](Self::descriptor), [`path`](Self::path) and
/// [`object`](Self::object) and what most people want; each method changes one thing, and [`map`](Self::map) makes the mapping.
/// Nothing is looked at before that, and after an error nothing is mapped, open or reserved.
///
/// ```
/// use rawmap::{Prot, mapping::Builder};
///
/// let page = rawmap::page_size();
/// let mapping = Builder::anonymous(10 * page)
///     .align(1 << 16)
///     .guards(page, page)
///     .name("stack")
///     .map()?;
/// assert_eq!(mapping.as_ptr().addr() % (1 << 16), 0);
///
/// // A file from its second page to its end.
/// # let folder = std::env::temp_dir().join("rawmap-builder.txt");
/// # std::fs::write(&folder, vec![7; 3 * page]).unwrap();
/// # let path = std::ffi::CString::new(folder.to_str().unwrap()).unwrap();
/// let file = Builder::path(&path).offset(page as u64).map()?;
/// assert_eq!(file.len(), 2 * page);
/// # std::fs::remove_file(&folder).unwrap();
/// # Ok::<(), rawmap::mapping::Error>(())
/// ```
///
/// **Systems:** all.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Builder<'a> {
    source: Source<'a>,
    /// `None`: to the end of the file.
    len: Option<usize>,
    offset: u64,
    beyond_end: bool,
    prot: Prot,
    max_prot: Option<Prot>,
    shared: bool,
    placement: Placement,
    align: usize,
    huge: Option<HugePages>,
    transparent_huge: bool,
    populate: bool,
    lock: bool,
    before: usize,
    after: usize,
    name: Option<&'a str>,
    conceal: bool,
    inherit: Inherit,
    flags: MapFlags,
}

/// What is known once everything was looked at.
struct Plan {
    len: usize,
    granule: usize,
    /// In whole granules; so that the memory between is aligned.
    before: usize,
    after: usize,
    name: Option<Name>,
}

impl<'a> Builder<'a> {
    const fn of(source: Source<'a>, len: Option<usize>, prot: Prot) -> Self {
        Self {
            source,
            len,
            offset: 0,
            beyond_end: false,
            prot,
            max_prot: None,
            shared: false,
            placement: Placement::Anywhere,
            align: 1,
            huge: None,
            transparent_huge: false,
            populate: false,
            lock: false,
            before: 0,
            after: 0,
            name: None,
            conceal: false,
            inherit: Inherit::COPY,
            flags: MapFlags::empty(),
        }
    }

    /// `len` bytes of memory that belongs to no file and reads as zero: private, to be read and written.
    #[inline]
    pub const fn anonymous(len: usize) -> Self {
        Self::of(Source::Anonymous, Some(len), Prot::READ.union(Prot::WRITE))
    }

    /// A file or an object behind a descriptor, from its start to its end: private, to be read. The descriptor may be
    /// closed after mapping. With the feature `std` it may be a `&std::fs::File`.
    #[inline]
    pub fn descriptor(fd: impl Into<BorrowedFd<'a>>) -> Self {
        Self::of(Source::Descriptor(fd.into()), None, Prot::READ)
    }

    /// The file at a path, from its start to its end: private, to be read. It is opened for reading, or for reading and
    /// writing if the mapping is shared and may be written, and closed after mapping.
    #[inline]
    pub const fn path(path: &'a CStr) -> Self {
        Self::of(Source::Path(path), None, Prot::READ)
    }

    /// A new object of memory, of `len` bytes: shared, to be read and written. Nobody else can have it but forked
    /// children. See [`object::memory`] for one whose descriptor is to be passed on. NetBSD allows later what
    /// [`prot`](Self::prot) says, and no more.
    #[inline]
    pub const fn object(len: usize) -> Self {
        Self::of(Source::Object, Some(len), Prot::READ.union(Prot::WRITE)).shared(true)
    }

    /// How many bytes are mapped.
    #[inline]
    pub const fn len(self, len: usize) -> Self {
        Self {
            len: Some(len),
            ..self
        }
    }

    /// From the offset to the end of the file, which a descriptor and a path begin with.
    #[inline]
    pub const fn to_end(self) -> Self {
        Self { len: None, ..self }
    }

    /// Where in the file or object it begins, in bytes: a multiple of the page size.
    #[inline]
    pub const fn offset(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// Whether the file may end before the mapping does. What lies behind the page in which it ends kills whoever touches
    /// it, until the file has grown; and NetBSD refuses it for objects of memory.
    #[inline]
    pub const fn beyond_end(self, beyond_end: bool) -> Self {
        Self { beyond_end, ..self }
    }

    /// What may be done with the memory at once.
    #[inline]
    pub const fn prot(self, prot: Prot) -> Self {
        Self { prot, ..self }
    }

    /// What may be done with it later: see [`MapRequest::max_prot`].
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

    /// Where it is to go. Guard pages lie before and after that.
    #[inline]
    pub const fn placement(self, placement: Placement) -> Self {
        Self { placement, ..self }
    }

    /// What the address is to be a multiple of: a power of two.
    #[inline]
    pub const fn align(self, align: usize) -> Self {
        Self { align, ..self }
    }

    /// Pages from the pool of huge ones. A file has to lie in a file system of pages of this size.
    ///
    /// **Systems:** Linux; `ENOTSUP` elsewhere.
    #[inline]
    pub const fn huge(self, size: HugePages) -> Self {
        Self {
            huge: Some(size),
            ..self
        }
    }

    /// Whether the kernel is to use larger pages where it can.
    ///
    /// **Systems:** Linux, if it is built for it, else `EINVAL`; FreeBSD does it by itself; without effect on NetBSD.
    #[inline]
    pub const fn transparent_huge(self, transparent_huge: bool) -> Self {
        Self {
            transparent_huge,
            ..self
        }
    }

    /// Whether the pages are to be present at once: see [`MapRequest::populate`].
    #[inline]
    pub const fn populate(self, populate: bool) -> Self {
        Self { populate, ..self }
    }

    /// Whether the pages are to be kept in memory.
    #[inline]
    pub const fn lock(self, lock: bool) -> Self {
        Self { lock, ..self }
    }

    /// At least so many bytes before and after it that nobody can touch, in whole pages. Where the memory is aligned to more
    /// than a page, there are more of them before it.
    #[inline]
    pub const fn guards(self, before: usize, after: usize) -> Self {
        Self {
            before,
            after,
            ..self
        }
    }

    /// What the kernel shows it as, where it shows names: see [`Mapping::set_name`]. Where it does not, that is no error.
    #[inline]
    pub const fn name(self, name: &'a str) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }

    /// Whether it is to stay out of core dumps.
    ///
    /// **Systems:** Linux, FreeBSD; without effect on NetBSD.
    #[inline]
    pub const fn conceal(self, conceal: bool) -> Self {
        Self { conceal, ..self }
    }

    /// What a forked child finds: see [`Mapping::inherit`].
    #[inline]
    pub const fn inherit(self, inherit: Inherit) -> Self {
        Self { inherit, ..self }
    }

    /// Harmless flags of mmap that have no method here: see [`MapRequest::flags`].
    #[inline]
    pub const fn flags(self, flags: MapFlags) -> Self {
        Self { flags, ..self }
    }

    /// Makes the mapping.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | [`RequestError`] | what it says, and the kernel was not asked |
    /// | `ENOENT`, `EACCES`, `EISDIR` … | the path: see [`object::open`] |
    /// | `ENOSYS` | an object of memory: see [`object::memory`] |
    /// | `ENODEV`, `EINVAL` | a device that cannot be mapped |
    /// | `EEXIST` | something is at the fixed place |
    /// | `EACCES`, `EPERM` | the descriptor, a seal or policy does not allow it |
    /// | `ENOMEM` | no memory, no room, a limit |
    /// | … | see [`AddressSpace::map`] |
    #[inline]
    pub fn map(self) -> Result<Mapping, Error> {
        self.map_in(Kernel)
    }

    /// Makes the mapping in another address space.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    pub fn map_in<A: AddressSpace>(self, space: A) -> Result<Mapping<A>, Error> {
        let name = self.name.map(Name::of).transpose()?;
        let granule = self.granule()?;
        if let Some(len) = self.len {
            self.plan(len, granule, name)?;
        }
        let opened = self.open(name.as_ref())?;
        let len = match self.len {
            Some(len) => self.within(len, &opened)?,
            None => self.rest(&opened)?,
        };
        let plan = self.plan(len, granule, name)?;
        let request = self.request(plan.len, opened.get());
        let raw = if plan.before == 0 && plan.after == 0 {
            let region = space
                .map(&request.placement(self.placement))
                .map_err(|error| self.refusal(error))?;
            RawMapping::new(region, plan.len, request.attrs())
        } else {
            self.map_between_guards(&space, &plan, &request)?
        };
        // From here on, dropping it undoes everything.
        let mut mapping = Mapping { raw, space };
        // Huge pages that are not set aside may not be there when they are touched.
        mapping.raw.strange = self.huge.is_some() && !self.flags.is_empty();
        self.finish(&mapping, &plan)?;
        Ok(mapping)
    }

    /// Reserves the addresses, of which nothing can be touched until it is [committed](Reservation::commit).
    ///
    /// What may be committed is what [`max_prot`](Self::max_prot) says, or reading and writing.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map); `ENOTSUP` for anything but private anonymous memory.
    #[inline]
    pub fn reserve(self) -> Result<Reservation, Error> {
        self.reserve_in(Kernel)
    }

    /// Reserves the addresses in another address space.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    pub fn reserve_in<A: AddressSpace>(self, space: A) -> Result<Reservation<A>, Error> {
        if self.shared || !matches!(self.source, Source::Anonymous) {
            return Err(Errno::ENOTSUP.into());
        }
        let closed = Self {
            prot: Prot::NONE,
            max_prot: Some(self.max_prot.unwrap_or(Prot::READ.union(Prot::WRITE))),
            ..self
        };
        Ok(Reservation::of(closed.map_in(space)?))
    }

    /// What address, length and offset are multiples of.
    fn granule(&self) -> Result<usize, RequestError> {
        let granule = self.huge.map_or(page_size(), HugePages::bytes);
        if !self.align.is_power_of_two() {
            return Err(RequestError::Alignment);
        }
        if !self.offset.is_multiple_of(granule as u64) {
            return Err(RequestError::UnalignedOffset);
        }
        let accesses = Prot::READ.union(Prot::WRITE).union(Prot::EXEC);
        if self
            .max_prot
            .is_some_and(|max_prot| accesses.difference(max_prot).intersects(self.prot))
        {
            return Err(RequestError::BeyondMaximum);
        }
        let align = self.align.max(granule);
        match self.placement {
            Placement::FixedNoReplace(0) => Err(RequestError::AddressZero),
            Placement::FixedNoReplace(at) if !at.is_multiple_of(align) => {
                Err(RequestError::UnalignedAddress)
            }
            _ => Ok(granule),
        }
    }

    /// Rounds everything up, and sees whether it is too much.
    fn plan(&self, len: usize, granule: usize, name: Option<Name>) -> Result<Plan, RequestError> {
        if len == 0 {
            return Err(RequestError::Empty);
        }
        let round = |bytes: usize, to: usize| bytes.checked_next_multiple_of(to);
        let plan = || {
            let before = round(self.before, self.align.max(granule))?;
            let after = round(self.after, granule)?;
            let whole = round(len, granule)?
                .checked_add(before)?
                .checked_add(after)?;
            (isize::try_from(whole).is_ok()).then_some(Plan {
                len,
                granule,
                before,
                after,
                name,
            })
        };
        plan().ok_or(RequestError::TooLong)
    }

    fn open(&self, name: Option<&Name>) -> Result<Opened<'a>, Error> {
        Ok(match self.source {
            Source::Anonymous => Opened::Nothing,
            Source::Descriptor(fd) => Opened::Borrowed(fd),
            Source::Path(path) => {
                let wanted = self.prot.union(self.max_prot.unwrap_or(Prot::NONE));
                let access = if self.shared && wanted.contains(Prot::WRITE) {
                    Access::ReadWrite
                } else {
                    Access::Read
                };
                match object::open(path, access) {
                    Ok(fd) => Opened::Owned(fd),
                    Err(Errno::EISDIR) => return Err(RequestError::Directory.into()),
                    Err(error) => return Err(error.into()),
                }
            }
            Source::Object => {
                // NetBSD maps no page that the object does not have to its end.
                let len = self.len.unwrap_or(0).checked_next_multiple_of(page_size());
                let len = len.and_then(|len| self.offset.checked_add(len as u64));
                let len = len.ok_or(RequestError::TooLong)?;
                let name = name.map_or(c"rawmap", Name::as_c_str);
                Opened::Owned(object::memory(name, len)?)
            }
        })
    }

    /// The length that was asked for, if the file has it.
    fn within(&self, len: usize, opened: &Opened<'_>) -> Result<usize, Error> {
        let Some(fd) = opened.get().filter(|_| !self.beyond_end) else {
            return Ok(len);
        };
        match self.left_in(fd)? {
            Some(left) if len as u64 > left => Err(RequestError::BeyondEnd.into()),
            // Devices can be mapped, and have no length to be compared with.
            Some(_) | None => Ok(len),
        }
    }

    /// What the file has behind the offset.
    fn rest(&self, opened: &Opened<'_>) -> Result<usize, Error> {
        let Some(fd) = opened.get() else {
            return Err(RequestError::Empty.into());
        };
        let left = self.left_in(fd)?.ok_or(RequestError::NoLength)?;
        usize::try_from(left).map_err(|_| RequestError::TooLong.into())
    }

    /// The bytes of a file from the offset on, of which there is one at least; `None` of what has no length.
    fn left_in(&self, fd: BorrowedFd<'_>) -> Result<Option<u64>, Error> {
        match object::kind(fd)? {
            object::Kind::File(0) => Err(RequestError::EmptyFile.into()),
            object::Kind::File(end) if self.offset >= end => {
                Err(RequestError::OffsetBeyondEnd.into())
            }
            object::Kind::File(end) => Ok(Some(end - self.offset)),
            object::Kind::Directory => Err(RequestError::Directory.into()),
            object::Kind::Other => Ok(None),
        }
    }

    /// Everything but the place.
    fn request<'fd>(&self, len: usize, fd: Option<BorrowedFd<'fd>>) -> MapRequest<'fd> {
        let request = match fd {
            None => MapRequest::anonymous(len),
            Some(fd) => MapRequest::file(fd, self.offset, len),
        };
        let request = request
            .prot(self.prot)
            .shared(self.shared)
            .align(self.align)
            .huge(self.huge.map_or(0, HugePages::log2))
            .populate(self.populate)
            .conceal(self.conceal)
            .inherit(self.inherit)
            .flags(self.flags);
        match self.max_prot {
            None => request,
            Some(max_prot) => request.max_prot(max_prot),
        }
    }

    /// Maps closed memory for everything, makes room in the middle of it, and maps there.
    ///
    /// ```text
    ///  | before | mapping, in whole granules | after |
    ///           ^ the place, and a multiple of the alignment, of which `before` is one
    /// ```
    ///
    /// Not by replacing: after a replacement that failed nobody can tell whose memory is there. Another thread may take the
    /// room; then it is tried elsewhere.
    fn map_between_guards<A: AddressSpace>(
        &self,
        space: &A,
        plan: &Plan,
        request: &MapRequest<'_>,
    ) -> Result<RawMapping, Error> {
        const TRIES: usize = 8;
        let mapped = plan.len.next_multiple_of(plan.granule);
        let placement = match self.placement {
            Placement::FixedNoReplace(at) => {
                let start = at.checked_sub(plan.before).filter(|&start| start != 0);
                Placement::FixedNoReplace(start.ok_or(RequestError::AddressZero)?)
            }
            Placement::Hint(at) => Placement::Hint(at.saturating_sub(plan.before)),
            anywhere => anywhere,
        };
        let closed = MapRequest::anonymous(plan.before + mapped + plan.after)
            .prot(Prot::NONE)
            .align(self.align.max(plan.granule))
            .placement(placement)
            .conceal(self.conceal)
            .inherit(if self.shared {
                Inherit::COPY
            } else {
                self.inherit
            })
            .flags(self.flags);
        let mut tries = 0;
        loop {
            tries += 1;
            let around = space.map(&closed)?;
            let elsewhere = !matches!(placement, Placement::FixedNoReplace(_));
            match self.map_within(space, plan, request, around, mapped) {
                Err(Errno::EEXIST) if elsewhere && tries < TRIES => {}
                Err(Errno::EEXIST) if elsewhere => return Err(Errno::ENOMEM.into()),
                Err(error) => return Err(self.refusal(error)),
                Ok(region) => {
                    return Ok(RawMapping {
                        before: plan.before,
                        after: plan.after,
                        ..RawMapping::new(region, plan.len, request.attrs())
                    });
                }
            }
        }
    }

    /// Maps in the middle of closed memory that nobody was told of, and unmaps that if it can't.
    fn map_within<A: AddressSpace>(
        &self,
        space: &A,
        plan: &Plan,
        request: &MapRequest<'_>,
        around: Region,
        mapped: usize,
    ) -> Result<Region, Errno> {
        let part = |start: usize, len: usize| {
            // SAFETY: the part lies within what was mapped.
            let ptr = unsafe { around.as_non_null().cast::<u8>().add(start) };
            Region::new(ptr.cast(), len)
        };
        let middle = part(plan.before, mapped);
        // SAFETY: it was mapped just now, and nobody was told of it.
        if let Err(error) = unsafe { space.unmap(middle) } {
            // SAFETY: as above.
            let _ = unsafe { space.unmap(around) };
            return Err(error);
        }
        let place = Placement::FixedNoReplace(middle.start());
        space.map(&request.placement(place)).inspect_err(|_| {
            for guard in [part(0, plan.before), part(plan.before + mapped, plan.after)] {
                if !guard.is_empty() {
                    // SAFETY: as above; what is between them now is not touched.
                    let _ = unsafe { space.unmap(guard) };
                }
            }
        })
    }

    /// What can be done only with a mapping that is there.
    fn finish<A: AddressSpace>(&self, mapping: &Mapping<A>, plan: &Plan) -> Result<(), Error> {
        if self.transparent_huge
            && let Some(advice) = os::PREFER_HUGE_PAGES
        {
            mapping.advise(.., Advice::from_raw(advice))?;
        }
        if self.lock {
            mapping.lock(..)?;
        }
        if let Some(name) = &plan.name {
            // Names are for those who look: nothing else depends on them.
            let _ = name.give(mapping.all());
        }
        Ok(())
    }

    fn refusal(&self, error: Errno) -> Error {
        match (error, self.huge) {
            (Errno::ENOMEM | Errno::EINVAL, Some(_)) => RequestError::NoHugePages.into(),
            (error, _) => error.into(),
        }
    }
}
