//! How a mapping is moved or resized.

#[cfg(target_os = "linux")]
flags! {
    /// How [`mremap`](crate::raw::mremap) moves or resizes a mapping.
    ///
    /// The defaults differ: without a flag Linux never moves the mapping and NetBSD always may.
    pub struct RemapFlags: u32, "MREMAP_" {
        /// The mapping may move if it cannot grow where it is.
        ///
        /// **Systems:** Linux.
        MAYMOVE = MREMAP_MAYMOVE;
        /// Move to exactly the new address, **unmapping** what is there first. Needs `MAYMOVE`, else `EINVAL`.
        ///
        /// **Systems:** Linux. NetBSD has a flag of this name that replaces nothing.
        FIXED = MREMAP_FIXED;
        /// Leave the source mapped, and empty. Needs `MAYMOVE` and equal sizes.
        ///
        /// **Systems:** Linux, since 5.7 for private anonymous memory, since 5.13 for all; `EINVAL` before.
        DONTUNMAP = MREMAP_DONTUNMAP;
    }
}

#[cfg(target_os = "netbsd")]
flags! {
    /// How [`mremap`](crate::raw::mremap) moves or resizes a mapping.
    ///
    /// The defaults differ: without a flag Linux never moves the mapping and NetBSD always may. The alignment of the
    /// new place is a field, with the setter [`with_aligned`](Self::with_aligned).
    pub struct RemapFlags: u32, "MAP_" {
        /// Move to exactly the new address, which must be free, else `ENOMEM`; with the old address as the new one:
        /// do not move.
        ///
        /// **Systems:** NetBSD. Linux has a flag of this name that replaces what is there.
        FIXED = MAP_FIXED;
        /// Leave the source mapped: both places show the same pages, private ones too.
        ///
        /// **Systems:** NetBSD.
        REMAPDUP = MAP_REMAPDUP;
    }
}

#[cfg(target_os = "netbsd")]
aligned_field!(RemapFlags);

#[cfg(target_os = "freebsd")]
flags! {
    /// How [`mremap`](crate::raw::mremap) moves or resizes a mapping: FreeBSD has no such call, and no flags for it.
    pub struct RemapFlags: u32, "" {}
}

/// What a record of mappings has to know of a call.
#[cfg(feature = "registry")]
impl RemapFlags {
    /// Does the call unmap what is at the new address?
    pub(crate) const fn replaces(self) -> bool {
        #[cfg(target_os = "linux")]
        return self.contains(Self::FIXED);
        #[cfg(not(target_os = "linux"))]
        return false;
    }

    /// Does the source stay mapped?
    pub(crate) const fn keeps_source(self) -> bool {
        #[cfg(target_os = "linux")]
        return self.contains(Self::DONTUNMAP);
        #[cfg(target_os = "netbsd")]
        return self.contains(Self::REMAPDUP);
        #[cfg(target_os = "freebsd")]
        return false;
    }
}
