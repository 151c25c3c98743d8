//! Descriptors.

use core::{fmt, marker::PhantomData, mem::ManuallyDrop};

use crate::{Errno, Result, os};

/// A descriptor's number, as the kernel counts them: 0 and up; −1 is no descriptor.
pub type RawFd = i32;

/// A descriptor that is closed when it is dropped.
///
/// **Systems:** all. With the feature `std` it converts from and to the standard library's type of the same name.
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use rawmap::{MemfdFlags, OwnedFd, raw};
///
/// // SAFETY: the descriptor is new, and nothing else closes it.
/// let memory = unsafe { OwnedFd::from_raw(raw::memfd_create(c"example".as_ptr(), MemfdFlags::CLOEXEC)?) };
/// assert!(memory.as_raw() >= 0);
/// memory.close()?;
/// # }
/// # Ok::<(), rawmap::Errno>(())
/// ```
#[derive(PartialEq, Eq, Hash)]
pub struct OwnedFd(RawFd);

impl OwnedFd {
    /// Takes over a descriptor.
    ///
    /// # Safety
    ///
    /// It is open, and nobody else closes it: neither in this program's code nor by another owner.
    #[must_use]
    #[inline]
    pub const unsafe fn from_raw(descriptor: RawFd) -> Self {
        Self(descriptor)
    }

    /// The number, which stays this owner's.
    #[must_use]
    #[inline]
    pub const fn as_raw(&self) -> RawFd {
        self.0
    }

    /// Gives up the descriptor without closing it.
    #[must_use]
    #[inline]
    pub fn into_raw(self) -> RawFd {
        ManuallyDrop::new(self).0
    }

    /// The descriptor for as long as it is certain to be open.
    #[must_use]
    #[inline]
    pub const fn borrow(&self) -> BorrowedFd<'_> {
        BorrowedFd {
            descriptor: self.0,
            lifetime: PhantomData,
        }
    }

    /// Closes it, and says if writing what was buffered failed. In any case it is closed, and the number free.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EIO` | what was written did not reach the device |
    /// | `ENOSPC`, `EDQUOT` | there is no room for it: on file systems of other machines it is found out here |
    /// | `EINTR` | a signal came |
    ///
    /// # References
    ///
    /// [Linux close(2)](https://man7.org/linux/man-pages/man2/close.2.html),
    /// [FreeBSD close(2)](https://man.freebsd.org/cgi/man.cgi?query=close&sektion=2),
    /// [NetBSD close(2)](https://man.netbsd.org/close.2)
    pub fn close(self) -> Result<()> {
        close(self.into_raw())
    }
}

impl<'fd> From<&'fd OwnedFd> for BorrowedFd<'fd> {
    fn from(descriptor: &'fd OwnedFd) -> Self {
        descriptor.borrow()
    }
}

impl Drop for OwnedFd {
    fn drop(&mut self) {
        // A failure is what `close` is there to tell; trying again could close somebody else's.
        let _ = close(self.0);
    }
}

impl fmt::Debug for OwnedFd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnedFd({})", self.0)
    }
}

fn close(descriptor: RawFd) -> Result<()> {
    // SAFETY: the caller owned it.
    Errno::done(unsafe { os::close(descriptor as usize) })
}

/// A descriptor that is open for as long as `'fd` lasts.
///
/// **Systems:** all. With the feature `std` it converts from the standard library's type of the same name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BorrowedFd<'fd> {
    descriptor: RawFd,
    lifetime: PhantomData<&'fd OwnedFd>,
}

impl BorrowedFd<'_> {
    /// Borrows a descriptor from whoever owns it.
    ///
    /// # Safety
    ///
    /// It is open, and stays so for the whole lifetime that the caller chooses.
    #[must_use]
    #[inline]
    pub const unsafe fn from_raw(descriptor: RawFd) -> Self {
        Self {
            descriptor,
            lifetime: PhantomData,
        }
    }

    /// The number.
    #[must_use]
    #[inline]
    pub const fn as_raw(self) -> RawFd {
        self.descriptor
    }
}

impl fmt::Debug for BorrowedFd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BorrowedFd({})", self.descriptor)
    }
}

/// The standard library's types keep the same promises.
#[cfg(feature = "std")]
mod standard {
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd};

    use super::{BorrowedFd, OwnedFd};

    impl From<std::os::fd::OwnedFd> for OwnedFd {
        fn from(descriptor: std::os::fd::OwnedFd) -> Self {
            Self(descriptor.into_raw_fd())
        }
    }

    impl From<OwnedFd> for std::os::fd::OwnedFd {
        fn from(descriptor: OwnedFd) -> Self {
            // SAFETY: it was owned, and is given up.
            unsafe { Self::from_raw_fd(descriptor.into_raw()) }
        }
    }

    impl AsFd for OwnedFd {
        fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
            self.borrow().into()
        }
    }

    impl<'fd> From<std::os::fd::BorrowedFd<'fd>> for BorrowedFd<'fd> {
        fn from(descriptor: std::os::fd::BorrowedFd<'fd>) -> Self {
            // SAFETY: it is open for the same lifetime.
            unsafe { Self::from_raw(descriptor.as_raw_fd()) }
        }
    }

    impl<'fd> From<&'fd std::os::fd::OwnedFd> for BorrowedFd<'fd> {
        fn from(descriptor: &'fd std::os::fd::OwnedFd) -> Self {
            descriptor.as_fd().into()
        }
    }

    impl<'fd> From<&'fd std::fs::File> for BorrowedFd<'fd> {
        fn from(file: &'fd std::fs::File) -> Self {
            file.as_fd().into()
        }
    }

    impl<'fd> From<BorrowedFd<'fd>> for std::os::fd::BorrowedFd<'fd> {
        fn from(descriptor: BorrowedFd<'fd>) -> Self {
            // SAFETY: it is open for the same lifetime.
            unsafe { Self::borrow_raw(descriptor.as_raw()) }
        }
    }

    impl AsFd for BorrowedFd<'_> {
        fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
            (*self).into()
        }
    }
}
