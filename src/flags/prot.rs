//! Protection.

use crate::os;

flags! {
    /// What may be done with the pages of a mapping: the argument of [`mmap`](crate::raw::mmap) and
    /// [`mprotect`](crate::raw::mprotect).
    ///
    /// Pages that may be written can be read on every processor here, and on most systems those that may be read
    /// can be executed on none but old ones; ask for what is needed.
    ///
    /// ```
    /// use rawmap::Prot;
    ///
    /// let prot = Prot::READ | Prot::WRITE;
    /// assert!(prot.contains(Prot::READ) && !prot.contains(Prot::EXEC));
    /// assert!(Prot::NONE.is_empty());
    /// ```
    #[derive(Debug)]
    pub struct Prot: u32, "PROT_" {
        /// Pages may be read.
        ///
        /// **Systems:** all.
        READ = PROT_READ;
        /// Pages may be written. A shared mapping of a descriptor that is not open for writing is refused with
        /// `EACCES`.
        ///
        /// **Systems:** all.
        WRITE = PROT_WRITE;
        /// Pages may be executed. Together with [`WRITE`](Self::WRITE) it is refused with `EACCES` by NetBSD's PaX
        /// MPROTECT, by FreeBSD with `kern.elf64.allow_wx=0`, and by Linux under SELinux' execmem or PR_SET_MDWE.
        ///
        /// **Systems:** all.
        EXEC = PROT_EXEC;
        /// Pages may hold semaphores: without effect on this crate's architectures.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        SEM = PROT_SEM;
        /// The pages hold code that is entered by a branch at its landing pads only.
        ///
        /// **Systems:** Linux on aarch64, since 5.8 and on processors that have BTI; elsewhere mmap ignores it and mprotect
        /// answers `EINVAL`.
        #[cfg(all(target_os = "linux", target_arch = "aarch64"))]
        BTI = PROT_BTI;
        /// Accesses are checked against memory tags.
        ///
        /// **Systems:** Linux on aarch64, since 5.10 and on processors that have MTE; elsewhere mmap ignores it and mprotect
        /// answers `EINVAL`.
        #[cfg(all(target_os = "linux", target_arch = "aarch64"))]
        MTE = PROT_MTE;
        /// mprotect only: extend the change down to the start of a mapping that grows down.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        GROWSDOWN = PROT_GROWSDOWN;
        /// mprotect only: extend the change up to the end of a mapping that grows up.
        ///
        /// **Systems:** Linux (`EINVAL` on this crate's architectures, whose mappings do not grow up).
        #[cfg(target_os = "linux")]
        GROWSUP = PROT_GROWSUP;
    }
}

impl Prot {
    /// No access: a touch is SIGSEGV.
    ///
    /// **Systems:** all.
    pub const NONE: Self = Self::from_bits_retain(os::PROT_NONE);

    /// The same protection with `max` as the maximum that later calls may set, in place of an earlier one.
    ///
    /// A mapping's protection can be raised later only to what its maximum allows. NetBSD with PaX MPROTECT takes
    /// the protection at creation as the maximum unless it is told another (`PROT_MPROTECT`), so a mapping that
    /// begins as [`NONE`](Self::NONE) has to say here what it will become. FreeBSD takes a maximum if it is given
    /// one (`PROT_MAX`), else everything; from a protection that goes beyond its maximum it refuses the call with
    /// `ENOTSUP`. Linux has no maximum, and nothing is added.
    ///
    /// Only `READ`, `WRITE` and `EXEC` of `max` count. FreeBSD honours it in mmap and in mprotect, NetBSD in mmap
    /// only.
    ///
    /// **Systems:** all; without effect on Linux.
    ///
    /// ```
    /// use rawmap::Prot;
    ///
    /// // Reserved now, readable and writable later.
    /// let reserved = Prot::NONE.with_max(Prot::READ | Prot::WRITE);
    /// // What can be done with the pages now is unchanged.
    /// assert!(!reserved.contains(Prot::READ));
    /// ```
    ///
    /// # References
    ///
    /// [FreeBSD mmap(2)](https://man.freebsd.org/cgi/man.cgi?query=mmap&sektion=2) on `PROT_MAX`,
    /// [NetBSD mmap(2)](https://man.netbsd.org/mmap.2) on `PROT_MPROTECT`
    #[must_use]
    pub const fn with_max(self, max: Self) -> Self {
        let accesses = Self::READ.bits() | Self::WRITE.bits() | Self::EXEC.bits();
        let field = os::max_protection(accesses);
        let chosen = os::max_protection(max.bits() & accesses);
        Self::from_bits_retain((self.bits() & !field) | chosen)
    }
}
