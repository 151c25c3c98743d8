//! What an owner knows of its mapping, and no system can be asked.

use crate::{Inherit, Prot, page_size};

/// What a mapping shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Memory that belongs to no file.
    Anonymous,
    /// A file, or an object behind a descriptor.
    File {
        /// Where in it the mapping begins, in bytes.
        offset: u64,
    },
}

/// The attributes of a mapping that its owner has to remember.
///
/// [`AddressSpace::remap`](super::AddressSpace::remap) and [`AddressSpace::discard`](super::AddressSpace::discard) need
/// them where the system makes new memory of the old: the new has to be as the old was.
/// [`MapRequest::attrs`](super::MapRequest::attrs) says what a new mapping begins with; whoever changes a protection or
/// a policy later changes it here.
///
/// ```
/// use rawmap::{Prot, space::{Attrs, MapRequest}};
///
/// let attrs = MapRequest::anonymous(1 << 20).prot(Prot::NONE).attrs();
/// assert_eq!(attrs.max_prot(), Prot::READ | Prot::WRITE);
/// let opened = attrs.with_prot(Prot::READ | Prot::WRITE);
/// assert_eq!(opened.prot(), Prot::READ | Prot::WRITE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attrs {
    prot: Prot,
    max_prot: Prot,
    shared: bool,
    kind: Kind,
    inherit: Inherit,
    conceal: bool,
    granule: usize,
}

impl Attrs {
    /// Those of private anonymous memory that can be read and written, which every child gets a copy of.
    #[must_use]
    #[inline]
    pub fn new() -> Self {
        let prot = Prot::READ.union(Prot::WRITE);
        Self {
            prot,
            max_prot: prot,
            shared: false,
            kind: Kind::Anonymous,
            inherit: Inherit::COPY,
            conceal: false,
            granule: page_size(),
        }
    }

    /// What may be done with the pages.
    #[must_use]
    #[inline]
    pub const fn prot(&self) -> Prot {
        self.prot
    }

    /// What may be done with them later, at the most that was asked for.
    #[must_use]
    #[inline]
    pub const fn max_prot(&self) -> Prot {
        self.max_prot
    }

    /// Do others see the stores?
    #[must_use]
    #[inline]
    pub const fn shared(&self) -> bool {
        self.shared
    }

    /// What the mapping shows.
    #[must_use]
    #[inline]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What a forked child finds; of a shared mapping `COPY` means the same pages.
    #[must_use]
    #[inline]
    pub const fn inherit(&self) -> Inherit {
        self.inherit
    }

    /// Was it asked to stay out of core dumps?
    #[must_use]
    #[inline]
    pub const fn conceal(&self) -> bool {
        self.conceal
    }

    /// What its address and length are multiples of: the page size, or that of its huge pages.
    #[must_use]
    #[inline]
    pub const fn granule(&self) -> usize {
        self.granule
    }

    /// The same with another protection.
    #[must_use]
    #[inline]
    pub const fn with_prot(self, prot: Prot) -> Self {
        Self { prot, ..self }
    }

    /// The same with another maximum protection.
    #[must_use]
    #[inline]
    pub const fn with_max_prot(self, max_prot: Prot) -> Self {
        Self { max_prot, ..self }
    }

    /// The same, shared or private.
    #[must_use]
    #[inline]
    pub const fn with_shared(self, shared: bool) -> Self {
        Self { shared, ..self }
    }

    /// The same, showing something else.
    #[must_use]
    #[inline]
    pub const fn with_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same with another policy for children.
    #[must_use]
    #[inline]
    pub const fn with_inherit(self, inherit: Inherit) -> Self {
        Self { inherit, ..self }
    }

    /// The same, out of core dumps or in them.
    #[must_use]
    #[inline]
    pub const fn with_conceal(self, conceal: bool) -> Self {
        Self { conceal, ..self }
    }

    /// The same with another granule.
    #[must_use]
    #[inline]
    pub const fn with_granule(self, granule: usize) -> Self {
        Self { granule, ..self }
    }
}

impl Default for Attrs {
    fn default() -> Self {
        Self::new()
    }
}
