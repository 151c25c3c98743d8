//! How a mapping is made.

use core::fmt;

use crate::os;

flags! {
    /// How [`mmap`](crate::raw::mmap) makes a mapping.
    ///
    /// The constants are true flags, to be joined with `|`. Three things are *fields* of several bits, where
    /// joining two values gives a third one that nobody meant; they have setters that replace:
    /// [`with_type`](Self::with_type) says who sees the stores, `with_aligned` the alignment (FreeBSD and NetBSD),
    /// `with_huge` the size of huge pages (Linux).
    ///
    /// The same bit means different things on different systems; 0x4000 is `NORESERVE` on Linux, `EXCL` on FreeBSD
    /// and nothing on NetBSD. FreeBSD refuses bits that it does not know, Linux and NetBSD ignore them.
    ///
    /// ```
    /// use rawmap::{MapFlags, MapType};
    ///
    /// let flags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);
    /// assert_eq!(flags.map_type(), MapType::PRIVATE);
    /// // A field is replaced, not joined:
    /// assert_eq!(flags.with_type(MapType::SHARED).map_type(), MapType::SHARED);
    /// ```
    pub struct MapFlags: u32, "MAP_" {
        /// Map at exactly this address and **replace** what is there, atomically.
        ///
        /// **Systems:** all.
        FIXED = MAP_FIXED;
        /// Memory that belongs to no file and reads as zero. The descriptor must be −1, which FreeBSD and NetBSD
        /// check (`EINVAL`).
        ///
        /// **Systems:** all.
        ANONYMOUS = MAP_ANONYMOUS;
        /// On FreeBSD a mapping that grows down when it is touched below, with a gap that stays free: readable and
        /// writable, without a descriptor, `ANONYMOUS` implied; **not** for stacks that a program manages itself. On
        /// NetBSD without effect, and on Linux too but that newer kernels use no huge pages for it.
        ///
        /// **Systems:** all.
        STACK = MAP_STACK;

        /// Map at exactly this address, or fail with `EEXIST` if anything is there. A kernel before 4.17 takes the
        /// address for a hint: compare what it returns.
        ///
        /// **Systems:** Linux, since 4.17.
        #[cfg(target_os = "linux")]
        FIXED_NOREPLACE = MAP_FIXED_NOREPLACE;
        /// Map in the first 2 GiB of the address space.
        ///
        /// **Systems:** Linux on x86_64; FreeBSD.
        #[cfg(any(all(target_os = "linux", target_arch = "x86_64"), target_os = "freebsd"))]
        MAP_32BIT = MAP_32BIT;
        /// Map above the first 4 GiB, as the place for a shadow stack.
        ///
        /// **Systems:** Linux on x86_64, since 6.6; ignored before.
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        ABOVE4G = MAP_ABOVE4G;
        /// A stack of the oldest kind: grows down by a page when the page below it is touched.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        GROWSDOWN = MAP_GROWSDOWN;
        /// Ignored.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        DENYWRITE = MAP_DENYWRITE;
        /// Ignored.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        EXECUTABLE = MAP_EXECUTABLE;
        /// Lock the pages into memory, like mlock; but a lack of memory is no error.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        LOCKED = MAP_LOCKED;
        /// Set no swap space aside. Ignored by NetBSD, and by Linux where the limits on overcommitting are strict.
        ///
        /// **Systems:** Linux, NetBSD.
        #[cfg(any(target_os = "linux", target_os = "netbsd"))]
        NORESERVE = MAP_NORESERVE;
        /// Make all pages present at once. A lack of memory is no error.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        POPULATE = MAP_POPULATE;
        /// With `POPULATE`: don't. Without it no effect.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        NONBLOCK = MAP_NONBLOCK;
        /// Take the pages from the pool of huge ones; `ENOMEM` if it is empty. [`with_huge`](Self::with_huge) sets it
        /// together with a size. The kernel rounds the length up to huge pages here, but not in munmap.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        HUGETLB = MAP_HUGETLB;
        /// With [`MapType::SHARED_VALIDATE`] on persistent memory: a store is on the device when it is in memory.
        ///
        /// **Systems:** Linux, since 4.15.
        #[cfg(target_os = "linux")]
        SYNC = MAP_SYNC;
        /// Do not clear the pages: for systems without memory protection, ignored by others.
        ///
        /// **Systems:** Linux.
        #[cfg(target_os = "linux")]
        UNINITIALIZED = MAP_UNINITIALIZED;

        /// The mapping may hold semaphores. Ignored.
        ///
        /// **Systems:** FreeBSD, NetBSD.
        #[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
        HASSEMAPHORE = MAP_HASSEMAPHORE;
        /// Do not write changed pages to the file before they have to be.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        NOSYNC = MAP_NOSYNC;
        /// Reserve addresses without memory behind them. Only with `NONE`, descriptor −1 and offset 0, and without
        /// `ANONYMOUS` and a type. mprotect of a guard answers 0 and changes nothing: to use the addresses, map with
        /// [`FIXED`](Self::FIXED) over them.
        ///
        /// **Systems:** FreeBSD, since 12.0.
        #[cfg(target_os = "freebsd")]
        GUARD = MAP_GUARD;
        /// With [`FIXED`](Self::FIXED), without which it is `EINVAL`: fail if anything is there. The kernel says
        /// `ENOMEM` then, not `EEXIST`.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        EXCL = MAP_EXCL;
        /// Leave these pages out of core dumps.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        NOCORE = MAP_NOCORE;
        /// Make pages that are in memory readable at once.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        PREFAULT_READ = MAP_PREFAULT_READ;

        /// For mremap only, whose [`RemapFlags`](crate::RemapFlags) have it: leave the source mapped too.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        REMAPDUP = MAP_REMAPDUP;
        /// Ignored.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        RENAME = MAP_RENAME;
        /// Has no effect.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        INHERIT = MAP_INHERIT;
        /// Try the hinted address even inside the area of the heap. It is still a hint: compare the result.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        TRYFIXED = MAP_TRYFIXED;
        /// Lock the pages into memory, like mlock.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        WIRED = MAP_WIRED;
    }
}

/// Who sees the stores to a mapping: the type that [`MapFlags`] hold as a field.
///
/// FreeBSD and NetBSD refuse `SHARED` and `PRIVATE` together (`EINVAL`); on Linux the same bits are
/// `SHARED_VALIDATE`. None at all is refused by Linux, and by FreeBSD for files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct MapType(u32);

impl MapType {
    /// Stores go to the file or object, and everyone who maps it sees them; forked children share anonymous pages.
    ///
    /// **Systems:** all.
    pub const SHARED: Self = Self(os::MAP_SHARED);
    /// Stores stay in this mapping: a page is copied when it is first written.
    ///
    /// **Systems:** all.
    pub const PRIVATE: Self = Self(os::MAP_PRIVATE);
    /// As `SHARED` for files, but a flag that the kernel does not know is `EOPNOTSUPP` instead of being ignored.
    /// Anonymous memory of this type is `EINVAL`.
    ///
    /// **Systems:** Linux, since 4.15.
    #[cfg(target_os = "linux")]
    pub const SHARED_VALIDATE: Self = Self(os::MAP_SHARED_VALIDATE);
    /// Anonymous memory that the kernel may drop under pressure, to read as zero again; never swapped, never in a
    /// core dump, zero in a forked child.
    ///
    /// **Systems:** Linux, since 6.11; `EINVAL` before.
    #[cfg(target_os = "linux")]
    pub const DROPPABLE: Self = Self(os::MAP_DROPPABLE);
}

impl MapFlags {
    /// The same flags with this type in place of the one they had.
    ///
    /// **Systems:** all.
    #[must_use]
    #[inline]
    pub const fn with_type(self, map_type: MapType) -> Self {
        Self::from_bits_retain((self.bits() & !os::MAP_TYPE) | map_type.0)
    }

    /// Do others see the stores?
    #[cfg(feature = "registry")]
    pub(crate) const fn is_shared(self) -> bool {
        self.bits() & os::MAP_SHARED != 0
    }

    /// Does a call with them unmap what is at its address?
    #[cfg(feature = "registry")]
    pub(crate) const fn replaces(self) -> bool {
        #[cfg(target_os = "freebsd")]
        return self.contains(Self::FIXED) && !self.contains(Self::EXCL);
        #[cfg(not(target_os = "freebsd"))]
        return self.contains(Self::FIXED);
    }

    /// Does a call with them map no file, whatever descriptor it has?
    #[cfg(feature = "registry")]
    pub(crate) const fn maps_no_file(self) -> bool {
        #[cfg(target_os = "freebsd")]
        return self.intersects(Self::ANONYMOUS.union(Self::STACK).union(Self::GUARD));
        #[cfg(not(target_os = "freebsd"))]
        return self.contains(Self::ANONYMOUS);
    }

    /// The type that these flags hold, which need not be one of the named ones.
    ///
    /// **Systems:** all.
    #[must_use]
    #[inline]
    pub const fn map_type(self) -> MapType {
        MapType(self.bits() & os::MAP_TYPE)
    }
}

#[cfg(target_os = "linux")]
huge_field!(MapFlags, MAP_HUGETLB, MAP_HUGE_SHIFT, MAP_HUGE_MASK);

#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
aligned_field!(MapFlags);

/// The bits that are fields in this set of flags, and what they hold, as a name and a power of two.
#[cfg(target_os = "linux")]
const fn sized_field(flags: MapFlags) -> (u32, &'static str, u8) {
    // Without HUGETLB the lowest of these bits is UNINITIALIZED, a flag.
    if flags.contains(MapFlags::HUGETLB) {
        (
            os::MAP_HUGE_MASK << os::MAP_HUGE_SHIFT,
            "huge",
            flags.huge(),
        )
    } else {
        (0, "", 0)
    }
}

/// The bits that are fields in this set of flags, and what they hold, as a name and a power of two.
#[cfg(not(target_os = "linux"))]
const fn sized_field(flags: MapFlags) -> (u32, &'static str, u8) {
    (os::MAP_ALIGNMENT_MASK, "aligned", flags.aligned())
}

/// The type, the flags by name, a field by what it holds, and bits without a name as a number:
/// `MapFlags(PRIVATE | ANONYMOUS | huge(21))`.
impl fmt::Debug for MapFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, name, log2) = sized_field(*self);
        let flags = Self::from_bits_retain(self.bits() & !field & !os::MAP_TYPE);
        write!(f, "MapFlags({:?}", self.map_type())?;
        let mut named = flags.iter_names();
        for (name, _) in named.by_ref() {
            write!(f, " | {name}")?;
        }
        if log2 != 0 {
            write!(f, " | {name}({log2})")?;
        }
        let rest = named.remaining().bits();
        if rest != 0 {
            write!(f, " | {rest:#x}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for MapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SHARED => f.write_str("SHARED"),
            Self::PRIVATE => f.write_str("PRIVATE"),
            #[cfg(target_os = "linux")]
            Self::SHARED_VALIDATE => f.write_str("SHARED_VALIDATE"),
            #[cfg(target_os = "linux")]
            Self::DROPPABLE => f.write_str("DROPPABLE"),
            Self(bits) => write!(f, "{bits:#x}"),
        }
    }
}

/// Named values of a field, as the power of two that its setter takes.
#[cfg(any(target_os = "linux", target_os = "netbsd"))]
macro_rules! powers {
    ($shift:ident: $($(#[$attribute:meta])* $NAME:ident = $CONSTANT:ident;)*) => {
        impl MapFlags {
            $($(#[$attribute])* pub const $NAME: u8 = (os::$CONSTANT >> os::$shift) as u8;)*
        }
        $(const _: () = assert!(super::same(concat!("MAP_", stringify!($NAME)), stringify!($CONSTANT)));)*
    };
}

#[cfg(target_os = "linux")]
powers! { MAP_HUGE_SHIFT:
    /// For [`with_huge`](Self::with_huge): pages of 16 KiB.
    HUGE_16KB = MAP_HUGE_16KB;
    /// For [`with_huge`](Self::with_huge): pages of 64 KiB.
    HUGE_64KB = MAP_HUGE_64KB;
    /// For [`with_huge`](Self::with_huge): pages of 512 KiB.
    HUGE_512KB = MAP_HUGE_512KB;
    /// For [`with_huge`](Self::with_huge): pages of 1 MiB.
    HUGE_1MB = MAP_HUGE_1MB;
    /// For [`with_huge`](Self::with_huge): pages of 2 MiB.
    HUGE_2MB = MAP_HUGE_2MB;
    /// For [`with_huge`](Self::with_huge): pages of 8 MiB.
    HUGE_8MB = MAP_HUGE_8MB;
    /// For [`with_huge`](Self::with_huge): pages of 16 MiB.
    HUGE_16MB = MAP_HUGE_16MB;
    /// For [`with_huge`](Self::with_huge): pages of 32 MiB.
    HUGE_32MB = MAP_HUGE_32MB;
    /// For [`with_huge`](Self::with_huge): pages of 256 MiB.
    HUGE_256MB = MAP_HUGE_256MB;
    /// For [`with_huge`](Self::with_huge): pages of 512 MiB.
    HUGE_512MB = MAP_HUGE_512MB;
    /// For [`with_huge`](Self::with_huge): pages of 1 GiB.
    HUGE_1GB = MAP_HUGE_1GB;
    /// For [`with_huge`](Self::with_huge): pages of 2 GiB.
    HUGE_2GB = MAP_HUGE_2GB;
    /// For [`with_huge`](Self::with_huge): pages of 16 GiB.
    HUGE_16GB = MAP_HUGE_16GB;
}

#[cfg(target_os = "netbsd")]
powers! { MAP_ALIGNMENT_SHIFT:
    /// For [`with_aligned`](Self::with_aligned): 64 KiB.
    ALIGNMENT_64KB = MAP_ALIGNMENT_64KB;
    /// For [`with_aligned`](Self::with_aligned): 16 MiB.
    ALIGNMENT_16MB = MAP_ALIGNMENT_16MB;
    /// For [`with_aligned`](Self::with_aligned): 4 GiB.
    ALIGNMENT_4GB = MAP_ALIGNMENT_4GB;
    /// For [`with_aligned`](Self::with_aligned): 1 TiB.
    ALIGNMENT_1TB = MAP_ALIGNMENT_1TB;
    /// For [`with_aligned`](Self::with_aligned): 256 TiB.
    ALIGNMENT_256TB = MAP_ALIGNMENT_256TB;
    /// For [`with_aligned`](Self::with_aligned): 64 PiB.
    ALIGNMENT_64PB = MAP_ALIGNMENT_64PB;
}

#[cfg(target_os = "freebsd")]
impl MapFlags {
    /// For [`with_aligned`](Self::with_aligned): the alignment that large pages can begin at
    /// (`MAP_ALIGNED_SUPER`).
    ///
    /// **Systems:** FreeBSD.
    pub const ALIGNED_SUPER: u8 = (os::MAP_ALIGNED_SUPER >> os::MAP_ALIGNMENT_SHIFT) as u8;
}
