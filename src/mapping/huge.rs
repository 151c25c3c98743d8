//! Sizes of huge pages.

use core::fmt;

/// The size of the huge pages that a mapping is to consist of.
///
/// Which of them there are is the processor's and the kernel's affair; a size without a pool is an error when the mapping is
/// made.
///
/// **Systems:** Linux.
///
/// ```
/// use rawmap::mapping::HugePages;
///
/// assert_eq!(HugePages::MIB_2.bytes(), 2 << 20);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HugePages(u8);

impl HugePages {
    /// 64 KiB: aarch64 with pages of 4 KiB.
    pub const KIB_64: Self = Self(16);
    /// 2 MiB: x86_64, and aarch64 with pages of 4 or 16 KiB.
    pub const MIB_2: Self = Self(21);
    /// 32 MiB: aarch64 with pages of 4 or 16 KiB.
    pub const MIB_32: Self = Self(25);
    /// 512 MiB: aarch64 with pages of 64 KiB.
    pub const MIB_512: Self = Self(29);
    /// 1 GiB: x86_64, and aarch64 with pages of 4 or 16 KiB.
    pub const GIB_1: Self = Self(30);
    /// 16 GiB: aarch64 with pages of 64 KiB.
    pub const GIB_16: Self = Self(34);

    /// Pages of two to the power `log2` bytes; `None` if an address has not as many bits.
    #[must_use]
    pub const fn from_log2(log2: u8) -> Option<Self> {
        if log2 != 0 && (log2 as u32) < usize::BITS {
            Some(Self(log2))
        } else {
            None
        }
    }

    /// The binary logarithm of the size in bytes.
    #[must_use]
    pub const fn log2(self) -> u8 {
        self.0
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        1 << self.0
    }
}

impl fmt::Debug for HugePages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HugePages({} KiB)", self.bytes() >> 10)
    }
}
