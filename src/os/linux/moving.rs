//! Resizing a mapping, and moving it.

use core::ptr;

use super::{
    FUTEX_PRIVATE_FLAG, FUTEX_WAIT, MAP_NORESERVE, MAP_PRIVATE, MREMAP_FIXED, MREMAP_MAYMOVE,
    PROT_NONE, PROT_READ, PROT_WRITE, futex, mprotect, mremap, placement::map_at,
};
use crate::{
    Errno, Result,
    os::{
        MAP_ANONYMOUS,
        mapping::{Held, NewMapping, take_back},
    },
};

/// # Safety
///
/// The range is the caller's, who uses only what is answered from now on. `to`, where `flags` say FIXED, is the caller's
/// to replace.
unsafe fn remap(held: &Held, new_len: usize, flags: u32, to: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    match Errno::of(unsafe { mremap(held.addr, held.len, new_len, flags as usize, to) }) {
        // The kernel holds the range in several pieces.
        Err(Errno::EFAULT) => Err(Errno::ENOTSUP),
        answer => answer,
    }
}

/// Makes a mapping longer where it is.
///
/// # Safety
///
/// The range is the caller's.
pub(crate) unsafe fn grow_in_place(held: &Held, new_len: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { remap(held, new_len, 0, 0) }
}

/// Makes a mapping longer, wherever there is room.
///
/// # Safety
///
/// The range is the caller's, who uses only the answered address from now on.
pub(crate) unsafe fn grow_anywhere(held: &Held, new_len: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { remap(held, new_len, MREMAP_MAYMOVE, 0) }
}

/// Moves a mapping to this address, and makes it so long; `EEXIST` if anything is there.
///
/// The kernel moves to an address only by replacing what is there, so a reservation of our own is what it replaces.
/// Where the kernel refuses, it may have unmapped the reservation or not, and somebody else may have mapped there since.
/// Nothing of theirs may be unmapped and nothing of ours be left. Mapping there once more, without replacing, tells the
/// one case; a word in the reservation, which nobody else can have written there, tells the other.
///
/// # Safety
///
/// The range is the caller's, who uses only the answered address from now on.
pub(crate) unsafe fn move_to(held: &Held, new_len: usize, to: usize) -> Result<usize> {
    // Moves nothing, and says whether the kernel holds the range in one piece.
    // SAFETY: the caller's contract.
    unsafe { remap(held, held.len, 0, 0) }?;
    let reservation = NewMapping {
        len: new_len,
        prot: PROT_NONE,
        max_prot: PROT_NONE,
        flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
        fd: usize::MAX,
        offset: 0,
        granule: held.granule,
        align: held.granule,
        conceal: false,
        populate: false,
        inherit: None,
    };
    let mark = Mark::of(to);
    map_at(&reservation, to)?;
    // SAFETY: the reservation was made just now, and while it is there it is unmapped again. The move replaces it and
    // nothing else; the rest is the caller's contract.
    unsafe {
        if let Err(error) = mark.write(to) {
            let _ = take_back(to, new_len);
            return Err(error);
        }
        let moved = remap(held, new_len, MREMAP_MAYMOVE | MREMAP_FIXED, to);
        if moved.is_err() && (map_at(&reservation, to).is_ok() || mark.is_at(to)) {
            let _ = take_back(to, new_len);
        }
        moved
    }
}

/// A word that says whose a page is.
struct Mark(u32);

impl Mark {
    /// A word that another thread which wants the same place does not come to, since it has another stack.
    fn of(to: usize) -> Self {
        let local = 0u8;
        let stack = (&raw const local).addr();
        let mixed = (stack ^ to.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Never 0, which is what fresh memory holds.
        Self((mixed >> 32) as u32 | 1)
    }

    /// Writes it.
    ///
    /// # Safety
    ///
    /// A page of the caller's is there, and may be made writable.
    unsafe fn write(&self, at: usize) -> Result<()> {
        // SAFETY: the caller's contract; the length is rounded up to the page.
        unsafe {
            Errno::of(mprotect(
                at,
                size_of::<u32>(),
                (PROT_READ | PROT_WRITE) as usize,
            ))?;
            ptr::with_exposed_provenance_mut::<u32>(at).write_volatile(self.0);
        }
        Ok(())
    }

    /// Is it there? Asks the kernel to compare, since it may not be readable, or not be there at all.
    fn is_at(&self, at: usize) -> bool {
        let no_time = [0u64; 2];
        let operation = FUTEX_WAIT | FUTEX_PRIVATE_FLAG;
        let timeout = no_time.as_ptr().expose_provenance();
        // SAFETY: the kernel reads the word at `at` and the time, and waits for no time at all if the word is this one.
        let answer = unsafe { futex(at, operation as usize, self.0 as usize, timeout) };
        Errno::of(answer) == Err(Errno::ETIMEDOUT)
    }
}
