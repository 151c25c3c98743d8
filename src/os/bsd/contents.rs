//! What memory holds: dropping it.

use core::ptr;

use super::{inheritance::inherit, placement::map_over};
use crate::{
    Errno, Result,
    os::{
        Held, INHERIT_COPY, MADV_FREE, MAP_ANONYMOUS, MAP_PRIVATE, NewMapping, PROT_NONE,
        PROT_WRITE, madvise, map_at, mprotect,
    },
};

/// Lets the kernel drop what private anonymous memory holds. Locked pages are kept.
///
/// # Safety
///
/// Nothing relies on what the range holds.
pub(crate) unsafe fn discard_lazily(held: &Held) -> Result<()> {
    // SAFETY: the caller's contract.
    match Errno::of(unsafe { madvise(held.addr, held.len, MADV_FREE as usize) }) {
        // Locked memory, on NetBSD.
        Err(Errno::EBUSY) => Ok(()),
        answer => answer.map(drop),
    }
}

/// Makes private anonymous memory zero, by new memory in its place.
///
/// New memory begins with what children get by default. Where they are to get something else, and the memory can be
/// written, it is cleared where it is: then there is no moment in which a fork finds the wrong thing.
///
/// # Safety
///
/// Nothing relies on what the range holds.
pub(crate) unsafe fn discard_to_zero(held: &Held) -> Result<()> {
    if held.inherit != INHERIT_COPY && held.prot & PROT_WRITE != 0 {
        let start = ptr::with_exposed_provenance_mut::<u8>(held.addr);
        // SAFETY: the caller's memory, which can be written.
        unsafe { start.write_bytes(0, held.len) };
        return Ok(());
    }
    // Closed at first: FreeBSD counts new memory that can be written against what there is after the old is gone already, and
    // would leave a hole that anybody may fill. So it is the caller's whatever happens, if closed at the worst.
    let new = held.anew(PROT_NONE);
    // SAFETY: the caller's contract.
    unsafe {
        if let Err(error) = map_over(&new, held.addr) {
            // What was there may be gone: new memory is what is wanted there then. If it is not gone, or somebody else
            // is there, nothing is replaced.
            map_at(&new, held.addr).map_err(|_| error)?;
        }
        if held.prot != PROT_NONE {
            let open = || Errno::done(mprotect(held.addr, held.len, held.prot as usize));
            // Nothing else can be done about a refusal, which may be over.
            open().or_else(|_| open())?;
        }
        if held.inherit != INHERIT_COPY {
            inherit(held.addr, held.len, held.inherit)?;
        }
    }
    Ok(())
}

impl Held {
    /// New private anonymous memory like this, with its maximum protection at least, and with this protection.
    pub(in crate::os) fn anew(&self, prot: u32) -> NewMapping {
        NewMapping {
            len: self.len,
            prot,
            max_prot: self.max_prot | prot,
            flags: MAP_PRIVATE | MAP_ANONYMOUS,
            fd: usize::MAX,
            offset: 0,
            granule: self.granule,
            align: self.granule,
            conceal: self.conceal,
            populate: false,
            inherit: None,
        }
    }
}
