//! Resizing a mapping, and moving it.

use super::{
    MAP_FIXED, mremap,
    placement::{is_within_user_space, map_at},
};
use crate::{
    Errno, Result,
    os::mapping::{Held, take_back},
};

/// # Safety
///
/// The range is the caller's, who uses only the answered address from now on.
unsafe fn remap(held: &Held, new_len: usize, flags: u32, to: usize) -> Result<usize> {
    // SAFETY: the caller's contract; nothing is ever replaced here.
    Errno::of(unsafe { mremap(held.addr, held.len, new_len, flags as usize, to) })
}

/// Makes a mapping longer where it is: what keeps the kernel from moving it is the old address as the fixed new one.
///
/// # Safety
///
/// The range is the caller's.
pub(crate) unsafe fn grow_in_place(held: &Held, new_len: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { remap(held, new_len, MAP_FIXED, held.addr) }
}

/// Makes a mapping longer, wherever there is room.
///
/// # Safety
///
/// The range is the caller's, who uses only the answered address from now on.
pub(crate) unsafe fn grow_anywhere(held: &Held, new_len: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { remap(held, new_len, 0, 0) }
}

/// Moves a mapping to this address, and makes it so long; `EEXIST` if anything is there.
///
/// # Safety
///
/// The range is the caller's, who uses only the answered address from now on.
pub(crate) unsafe fn move_to(held: &Held, new_len: usize, to: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    let moved = unsafe { remap(held, new_len, MAP_FIXED, to) };
    moved.map_err(|error| match error {
        // The place is lacking, or memory is. What a new mapping meets there tells.
        _ if !is_within_user_space(to, new_len) => Errno::ENOMEM,
        Errno::ENOMEM => {
            let mut probe = held.anew(super::PROT_NONE);
            probe.len = new_len;
            match map_at(&probe, to) {
                Err(Errno::EEXIST) => Errno::EEXIST,
                Err(_) => error,
                Ok(_) => {
                    // SAFETY: it was made just now.
                    let _ = unsafe { take_back(to, new_len) };
                    error
                }
            }
        }
        error => error,
    })
}
