//! Compares the numbers of `rawmap` with headers and crates that its authors did not write.
//!
//! Compiling is the check. The build script takes the constants and the error numbers from the very files that the
//! library includes. On FreeBSD and NetBSD it has a C compiler compare each of them with the system's headers; on every
//! system it writes them out once more for this file, which compares them with the crates that have the name: `libc`,
//! and on Linux `linux-raw-sys`, also with the numbers of the `syscalls` crate, which the library uses. A constant that
//! no source knows is an error, unless families.toml gives the reason.
#![no_std]

/// What a name stands for where a crate lacks it; no constant of a kernel is that small.
const ABSENT: i128 = i128::MIN;

/// Whether two constants are the same number. Crates declare many with the sign of C's `int`, so bit 31 may be a sign.
const fn agree(theirs: i128, ours: i128) -> bool {
    theirs == ours || theirs == ours as i32 as i128
}

/// Compares constants with a crate where the crate has them, and notes which those are. A second value is one that
/// families.toml knows the crate to have from an older system.
///
/// A name that a glob import brings into a block hides the same name of the module around it. So inside the block of
/// `THEIRS` a name is the crate's if the crate has it and `ABSENT` otherwise: the compiler itself answers which.
macro_rules! compare {
    ($module:ident, $crate_name:literal, $names:tt, $($name:ident = $ours:expr $(, $older:literal)?;)+) => {
        // `deprecated`: libc deprecates some names that the headers have. The others: a constant of this module is
        // used only if the crate lacks it, and all are spelled as in C.
        #[allow(
            dead_code,
            deprecated,
            non_camel_case_types,
            non_upper_case_globals,
            clippy::upper_case_acronyms
        )]
        mod $module {
            $(const $name: i128 = super::ABSENT;)+

            enum Index { $($name),+ }

            const THEIRS: &[i128] = {
                use $names;
                &[$($name as i128),+]
            };

            $(const _: () = assert!(
                !has::$name
                    || super::agree(THEIRS[Index::$name as usize], $ours)
                    $(|| super::agree(THEIRS[Index::$name as usize], $older))?,
                concat!(stringify!($name), " has another value in the crate ", $crate_name)
            );)+

            /// Whether the crate has the name.
            pub mod has {
                $(pub const $name: bool = super::THEIRS[super::Index::$name as usize] != super::super::ABSENT;)+
            }

            /// How many constants were compared with this crate.
            pub const COUNT: usize = 0 $(+ has::$name as usize)+;
            const _: () = assert!(COUNT > 0, concat!("nothing was compared with the crate ", $crate_name));
        }
    };
}

/// Requires that somebody else knows a constant.
#[cfg(target_os = "linux")]
macro_rules! known {
    ($($name:literal $in_libc:ident $in_linux_raw_sys:ident;)+) => {
        $(const _: () = assert!(
            in_libc::has::$in_libc || in_linux_raw_sys::has::$in_linux_raw_sys,
            concat!($name, " is in no crate: families.toml must give a reason under only_in_headers")
        );)+
    };
}

/// Requires that the reason why a constant could not be compared still holds.
#[cfg(target_os = "linux")]
macro_rules! unknown {
    ($($name:ident;)*) => {
        $(const _: () = assert!(
            !in_libc::has::$name && !in_linux_raw_sys::has::$name,
            concat!(stringify!($name), " is in a crate by now: take it out of only_in_headers in families.toml")
        );)*
    };
}

include!(concat!(env!("OUT_DIR"), "/checks.rs"));

#[cfg(target_os = "linux")]
const IN_SECOND: (&str, usize) = ("linux-raw-sys", in_linux_raw_sys::COUNT);
#[cfg(not(target_os = "linux"))]
const IN_SECOND: (&str, usize) = ("the system's headers", IN_HEADERS);

/// How many constants and error numbers this target has.
pub const LISTED: usize = IN_LIBRARY;

/// How many of them, and on Linux of the system call numbers, were compared with which source.
pub const CHECKED: [(&str, usize); 2] = [("libc", in_libc::COUNT), IN_SECOND];

/// `LISTED` and the numbers of `CHECKED`, for the test command: it reads them out of the compiled library, which it
/// cannot run for a foreign target.
pub static COUNTS: [u64; 3] = [LISTED as u64, CHECKED[0].1 as u64, CHECKED[1].1 as u64];

const _: () = assert!(LISTED > 0, "no constants to compare");
#[cfg(not(target_os = "linux"))]
const _: () = assert!(
    IN_HEADERS == LISTED,
    "a constant was not compared with the headers"
);
