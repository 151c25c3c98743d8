//! Splitting a mapping into parts that are owned each for itself, and joining them again.
//!
//! ```text
//!            whole
//!  |guard|---------------------|guard|      one owner
//!
//!  |guard|--------|  |---------|guard|      split at a granule: no system call
//!         self        the other
//! ```

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{
    Error, Mapping, RangeError, RawMapping, Refused, RequestError,
    range::{Extent, NoSpan},
};
use crate::space::{AddressSpace, Attrs, Kind};

/// A number that no other mapping's parts have.
///
/// Never inlined: where another crate's code used the static, its address would come from a table that has to be
/// relocated first.
#[inline(never)]
fn new_origin() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    // Relaxed: that no two are the same is all there is to it. At a thousand million splits a second it takes five hundred
    // years to begin again.
    LAST.fetch_add(1, Relaxed) + 1
}

/// The attributes of what begins so many bytes later.
const fn later(attrs: Attrs, bytes: usize) -> Attrs {
    match attrs.kind() {
        Kind::File { offset } => attrs.with_kind(Kind::File {
            offset: offset + bytes as u64,
        }),
        Kind::Anonymous => attrs,
    }
}

impl RawMapping {
    /// Cuts it at a granule within, into what lies before and from there on.
    fn cut(self, at: usize) -> Result<(Self, Self), RangeError> {
        if at == 0 {
            return Err(RangeError::Start);
        }
        let span = match self.extent.span(at..) {
            Ok(span) => span,
            Err(NoSpan::Empty) => return Err(RangeError::End),
            Err(NoSpan::Wrong(error)) => return Err(error),
        };
        let granule = self.attrs.granule();
        let origin = match self.origin {
            0 => new_origin(),
            origin => origin,
        };
        let first = Self {
            extent: Extent::new(at, at, granule),
            after: 0,
            origin,
            ..self
        };
        let second = Self {
            // SAFETY: the place lies within the mapping.
            ptr: unsafe { self.ptr.add(at) },
            extent: Extent::new(self.extent.len - at, span.len(), granule),
            before: 0,
            attrs: later(self.attrs, at),
            origin,
            ..self
        };
        Ok((first, second))
    }

    /// Both as one, if the other is what comes next.
    fn joined(self, next: Self) -> Option<Self> {
        let meets = self.ptr.addr().get() + self.extent.mapped == next.ptr.addr().get();
        // The end of a mapping may lie within a granule, and then there is nothing next.
        if !meets || self.extent.len != self.extent.mapped || self.after != 0 || next.before != 0 {
            return None;
        }
        let prot = self.attrs.prot();
        if later(self.attrs, self.extent.mapped) != next.attrs.with_prot(prot) {
            return None;
        }
        Some(Self {
            extent: Extent::new(
                self.extent.len + next.extent.len,
                self.extent.mapped + next.extent.mapped,
                self.attrs.granule(),
            ),
            after: next.after,
            mixed: self.mixed || next.mixed || prot != next.attrs.prot(),
            lazy: self.lazy || next.lazy,
            strange: self.strange || next.strange,
            ..self
        })
    }
}

impl<A: AddressSpace + Clone> Mapping<A> {
    /// Keeps what lies before `at`, and returns the rest. No system call is made.
    ///
    /// # Errors
    ///
    /// A place that is not aligned to the granule, or that would leave one of the two empty.
    pub fn split_off(&mut self, at: usize) -> Result<Self, Error> {
        let (first, second) = self.raw.cut(at)?;
        let space = self.space.clone();
        self.raw = first;
        Ok(Self { raw: second, space })
    }

    /// Keeps what lies at `at` and behind it, and returns what lies before. No system call is made.
    ///
    /// # Errors
    ///
    /// As [`split_off`](Self::split_off).
    pub fn split_to(&mut self, at: usize) -> Result<Self, Error> {
        let (first, second) = self.raw.cut(at)?;
        let space = self.space.clone();
        self.raw = second;
        Ok(Self { raw: first, space })
    }
}

impl<A: AddressSpace> Mapping<A> {
    /// Joins the part that comes next to this one, of what was one mapping before it was [split](Self::split_off). No
    /// system call is made.
    ///
    /// # Errors
    ///
    /// [`NotParts`](RequestError::NotParts), with the other one as it was: they never were one mapping, or this is not the
    /// order of them; one was moved; one was given another policy for children or for core dumps.
    pub fn merge(&mut self, next: Self) -> Result<(), Refused<Self>> {
        if self.raw.origin == 0 || self.raw.origin != next.raw.origin {
            return Err(Refused::new(next, RequestError::NotParts));
        }
        // SAFETY: they are parts of one mapping.
        unsafe { self.merge_any(next) }
    }

    /// Joins a mapping that begins where this one ends.
    ///
    /// # Errors
    ///
    /// [`NotParts`](RequestError::NotParts), with the other one as it was: it does not begin there, or is not like this one.
    ///
    /// # Safety
    ///
    /// Both are of the same address space, which takes both together in one call where it would take each. A pointer into
    /// one of them does not reach into the other: what reaches over the seam is made of an address.
    pub unsafe fn merge_any(&mut self, next: Self) -> Result<(), Refused<Self>> {
        let Some(joined) = self.raw.joined(next.raw) else {
            return Err(Refused::new(next, RequestError::NotParts));
        };
        // The other one's space is dropped, and its memory is this one's now.
        let _ = next.into_raw();
        self.raw = joined;
        Ok(())
    }
}
