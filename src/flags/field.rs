//! Fields of several bits in a set of flags: setters that replace, since joining two values makes a third one.

/// The alignment of a new place, which FreeBSD and NetBSD take with the call.
#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
macro_rules! aligned_field {
    ($Flags:ty) => {
        impl $Flags {
            /// The same flags with an alignment of two to the power `log2` in place of the one they had
            /// (`MAP_ALIGNED`).
            ///
            /// 0 takes the alignment away. Less than a page, or 64 and more, is `EINVAL` in the call, and on NetBSD one
            /// that the address space does not have is `ENOMEM`. On FreeBSD 1 asks for the alignment of large pages
            /// (`MAP_ALIGNED_SUPER`).
            ///
            /// **Systems:** FreeBSD, NetBSD.
            #[must_use]
            #[inline]
            pub const fn with_aligned(self, log2: u8) -> Self {
                let cleared = self.bits() & !$crate::os::MAP_ALIGNMENT_MASK;
                Self::from_bits_retain(cleared | ((log2 as u32) << $crate::os::MAP_ALIGNMENT_SHIFT))
            }

            /// The alignment that these flags hold, as a power of two; 0 if none.
            ///
            /// **Systems:** FreeBSD, NetBSD.
            #[must_use]
            #[inline]
            pub const fn aligned(self) -> u8 {
                ((self.bits() & $crate::os::MAP_ALIGNMENT_MASK) >> $crate::os::MAP_ALIGNMENT_SHIFT)
                    as u8
            }
        }
    };
}

/// The size of huge pages, which Linux takes with the call.
#[cfg(target_os = "linux")]
macro_rules! huge_field {
    ($Flags:ty, $HUGETLB:ident, $SHIFT:ident, $MASK:ident) => {
        impl $Flags {
            /// The same flags with [`HUGETLB`](Self::HUGETLB) and pages of two to the power `log2`, in place of the
            /// size they had: 21 for 2 MiB, or 0 for the system's default size. `MapFlags` has names for the sizes
            /// (`MapFlags::HUGE_2MB`).
            ///
            /// A size that the system does not have is refused: by mmap with `EINVAL`, by memfd_create with `ENODEV`; an
            /// empty pool is `ENOMEM` when memory is mapped. The field has six bits: 63, which no system has, stands for
            /// everything larger.
            ///
            /// **Systems:** Linux; mmap since 3.8, memfd_create since 4.14.
            ///
            /// ```
            /// # #[cfg(target_os = "linux")] {
            /// use rawmap::{MapFlags, MapType};
            ///
            /// let flags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE).with_huge(MapFlags::HUGE_2MB);
            /// assert!(flags.contains(MapFlags::HUGETLB));
            /// assert_eq!(flags.huge(), 21);
            /// # }
            /// ```
            #[must_use]
            #[inline]
            pub const fn with_huge(self, log2: u8) -> Self {
                let mask = $crate::os::$MASK;
                let size = if log2 as u32 > mask {
                    mask
                } else {
                    log2 as u32
                };
                let cleared = self.bits() & !(mask << $crate::os::$SHIFT);
                Self::from_bits_retain(
                    cleared | $crate::os::$HUGETLB | (size << $crate::os::$SHIFT),
                )
            }

            /// The page size that these flags hold, as a power of two; 0 if none.
            ///
            /// **Systems:** Linux.
            #[must_use]
            #[inline]
            pub const fn huge(self) -> u8 {
                ((self.bits() >> $crate::os::$SHIFT) & $crate::os::$MASK) as u8
            }
        }
    };
}
