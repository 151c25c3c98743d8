//! Memory objects: how they are made, and their seals.

#[cfg(any(target_os = "linux", target_os = "netbsd"))]
flags! {
    /// How [`memfd_create`](crate::raw::memfd_create) makes a memory object.
    #[derive(Debug)]
    pub struct MemfdFlags: u32, "MFD_" {
        /// Close the descriptor on exec.
        ///
        /// **Systems:** Linux, since 3.17; NetBSD, since 11.0.
        CLOEXEC = MFD_CLOEXEC;
        /// The object may be sealed.
        ///
        /// **Systems:** Linux, since 3.17; NetBSD, since 11.0.
        ALLOW_SEALING = MFD_ALLOW_SEALING;
        /// The object's pages come from the pool of huge ones. [`with_huge`](Self::with_huge) sets it with a size.
        ///
        /// **Systems:** Linux, since 4.14.
        #[cfg(target_os = "linux")]
        HUGETLB = MFD_HUGETLB;
        /// The object cannot be executed, and is sealed against becoming so.
        ///
        /// **Systems:** Linux, since 6.3; `EINVAL` before.
        #[cfg(target_os = "linux")]
        NOEXEC_SEAL = MFD_NOEXEC_SEAL;
        /// The object can be executed, whatever the system's default is.
        ///
        /// **Systems:** Linux, since 6.3; `EINVAL` before.
        #[cfg(target_os = "linux")]
        EXEC = MFD_EXEC;
        /// Close the descriptor on fork. In the headers; kernels up to 10.99.12 refuse it with `EINVAL`.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        CLOFORK = MFD_CLOFORK;
    }
}

#[cfg(target_os = "linux")]
huge_field!(MemfdFlags, MFD_HUGETLB, MFD_HUGE_SHIFT, MFD_HUGE_MASK);

#[cfg(target_os = "freebsd")]
flags! {
    /// How [`shm_open2`](crate::raw::shm_open2) makes a memory object.
    #[derive(Debug)]
    pub struct ShmFlags: u32, "SHM_" {
        /// The object may be sealed.
        ///
        /// **Systems:** FreeBSD, since 13.0.
        ALLOW_SEALING = SHM_ALLOW_SEALING;
        /// Writing beyond the end makes the object longer.
        ///
        /// **Systems:** FreeBSD, since 13.0.
        GROW_ON_WRITE = SHM_GROW_ON_WRITE;
        /// The object consists of large pages, and can be cut on their boundaries only.
        ///
        /// **Systems:** FreeBSD, since 13.0.
        LARGEPAGE = SHM_LARGEPAGE;
    }
}

flags! {
    /// What can be done no more with a memory object.
    #[derive(Debug)]
    pub struct SealFlags: u32, "F_SEAL_" {
        /// Adding seals.
        ///
        /// **Systems:** all; Linux since 3.17, FreeBSD since 13.0, NetBSD since 11.0.
        SEAL = F_SEAL_SEAL;
        /// Making it shorter.
        ///
        /// **Systems:** all; Linux since 3.17, FreeBSD since 13.0, NetBSD since 11.0.
        SHRINK = F_SEAL_SHRINK;
        /// Making it longer.
        ///
        /// **Systems:** all; Linux since 3.17, FreeBSD since 13.0, NetBSD since 11.0.
        GROW = F_SEAL_GROW;
        /// Changing its bytes. Refused with `EBUSY` while a shared mapping of it can be written.
        ///
        /// **Systems:** all; Linux since 3.17, FreeBSD since 13.0, NetBSD since 11.0.
        WRITE = F_SEAL_WRITE;
        /// Writing to it and mapping it writable from now on. A writable mapping that was there before still
        /// changes the bytes.
        ///
        /// **Systems:** Linux, since 5.1; NetBSD, since 11.0.
        #[cfg(any(target_os = "linux", target_os = "netbsd"))]
        FUTURE_WRITE = F_SEAL_FUTURE_WRITE;
        /// Changing whether it can be executed.
        ///
        /// **Systems:** Linux, since 6.3.
        #[cfg(target_os = "linux")]
        EXEC = F_SEAL_EXEC;
    }
}
