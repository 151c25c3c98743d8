//! Mapping at an address without replacing what is there, as each system has it.

use core::{ffi::c_void, ptr};

use rawmap::{Errno, MapFlags, Prot, page_size, raw};

use crate::{answer::by_system, pages::PRIVATE};

/// What became of a request for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The mapping is where it was asked for.
    There,
    /// It was somewhere else, and is gone again.
    Elsewhere,
    /// There is none.
    Refused(Errno),
}

/// What asks for exactly one place, unless something is there.
#[cfg(target_os = "linux")]
const NO_REPLACE: MapFlags = MapFlags::FIXED_NOREPLACE;
/// What asks for exactly one place, unless something is there.
#[cfg(target_os = "freebsd")]
const NO_REPLACE: MapFlags = MapFlags::FIXED.union(MapFlags::EXCL);
/// What asks for a place: a hint that the kernel tries, and no more.
#[cfg(target_os = "netbsd")]
const NO_REPLACE: MapFlags = MapFlags::TRYFIXED;

/// The answer for a place in use.
pub(crate) const IN_USE: Placed = by_system(
    Placed::Refused(Errno::EEXIST),
    Placed::Refused(Errno::ENOMEM),
    Placed::Elsewhere,
);

/// Maps at `at`, with flags that replace something where `flags` has them.
fn at(at: *mut c_void, len: usize, prot: Prot, flags: MapFlags, descriptor: i32) -> Placed {
    // SAFETY: a new mapping; rows give flags that replace nothing.
    match unsafe { raw::mmap(at, len, prot, flags, descriptor, 0) } {
        Ok(start) if start == at => Placed::There,
        Ok(start) => {
            // SAFETY: the mapping was made just now, and nothing refers to it.
            match unsafe { raw::munmap(start, len) } {
                Ok(()) => Placed::Elsewhere,
                Err(error) => Placed::Refused(error),
            }
        }
        Err(error) => Placed::Refused(error),
    }
}

/// Maps at `at` unless something is there.
pub(crate) fn no_replace(
    place: *mut c_void,
    len: usize,
    prot: Prot,
    flags: MapFlags,
    descriptor: i32,
) -> Placed {
    at(place, len, prot, flags | NO_REPLACE, descriptor)
}

/// Maps at `at`, where nothing is.
pub(crate) fn fixed(place: *mut c_void, len: usize, prot: Prot, flags: MapFlags) -> Placed {
    at(place, len, prot, flags | MapFlags::FIXED, -1)
}

/// An address that every system here has, far from where mappings go by themselves.
pub(crate) const FAR: usize = 0x2000_0000_0000;

/// The reason for a skip where [`tries_places`] says no.
pub(crate) const NO_HINTS: &str = "this kernel takes no hints";

/// Whether a request for a free place is granted. NetBSD has nothing but hints, and need not take any.
pub(crate) fn tries_places() -> bool {
    if !cfg!(target_os = "netbsd") {
        return true;
    }
    let far = ptr::without_provenance_mut(FAR);
    let placed = no_replace(far, page_size(), Prot::NONE, PRIVATE, -1);
    // SAFETY: nothing but this mapping goes there, and nothing refers to it.
    let left = unsafe { raw::munmap(far, page_size()) };
    placed == Placed::There && left.is_ok()
}

/// Maps with an address that is a hint.
pub(crate) fn hint(place: *mut c_void, len: usize, prot: Prot, flags: MapFlags) -> Placed {
    at(place, len, prot, flags, -1)
}
