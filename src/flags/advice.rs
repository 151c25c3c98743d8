//! Advice on the use of memory.

open_values! {
    /// What [`madvise`](crate::raw::madvise) tells the kernel about a range.
    ///
    /// An open list: [`from_raw`](Self::from_raw) takes values that this crate has no name for. The same number
    /// means different things: 8 is `FREE` on Linux, and leaves the range out of core dumps on FreeBSD.
    ///
    /// Some advice changes what the memory holds, or whether it can be touched; [`is_benign`](Self::is_benign) says
    /// which does not.
    pub struct Advice, "MADV_" {
        /// No advice: undoes `RANDOM` and `SEQUENTIAL`.
        ///
        /// **Systems:** all.
        NORMAL = MADV_NORMAL;
        /// Accesses will jump about: read nothing ahead.
        ///
        /// **Systems:** all.
        RANDOM = MADV_RANDOM;
        /// Accesses will go upwards: read ahead.
        ///
        /// **Systems:** all.
        SEQUENTIAL = MADV_SEQUENTIAL;
        /// The range will be used soon.
        ///
        /// **Systems:** all. On Linux `EBADF` for anonymous memory without swap, on kernels that were built so.
        WILLNEED = MADV_WILLNEED;
        /// The range will not be used soon. Linux **drops the pages at once**: private anonymous memory reads as zero
        /// afterwards. FreeBSD and NetBSD keep what they hold.
        ///
        /// **Systems:** all.
        DONTNEED = MADV_DONTNEED;
        /// What the range holds is not needed: until it is written again, a read gives the old bytes or zeros, at one
        /// time the one and at another the other. NetBSD drops pages at once where they are not shared with a forked
        /// process. Private anonymous memory only on Linux (else `EINVAL`).
        ///
        /// **Systems:** all; Linux since 4.5 (`EINVAL` before).
        FREE = MADV_FREE;

        /// Cut the range out of its file or object, which reads as zero there: a hole.
        ///
        /// **Systems:** Linux; shared mappings that may be written.
        #[cfg(target_os = "linux")]
        REMOVE = MADV_REMOVE;
        /// Leave the range out of forked children, where it is unmapped.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        DONTFORK = MADV_DONTFORK;
        /// Undo `DONTFORK`.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        DOFORK = MADV_DOFORK;
        /// Pages with equal contents may become one, copied when written.
        ///
        /// **Systems:** Linux, if built with KSM (else `EINVAL`).
        #[cfg(target_os = "linux")]
        MERGEABLE = MADV_MERGEABLE;
        /// Undo `MERGEABLE`.
        ///
        /// **Systems:** Linux, if built with KSM (else `EINVAL`).
        #[cfg(target_os = "linux")]
        UNMERGEABLE = MADV_UNMERGEABLE;
        /// Transparent huge pages may be used.
        ///
        /// **Systems:** Linux, if built with them (else `EINVAL`).
        #[cfg(target_os = "linux")]
        HUGEPAGE = MADV_HUGEPAGE;
        /// Transparent huge pages may not be used.
        ///
        /// **Systems:** Linux, if built with them (else `EINVAL`).
        #[cfg(target_os = "linux")]
        NOHUGEPAGE = MADV_NOHUGEPAGE;
        /// Leave the range out of core dumps.
        ///
        /// **Systems:** Linux, since 3.4.
        #[cfg(target_os = "linux")]
        DONTDUMP = MADV_DONTDUMP;
        /// Undo `DONTDUMP`.
        ///
        /// **Systems:** Linux, since 3.4.
        #[cfg(target_os = "linux")]
        DODUMP = MADV_DODUMP;
        /// Forked children find zeros in the range. Private anonymous memory only (else `EINVAL`).
        ///
        /// **Systems:** Linux, since 4.14.
        #[cfg(target_os = "linux")]
        WIPEONFORK = MADV_WIPEONFORK;
        /// Undo `WIPEONFORK`.
        ///
        /// **Systems:** Linux, since 4.14.
        #[cfg(target_os = "linux")]
        KEEPONFORK = MADV_KEEPONFORK;
        /// The range will not be used for a while: first to go under pressure.
        ///
        /// **Systems:** Linux, since 5.4.
        #[cfg(target_os = "linux")]
        COLD = MADV_COLD;
        /// Write the pages out to swap or file now.
        ///
        /// **Systems:** Linux, since 5.4.
        #[cfg(target_os = "linux")]
        PAGEOUT = MADV_PAGEOUT;
        /// Make the pages present for reading; an error says if that could not be done.
        ///
        /// **Systems:** Linux, since 5.14.
        #[cfg(target_os = "linux")]
        POPULATE_READ = MADV_POPULATE_READ;
        /// Make the pages present for writing; an error says if that could not be done.
        ///
        /// **Systems:** Linux, since 5.14.
        #[cfg(target_os = "linux")]
        POPULATE_WRITE = MADV_POPULATE_WRITE;
        /// As `DONTNEED`, of locked pages too.
        ///
        /// **Systems:** Linux, since 5.18.
        #[cfg(target_os = "linux")]
        DONTNEED_LOCKED = MADV_DONTNEED_LOCKED;
        /// Join the pages into huge ones now.
        ///
        /// **Systems:** Linux, since 6.1.
        #[cfg(target_os = "linux")]
        COLLAPSE = MADV_COLLAPSE;
        /// Treat the pages as broken memory: for tests, privileged.
        ///
        /// **Systems:** Linux, if built with it (else `EINVAL`).
        #[cfg(target_os = "linux")]
        HWPOISON = MADV_HWPOISON;
        /// Move the pages elsewhere and do not use these any more: for tests, privileged.
        ///
        /// **Systems:** Linux, if built with it (else `EINVAL`).
        #[cfg(target_os = "linux")]
        SOFT_OFFLINE = MADV_SOFT_OFFLINE;
        /// Drop the pages and make every touch SIGSEGV, without another mapping entry in the kernel.
        ///
        /// **Systems:** Linux, since 6.13; files since 6.15.
        #[cfg(target_os = "linux")]
        GUARD_INSTALL = MADV_GUARD_INSTALL;
        /// Undo `GUARD_INSTALL`.
        ///
        /// **Systems:** Linux, since 6.13.
        #[cfg(target_os = "linux")]
        GUARD_REMOVE = MADV_GUARD_REMOVE;

        /// Do not write changed pages to the file before they have to be.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        NOSYNC = MADV_NOSYNC;
        /// Undo `NOSYNC`.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        AUTOSYNC = MADV_AUTOSYNC;
        /// Leave the range out of core dumps.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        NOCORE = MADV_NOCORE;
        /// Undo `NOCORE`.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        CORE = MADV_CORE;
        /// The process is not to be killed when memory runs out. Privileged.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        PROTECT = MADV_PROTECT;

        /// Set resources aside. The kernel refuses it with `EINVAL`.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        SPACEAVAIL = MADV_SPACEAVAIL;
    }
}

/// What advice does to what forked children find: it sets one of two properties.
#[cfg(feature = "registry")]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "Linux alone has such advice")
)]
#[derive(Clone, Copy)]
pub(crate) enum Inheritance {
    Absent,
    Present,
    Wiped,
    Kept,
}

/// What advice changes that a registry remembers.
#[cfg(feature = "registry")]
impl Advice {
    /// What forked children find from then on.
    pub(crate) const fn sets_inheritance(self) -> Option<Inheritance> {
        match self {
            #[cfg(target_os = "linux")]
            Self::DONTFORK => Some(Inheritance::Absent),
            #[cfg(target_os = "linux")]
            Self::DOFORK => Some(Inheritance::Present),
            #[cfg(target_os = "linux")]
            Self::WIPEONFORK => Some(Inheritance::Wiped),
            #[cfg(target_os = "linux")]
            Self::KEEPONFORK => Some(Inheritance::Kept),
            _ => None,
        }
    }

    /// Whether the range is out of core dumps from then on.
    pub(crate) const fn sets_conceal(self) -> Option<bool> {
        match self {
            #[cfg(target_os = "linux")]
            Self::DONTDUMP => Some(true),
            #[cfg(target_os = "linux")]
            Self::DODUMP => Some(false),
            #[cfg(target_os = "freebsd")]
            Self::NOCORE => Some(true),
            #[cfg(target_os = "freebsd")]
            Self::CORE => Some(false),
            _ => None,
        }
    }
}

impl Advice {
    /// Is this advice harmless: no byte of the range changes by it, no access becomes impossible, nobody else is
    /// affected, and a forked child finds what it would have found?
    ///
    /// True only for values that are known to be so on this system; `DONTNEED`, which only slows the next access on
    /// FreeBSD and NetBSD and drops memory on Linux, is benign there and not here.
    ///
    /// ```
    /// use rawmap::Advice;
    ///
    /// assert!(Advice::WILLNEED.is_benign());
    /// assert!(!Advice::FREE.is_benign());
    /// assert!(!Advice::from_raw(12345).is_benign());
    /// ```
    #[must_use]
    pub const fn is_benign(self) -> bool {
        match self {
            Self::NORMAL | Self::RANDOM | Self::SEQUENTIAL | Self::WILLNEED => true,
            #[cfg(target_os = "linux")]
            Self::MERGEABLE
            | Self::UNMERGEABLE
            | Self::HUGEPAGE
            | Self::NOHUGEPAGE
            | Self::DONTDUMP
            | Self::DODUMP
            | Self::COLD
            | Self::PAGEOUT
            | Self::POPULATE_READ
            | Self::POPULATE_WRITE
            | Self::COLLAPSE => true,
            #[cfg(target_os = "freebsd")]
            Self::DONTNEED | Self::NOSYNC | Self::AUTOSYNC | Self::NOCORE | Self::CORE => true,
            #[cfg(target_os = "netbsd")]
            Self::DONTNEED | Self::SPACEAVAIL => true,
            _ => false,
        }
    }
}
