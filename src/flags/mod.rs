//! The arguments of the calls that are sets of bits, fields in them, or values out of an open list.
//!
//! Each type has its own file, and in it every constant that the headers of the three systems have, on those
//! systems only: what a system lacks is absent, not zero. Bits and values without a name here are kept and reach
//! the kernel as they are, so that a program can use what a kernel learned after this crate was written.

/// Defines a set of flags. `FLAG = PREFIX_FLAG` takes its value from the system's constant of that name, and a
/// line whose names don't belong together does not compile.
macro_rules! flags {
    (
        $(#[$outer:meta])*
        pub struct $Name:ident: $Bits:ty, $prefix:literal {
            $($(#[$inner:ident $($argument:tt)*])* $FLAG:ident = $CONSTANT:ident;)*
        }
    ) => {
        bitflags::bitflags! {
            $(#[$outer])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[repr(transparent)]
            pub struct $Name: $Bits {
                $($(#[$inner $($argument)*])* const $FLAG = $crate::os::$CONSTANT;)*
                // Bits without a name are the kernel's to judge.
                const _ = !0;
            }
        }

        $(
            $(#[$inner $($argument)*])*
            const _: () = assert!(
                $crate::flags::same(concat!($prefix, stringify!($FLAG)), stringify!($CONSTANT))
                    // A name that would begin with a digit keeps its prefix.
                    || $crate::flags::same(stringify!($FLAG), stringify!($CONSTANT)),
                concat!(stringify!($FLAG), " is not ", stringify!($CONSTANT)),
            );
        )*
    };
}

/// Defines a number out of a list that the kernel may know more of than this crate.
macro_rules! open_values {
    (
        $(#[$outer:meta])*
        pub struct $Name:ident, $prefix:literal {
            $($(#[$inner:meta])* $VALUE:ident = $CONSTANT:ident;)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $Name(i32);

        impl $Name {
            $($(#[$inner])* pub const $VALUE: Self = Self($crate::os::$CONSTANT);)*

            /// Any value, known here or not: the kernel decides.
            #[must_use]
            #[inline]
            pub const fn from_raw(value: i32) -> Self {
                Self(value)
            }

            /// The number that the kernel is given.
            #[must_use]
            #[inline]
            pub const fn raw(self) -> i32 {
                self.0
            }

            /// The name of the constant, `None` for a value without one.
            #[must_use]
            #[allow(unused_doc_comments)]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $($(#[$inner])* Self::$VALUE => Some(stringify!($VALUE)),)*
                    _ => None,
                }
            }
        }

        impl core::fmt::Debug for $Name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => write!(f, concat!(stringify!($Name), "({})"), name),
                    None => write!(f, concat!(stringify!($Name), "({})"), self.0),
                }
            }
        }

        $(
            $(#[$inner])*
            const _: () = assert!(
                $crate::flags::same(concat!($prefix, stringify!($VALUE)), stringify!($CONSTANT)),
                concat!(stringify!($VALUE), " is not ", stringify!($CONSTANT)),
            );
        )*
    };
}

#[macro_use]
mod field;

mod advice;
mod inherit;
mod lock_all;
mod map;
mod object;
#[cfg(target_os = "linux")]
mod pkey;
mod prot;
mod remap;
mod residency;
mod sync;

pub use advice::Advice;
#[cfg(feature = "registry")]
pub(crate) use advice::Inheritance;
pub use inherit::Inherit;
pub use lock_all::LockAllFlags;
pub use map::{MapFlags, MapType};
#[cfg(any(target_os = "linux", target_os = "netbsd"))]
pub use object::MemfdFlags;
pub use object::SealFlags;
#[cfg(target_os = "freebsd")]
pub use object::ShmFlags;
#[cfg(target_os = "linux")]
pub use pkey::PkeyFlags;
pub use prot::Prot;
pub use remap::RemapFlags;
pub use residency::ResidencyFlags;
pub use sync::SyncFlags;

/// Are two names the same? For the macros above, at compile time.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
