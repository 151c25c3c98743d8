//! A range of mapped memory.

use core::{ffi::c_void, fmt, ptr::NonNull};

/// An address and a length in bytes: what a mapping is to an [`AddressSpace`](super::AddressSpace).
///
/// It owns nothing and promises nothing; the pointer carries the provenance of the mapping that it came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    ptr: NonNull<c_void>,
    len: usize,
}

impl Region {
    /// The bytes of `ptr .. ptr + len`.
    #[must_use]
    #[inline]
    pub const fn new(ptr: NonNull<c_void>, len: usize) -> Self {
        Self { ptr, len }
    }

    /// Where it starts.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut c_void {
        self.ptr.as_ptr()
    }

    /// Where it starts, for those who need to say that it is not null.
    #[must_use]
    #[inline]
    pub const fn as_non_null(self) -> NonNull<c_void> {
        self.ptr
    }

    /// The address at which it starts.
    #[must_use]
    #[inline]
    pub fn start(self) -> usize {
        self.ptr.addr().get()
    }

    /// Where it starts, as an address that a kernel may be given, and that may become a pointer again.
    #[inline]
    pub(super) fn expose(self) -> usize {
        self.as_ptr().expose_provenance()
    }

    /// The first address behind it; `None` if that lies beyond the last address there is.
    #[must_use]
    #[inline]
    pub fn end(self) -> Option<usize> {
        self.start().checked_add(self.len)
    }

    /// Its length in bytes.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.len
    }

    /// Is its length 0?
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({:p} + {:#x})", self.ptr, self.len)
    }
}
