//! Error numbers, as both BSDs number them.

/// The positive number with which a system call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

impl Errno {
    pub(crate) const EPERM: Self = Self(1);
    pub(crate) const ENOENT: Self = Self(2);
    pub(crate) const ESRCH: Self = Self(3);
    pub(crate) const EINTR: Self = Self(4);
    pub(crate) const EIO: Self = Self(5);
    pub(crate) const EBADF: Self = Self(9);
    pub(crate) const ECHILD: Self = Self(10);
    pub(crate) const ENOMEM: Self = Self(12);
    pub(crate) const EACCES: Self = Self(13);
    pub(crate) const EFAULT: Self = Self(14);
    pub(crate) const EBUSY: Self = Self(16);
    pub(crate) const EEXIST: Self = Self(17);
    pub(crate) const ENODEV: Self = Self(19);
    pub(crate) const ENOTDIR: Self = Self(20);
    pub(crate) const EISDIR: Self = Self(21);
    pub(crate) const EINVAL: Self = Self(22);
    pub(crate) const EMFILE: Self = Self(24);
    pub(crate) const EFBIG: Self = Self(27);
    pub(crate) const ESPIPE: Self = Self(29);
    pub(crate) const EROFS: Self = Self(30);
    pub(crate) const EPIPE: Self = Self(32);
    pub(crate) const EAGAIN: Self = Self(35);
    pub(crate) const ENAMETOOLONG: Self = Self(63);
    pub(crate) const ENOTEMPTY: Self = Self(66);
    pub(crate) const ENOSYS: Self = Self(78);
    pub(crate) const EOVERFLOW: Self = Self(84);
    /// FreeBSD's ENOTSUP; NetBSD's is another number, and no call here answers it.
    pub(crate) const FREEBSD_ENOTSUP: Self = Self(45);
}
