//! Resizing a mapping, and moving it, on a system that has no call for it.

use core::ptr;

use super::{INHERIT_COPY, PROT_EXEC, PROT_READ, PROT_WRITE, mprotect, munmap, placement::map_at};
use crate::{
    Errno, Result,
    os::{
        bsd::{
            inheritance::inherit,
            placement::{map_anywhere, protection},
        },
        mapping::{Held, NewMapping, take_back},
    },
};

/// Makes private anonymous memory longer where it is, by new memory behind it.
///
/// # Safety
///
/// The range is the caller's.
pub(crate) unsafe fn grow_in_place(held: &Held, new_len: usize) -> Result<usize> {
    if !held.is_private_anonymous() {
        return Err(Errno::ENOTSUP);
    }
    let mut more = held.anew(held.prot);
    more.len = new_len - held.len;
    let at = map_at(&more, held.end()).map_err(|error| match error {
        // Nobody asked for this address, so that something is there is a lack of room.
        Errno::EEXIST => Errno::ENOMEM,
        error => error,
    })?;
    // SAFETY: it was made just now.
    unsafe { inherit_or_take_back(held, at, more.len) }?;
    Ok(held.addr)
}

/// Makes private anonymous memory longer where it is, or where there is room, by copying.
///
/// # Safety
///
/// The range is the caller's, nobody else uses it, and the caller uses only the answered address from now on.
pub(crate) unsafe fn grow_anywhere(held: &Held, new_len: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    match unsafe { grow_in_place(held, new_len) } {
        // SAFETY: the caller's contract.
        Err(Errno::ENOMEM) => unsafe { move_by_copying(held, new_len, |new| map_anywhere(new, 0)) },
        answer => answer,
    }
}

/// Moves private anonymous memory to this address by copying; `EEXIST` if anything is there.
///
/// # Safety
///
/// The range is the caller's, nobody else uses it, and the caller uses only the answered address from now on.
pub(crate) unsafe fn move_to(held: &Held, new_len: usize, to: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { move_by_copying(held, new_len, |new| map_at(new, to)) }
}

/// # Safety
///
/// As for [`move_to`].
unsafe fn move_by_copying(
    held: &Held,
    new_len: usize,
    map: impl FnOnce(&NewMapping) -> Result<usize>,
) -> Result<usize> {
    // Code that was copied would have to be made visible to the processor's fetches as well.
    if !held.is_private_anonymous() || held.prot & (PROT_READ | PROT_EXEC) != PROT_READ {
        return Err(Errno::ENOTSUP);
    }
    let mut new = held.anew(PROT_READ | PROT_WRITE);
    new.len = new_len;
    let at = map(&new)?;
    // SAFETY: the old memory can be read and nobody writes to it; the new was made just now, lies elsewhere, and can be
    // written. When the old memory goes, only the new is used.
    unsafe {
        let from = ptr::with_exposed_provenance::<u8>(held.addr);
        let to = ptr::with_exposed_provenance_mut::<u8>(at);
        // First: a child that is forked meanwhile is not to find what it must not have.
        inherit_or_take_back(held, at, new_len)?;
        ptr::copy_nonoverlapping(from, to, held.len.min(new_len));
        let finished =
            set_protection(held, at, new_len).and_then(|()| Errno::of(munmap(held.addr, held.len)));
        if let Err(error) = finished {
            let _ = take_back(at, new_len);
            return Err(error);
        }
    }
    Ok(at)
}

/// Gives a copy the protection of what was copied, and its maximum.
///
/// # Safety
///
/// The range was made just now.
unsafe fn set_protection(held: &Held, at: usize, len: usize) -> Result<()> {
    if held.prot == PROT_READ | PROT_WRITE {
        return Ok(());
    }
    let prot = protection(held.prot, held.max_prot);
    // SAFETY: the caller's contract.
    Errno::done(unsafe { mprotect(at, len, prot as usize) })
}

/// Gives new memory the policy of the old, or unmaps it.
///
/// # Safety
///
/// The range was made just now.
unsafe fn inherit_or_take_back(held: &Held, at: usize, len: usize) -> Result<()> {
    if held.inherit == INHERIT_COPY {
        return Ok(());
    }
    // SAFETY: the caller's contract.
    unsafe {
        let answer = inherit(at, len, held.inherit);
        if answer.is_err() {
            let _ = take_back(at, len);
        }
        answer
    }
}
