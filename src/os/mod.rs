//! The systems: numbers, constants, argument order, and what a system lacks.
//!
//! # The contract that each file keeps
//!
//! The same names stand in each of `linux.rs`, `freebsd.rs` and `netbsd.rs`:
//!
//! - a function a call, all arguments as words, in the order in which Linux' and FreeBSD's manual pages have
//!   them, whatever order and padding this kernel wants; it returns the kernel's answer, in which −4095…−1
//!   mean −errno;
//! - a call that the *system* lacks answers [`ABSENT`] and no kernel is entered; one that came with a release
//!   answers the same on an older kernel. Both BSDs kill a process for an unknown number, so trying is no way
//!   to find out;
//! - `page_size` asks the running kernel, and is `None` if it does not say;
//! - `max_protection` gives the bits by which this system's mmap takes a maximum protection;
//! - files and objects of memory: opened, made, asked for what they are, and given a length;
//! - the means of the portable promises, a file each for where a mapping goes, what mmap does not take with the call,
//!   what memory holds, locks, and moving: the same functions in each, whose answers mean the same. They are given
//!   what was checked before, and after a refusal they leave the process as it was;
//! - the constants, made from the system's own headers by `cargo xtask constants` and held against them by the
//!   member `constants`; and the error numbers with their names, made in the same way.

/// Makes a function of each line: a call, its arguments as the crate has them, and where this kernel takes them.
macro_rules! calls {
    ($($(#[$attribute:meta])* $name:ident($($argument:ident),*) => $answer:expr;)+) => {
        $(
            /// # Safety
            ///
            /// What the kernel does with these arguments must be sound; addresses in them are exposed.
            $(#[$attribute])*
            #[inline(always)]
            pub(crate) unsafe fn $name($($argument: usize),*) -> usize {
                // SAFETY: the caller's contract.
                unsafe { $answer }
            }
        )+
    };
}

/// Makes a function of each call that the system lacks, with the signature that the others have.
macro_rules! absent {
    ($($(#[$attribute:meta])* $name:ident($($argument:ident),*);)+) => {
        $(
            /// # Safety
            ///
            /// None is needed: no kernel is entered.
            $(#[$attribute])*
            #[inline(always)]
            pub(crate) unsafe fn $name($(_: absent!(@word $argument)),*) -> usize {
                super::ABSENT
            }
        )+
    };
    (@word $argument:ident) => { usize };
}

/// Defines the constants of a system from the list that was made of its headers. The strings are what the
/// member `constants` asks of those headers.
macro_rules! constants {
    ($($(#[$attribute:meta])* $NAME:ident: $Type:ty = $value:expr => $expression:literal;)*) => {
        $($(#[$attribute])* pub(crate) const $NAME: $Type = $value;)*
    };
}

/// Defines the error numbers of a system, and their text, from the list that was made of its headers.
macro_rules! errnos {
    (
        numbers: { $($(#[$attribute:meta])* $NAME:ident = $number:literal, $meaning:literal;)* }
        aliases: { $($ALIAS:ident = $OF:ident;)* }
    ) => {
        impl crate::Errno {
            $($(#[$attribute])* pub const $NAME: Self = Self::listed($number);)*
            $(
                #[doc = concat!("Another name of [`", stringify!($OF), "`](Self::", stringify!($OF), ").")]
                pub const $ALIAS: Self = Self::$OF;
            )*
        }

        /// Name and meaning of a number; nothing without the feature `errno-text`.
        pub(crate) const fn error_text(number: u16) -> Option<(&'static str, &'static str)> {
            if !cfg!(feature = "errno-text") {
                return None;
            }
            match number {
                $($number => Some((stringify!($NAME), $meaning)),)*
                _ => None,
            }
        }
    };
}

mod auxv;
#[cfg(feature = "mapping")]
mod file_status;
mod mapping;

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod linux;
        use linux as system;
    } else if #[cfg(target_os = "freebsd")] {
        mod bsd;
        mod freebsd;
        use freebsd as system;
    } else if #[cfg(target_os = "netbsd")] {
        mod bsd;
        mod netbsd;
        use netbsd as system;
    }
}

pub(crate) use auxv::page_size as page_size_in_auxv;
#[cfg(feature = "mapping")]
pub(crate) use file_status::FileStatus;
pub(crate) use mapping::{Held, NewMapping, take_back};
pub(crate) use system::*;

/// The answer of a call that this system, or the running release of it, does not have: −ENOSYS.
const ABSENT: usize = (crate::Errno::ENOSYS.raw_os_error() as usize).wrapping_neg();
