//! What the portable layer asks of a system, in words that it has checked before.

use super::{MAP_ANONYMOUS, mmap, protection, refusal};
use crate::{Errno, Result};

/// A mapping that is to be made.
#[derive(Clone, Copy)]
pub(crate) struct NewMapping {
    /// In bytes, a multiple of the granule, at most `isize::MAX`.
    pub(crate) len: usize,
    /// What may be done with it at once.
    pub(crate) prot: u32,
    /// What may be done with it later; not less than `prot`.
    pub(crate) max_prot: u32,
    /// The type, whether it is anonymous, and what this system lets everyone add; nothing that replaces or places.
    pub(crate) flags: u32,
    /// −1 for anonymous memory.
    pub(crate) fd: usize,
    /// Where in the file it begins: a multiple of the granule; 0 for anonymous memory.
    pub(crate) offset: usize,
    /// What its address and length are multiples of: the page size, or that of the huge pages.
    pub(crate) granule: usize,
    /// What its address is a multiple of: a power of two, not less than the granule.
    pub(crate) align: usize,
    pub(crate) conceal: bool,
    pub(crate) populate: bool,
    /// What a forked child gets, if that is not what the system does by itself: one of the INHERIT numbers.
    pub(crate) inherit: Option<i32>,
}

impl NewMapping {
    /// The plain call, with this maximum protection, and with flags besides its own.
    ///
    /// # Safety
    ///
    /// If `flags` replace what is there, nothing relies on the pages of the range.
    pub(in crate::os) unsafe fn map(&self, at: usize, max_prot: u32, flags: u32) -> Result<usize> {
        // SAFETY: without flags that replace, the kernel makes memory that nobody has; with them, the caller's contract.
        let answer = Errno::of(unsafe {
            mmap(
                at,
                self.len,
                protection(self.prot, max_prot) as usize,
                (self.flags | flags) as usize,
                self.fd,
                self.offset,
            )
        });
        answer.map_err(|error| refusal(error, self.is_anonymous()))
    }

    pub(in crate::os) const fn is_anonymous(&self) -> bool {
        self.flags & MAP_ANONYMOUS != 0
    }
}

/// A mapping that the caller has, whole or in part, and what it knows of it.
#[derive(Clone, Copy)]
#[cfg_attr(
    target_os = "linux",
    expect(
        dead_code,
        reason = "this kernel keeps them by itself, whatever happens to the mapping"
    )
)]
pub(crate) struct Held {
    pub(crate) addr: usize,
    /// In bytes, a multiple of the granule.
    pub(crate) len: usize,
    pub(crate) prot: u32,
    pub(crate) max_prot: u32,
    pub(crate) shared: bool,
    pub(crate) anonymous: bool,
    pub(crate) inherit: i32,
    pub(crate) conceal: bool,
    /// What its address and length are multiples of.
    pub(crate) granule: usize,
}

impl Held {
    /// The first address behind it.
    pub(crate) const fn end(&self) -> usize {
        self.addr + self.len
    }

    pub(crate) const fn is_private_anonymous(&self) -> bool {
        self.anonymous && !self.shared
    }
}

/// Unmaps what was mapped just now, to undo it.
///
/// # Safety
///
/// The range is a mapping that this call made, and nobody was told of it.
pub(crate) unsafe fn take_back(addr: usize, len: usize) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { super::munmap(addr, len) })
}
