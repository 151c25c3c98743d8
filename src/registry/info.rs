//! What the registry knows of a mapping.

use core::{
    fmt,
    ptr::{NonNull, with_exposed_provenance_mut},
};

use super::index::{Attributes, Detail, Entry, Found};
use crate::{
    Errno, Inherit, Prot, Result,
    flags::Inheritance,
    page_size,
    space::{Attrs, Kind, Region},
};

/// A mapping, or as much of one as has the same attributes, as the registry knows it.
///
/// It is a copy: the mapping may have changed since.
///
/// It prints as a line like those of /proc/self/maps: range, protection, `p` for private or `s` for shared, the offset
/// in the file, and what it shows.
///
/// ```
/// use rawmap::registry::{MapInfo, Registry};
/// use rawmap::space::{AddressSpace, MapRequest};
///
/// let registry = Registry::global();
/// let region = registry.map(&MapRequest::anonymous(1 << 14))?;
/// let info = registry.find(region.start() + 100).ok_or(rawmap::Errno::ENOMEM)?;
/// assert!(info.start() <= region.start() && region.start() + region.len() <= info.end());
/// assert!(info.to_string().contains(" rw-p "));
/// // SAFETY: the region is this code's, and nothing refers to it.
/// unsafe { registry.unmap(region)? };
/// # Ok::<(), rawmap::Errno>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MapInfo {
    start: usize,
    end: usize,
    /// Read when somebody asks for one of them.
    facts: Facts,
    /// The offset in the file less the address.
    delta: u64,
    user: u64,
    changing: bool,
}

impl MapInfo {
    /// A mapping with these attributes, to be [tracked](super::Registry::track).
    #[must_use]
    pub fn new(region: Region, attrs: &Attrs) -> Self {
        Self {
            start: region.start(),
            end: region.start().saturating_add(region.len()),
            facts: Facts::of_attrs(attrs),
            delta: delta(attrs.kind(), region.start() as u64),
            user: 0,
            changing: false,
        }
    }

    /// The same with a word of the program's own.
    #[must_use]
    pub const fn with_user(self, user: u64) -> Self {
        Self { user, ..self }
    }

    /// The address at which it starts.
    #[must_use]
    pub const fn start(&self) -> usize {
        self.start
    }

    /// The first address behind it.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.end
    }

    /// Its length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no mapping is empty")]
    pub const fn len(&self) -> usize {
        self.end - self.start
    }

    /// Its range, of which the pointer may be used for whatever is mapped there: mappings are exposed. `None` at address
    /// 0.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        let ptr = NonNull::new(with_exposed_provenance_mut(self.start))?;
        Some(Region::new(ptr, self.len()))
    }

    /// What may be done with it; `None` where the kernel refused a change on the way and cannot be asked.
    #[must_use]
    pub const fn prot(&self) -> Option<Prot> {
        self.facts.prot()
    }

    /// What may be done with it later, at the most that was asked for.
    #[must_use]
    pub const fn max_prot(&self) -> Prot {
        self.facts.max_prot()
    }

    /// Do others see the stores?
    #[must_use]
    pub const fn shared(&self) -> bool {
        self.facts.has(Facts::SHARED)
    }

    /// What it shows; of a file, from which offset on at its [start](Self::start).
    #[must_use]
    pub const fn kind(&self) -> Kind {
        if self.facts.has(Facts::FILE) {
            Kind::File {
                offset: self.delta.wrapping_add(self.start as u64),
            }
        } else {
            Kind::Anonymous
        }
    }

    /// What forked children find.
    #[must_use]
    pub const fn inherit(&self) -> Inherit {
        self.facts.inherit()
    }

    /// Was it asked to stay out of core dumps?
    #[must_use]
    pub const fn conceal(&self) -> bool {
        self.facts.has(Facts::CONCEAL)
    }

    /// What its address and length are multiples of.
    #[must_use]
    pub const fn granule(&self) -> usize {
        self.facts.granule()
    }

    /// Is an operation on it under way? What is said here is what was before it, or already what is afterwards.
    #[must_use]
    pub const fn changing(&self) -> bool {
        self.changing
    }

    /// The word that the program gave it, 0 at first.
    #[must_use]
    pub const fn user(&self) -> u64 {
        self.user
    }

    /// What [`AddressSpace`](crate::space::AddressSpace) wants to know of it.
    #[must_use]
    pub fn attrs(&self) -> Attrs {
        Attrs::new()
            .with_prot(self.prot().unwrap_or(Prot::NONE))
            .with_max_prot(self.max_prot())
            .with_shared(self.shared())
            .with_kind(self.kind())
            .with_inherit(self.inherit())
            .with_conceal(self.conceal())
            .with_granule(self.granule())
    }

    /// What is recorded of a part, when that part has moved.
    pub(super) fn moved(&self, from: Region, to: Region) -> Self {
        let moved = (from.start() as u64).wrapping_sub(to.start() as u64);
        Self {
            start: to.start(),
            end: to.start().saturating_add(to.len()),
            delta: match self.kind() {
                Kind::File { .. } => self.delta.wrapping_add(moved),
                Kind::Anonymous => 0,
            },
            changing: false,
            ..*self
        }
    }

    #[inline]
    pub(super) fn of(found: &Found) -> Self {
        let Entry {
            start,
            end,
            attributes,
            marked,
        } = found.entry;
        Self {
            start: start as usize,
            end: end as usize,
            facts: Facts::of(attributes),
            delta: found.detail.delta,
            user: found.detail.user,
            changing: marked,
        }
    }

    /// The facts of an entry with this information, and what a record has to hold of it if one has to. `EINVAL` for what
    /// no mapping has.
    pub(super) fn facts(&self) -> Result<(Facts, Option<Detail>)> {
        let facts = self.facts.checked()?;
        Ok((facts, facts.detail(self.delta, self.user)))
    }
}

/// The offset in the file less the address: the same for every part of a mapping, wherever it is cut.
fn delta(kind: Kind, start: u64) -> u64 {
    match kind {
        Kind::File { offset } => offset.wrapping_sub(start),
        Kind::Anonymous => 0,
    }
}

impl fmt::Display for MapInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let may = |access, sign| match self.prot() {
            None => '?',
            Some(prot) if prot.contains(access) => sign,
            Some(_) => '-',
        };
        let offset = match self.kind() {
            Kind::File { offset } => offset,
            Kind::Anonymous => 0,
        };
        write!(
            f,
            "{:012x}-{:012x} {}{}{}{} {offset:08x} {}",
            self.start,
            self.end,
            may(Prot::READ, 'r'),
            may(Prot::WRITE, 'w'),
            may(Prot::EXEC, 'x'),
            if self.shared() { 's' } else { 'p' },
            match self.kind() {
                Kind::File { .. } => "file",
                Kind::Anonymous => "anonymous",
            },
        )?;
        if self.user != 0 {
            write!(f, " user={:#x}", self.user)?;
        }
        if self.changing {
            f.write_str(" (changing)")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MapInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MapInfo({self})")
    }
}

/// What fits into an entry's word, in 23 of its 35 bits, and one more that no entry has:
///
/// ```text
/// 0 .. 6   protection      6 its being known   7 .. 10 maximum    10 shared   11 file   12 conceal
/// 13 .. 16 inherit         16 .. 22 the granule as a power of two   22 absent   23 invalid
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts(u64);

const PROT_MASK: u64 = 0x3f;
const KNOWN: u64 = 1 << 6;
const MAX_SHIFT: u32 = 7;
const MAX_MASK: u64 = 7;
const INHERIT_SHIFT: u32 = 13;
const INHERIT_MASK: u64 = 7;
const GRANULE_SHIFT: u32 = 16;
const GRANULE_MASK: u64 = 0x3f;

impl Facts {
    const SHARED: u64 = 1 << 10;
    const FILE: u64 = 1 << 11;
    const CONCEAL: u64 = 1 << 12;
    /// On Linux what children do not get at all, and what they get as zeros, are two properties of a mapping.
    const ABSENT: u64 = 1 << 22;

    /// What no mapping has was among the attributes.
    const INVALID: u64 = 1 << 23;

    /// `EINVAL` for what no mapping has.
    pub(super) fn new(attrs: &Attrs) -> Result<Self> {
        Self::of_attrs(attrs).checked()
    }

    /// As much as fits of attributes that somebody names.
    fn of_attrs(attrs: &Attrs) -> Self {
        let prot = u64::from(attrs.prot().bits());
        let max_prot = u64::from(attrs.max_prot().bits());
        let inherit = attrs.inherit().raw() as u64;
        let granule = attrs.granule();
        let is_invalid = prot & !PROT_MASK != 0
            || max_prot & !MAX_MASK != 0
            || inherit & !INHERIT_MASK != 0
            || !granule.is_power_of_two()
            || granule < page_size();
        let flag = |is, flag| if is { flag } else { 0 };
        let facts = Self(
            prot & PROT_MASK
                | KNOWN
                | (max_prot & MAX_MASK) << MAX_SHIFT
                | flag(attrs.shared(), Self::SHARED)
                | flag(matches!(attrs.kind(), Kind::File { .. }), Self::FILE)
                | flag(attrs.conceal(), Self::CONCEAL)
                | flag(is_invalid, Self::INVALID)
                | (u64::from(granule.trailing_zeros()) & GRANULE_MASK) << GRANULE_SHIFT,
        );
        // A mapping that is kept from children from the beginning is like one that is kept from them later.
        facts
            .with_inherit(Inherit::COPY)
            .with_inherit(attrs.inherit())
    }

    const fn checked(self) -> Result<Self> {
        if self.has(Self::INVALID) {
            return Err(Errno::EINVAL);
        }
        Ok(self)
    }

    pub(super) const fn of(attributes: Attributes) -> Self {
        Self(attributes.facts())
    }

    /// As an entry has them, without a record.
    pub(super) const fn attributes(self) -> Attributes {
        Attributes::new(self.0)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    /// What a record has to hold of an entry with these facts, if one has to.
    ///
    /// What is shared or shows a file has a record, and with it an identity: two such mappings side by side are never one,
    /// and the parts of one are.
    pub(super) fn detail(self, delta: u64, user: u64) -> Option<Detail> {
        let is_needed = !self.is_private_anonymous() || user != 0;
        is_needed.then_some(Detail { delta, user })
    }

    const fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    pub(super) const fn is_private_anonymous(self) -> bool {
        !self.has(Self::SHARED | Self::FILE)
    }

    const fn prot(self) -> Option<Prot> {
        if self.has(KNOWN) {
            Some(Prot::from_bits_retain((self.0 & PROT_MASK) as u32))
        } else {
            None
        }
    }

    const fn max_prot(self) -> Prot {
        Prot::from_bits_retain((self.0 >> MAX_SHIFT & MAX_MASK) as u32)
    }

    pub(super) const fn inherit(self) -> Inherit {
        if self.has(Self::ABSENT) {
            return Inherit::NONE;
        }
        Inherit::from_raw((self.0 >> INHERIT_SHIFT & INHERIT_MASK) as i32)
    }

    const fn granule(self) -> usize {
        1 << (self.0 >> GRANULE_SHIFT & GRANULE_MASK)
    }

    /// The same with another protection, or one that nobody knows.
    pub(super) fn with_prot(self, prot: Option<Prot>) -> Self {
        let kept = self.0 & !(PROT_MASK | KNOWN);
        match prot {
            Some(prot) => Self(kept | u64::from(prot.bits()) & PROT_MASK | KNOWN),
            None => Self(kept),
        }
    }

    pub(super) fn with_inherit(self, inherit: Inherit) -> Self {
        if inherit == Inherit::NONE {
            return Self(self.0 | Self::ABSENT);
        }
        let kept = self.0 & !(INHERIT_MASK << INHERIT_SHIFT | Self::ABSENT);
        Self(kept | (inherit.raw() as u64 & INHERIT_MASK) << INHERIT_SHIFT)
    }

    /// The same after advice, which sets one of the two properties.
    pub(super) fn advised(self, how: Inheritance) -> Self {
        match how {
            Inheritance::Absent => Self(self.0 | Self::ABSENT),
            Inheritance::Present => Self(self.0 & !Self::ABSENT),
            Inheritance::Wiped => Self(self.with_inherit(Inherit::ZERO).0 | self.0 & Self::ABSENT),
            Inheritance::Kept => Self(self.with_inherit(Inherit::COPY).0 | self.0 & Self::ABSENT),
        }
    }

    pub(super) const fn with_conceal(self, conceal: bool) -> Self {
        let kept = self.0 & !Self::CONCEAL;
        Self(if conceal { kept | Self::CONCEAL } else { kept })
    }
}
