//! Resizing a mapping, and moving it.

use core::ptr;

use super::{
    FUTEX_PRIVATE_FLAG, FUTEX_WAIT, MREMAP_FIXED, MREMAP_MAYMOVE, PROT_READ, PROT_WRITE, futex,
    mprotect, mremap,
    placement::{map_at, reservation},
};
use crate::{
    Errno, Result,
    os::{Held, take_back},
    page_size,
};

/// # Safety
///
/// The first `len` bytes are the caller's, who uses only what is answered from now on. `to`, where `flags` say FIXED, is
/// the caller's to replace.
unsafe fn remap(held: &Held, len: usize, new_len: usize, flags: u32, to: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    match Errno::of(unsafe { mremap(held.addr, len, new_len, flags as usize, to) }) {
        // The kernel holds the range in several pieces.
        Err(Errno::EFAULT) => Err(Errno::ENOTSUP),
        // Huge pages, which do not grow.
        Err(Errno::EINVAL) if new_len > len && held.granule != page_size() => Err(Errno::ENOTSUP),
        // More than a program has addresses.
        Err(Errno::EINVAL) if new_len > len => Err(Errno::ENOMEM),
        // The limit on locked memory is a limit like others.
        Err(Errno::EAGAIN) => Err(Errno::ENOMEM),
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
    unsafe { remap(held, held.len, new_len, 0, 0) }
}

/// Makes a mapping longer, wherever there is room.
///
/// # Safety
///
/// The range is the caller's, who uses only the answered address from now on.
pub(crate) unsafe fn grow_anywhere(held: &Held, new_len: usize) -> Result<usize> {
    // SAFETY: the caller's contract.
    unsafe { remap(held, held.len, new_len, MREMAP_MAYMOVE, 0) }
}

/// Does the kernel hold the first `len` bytes in one piece? `ENOTSUP` if not.
///
/// Kernels since 6.17 move several pieces of unchanged length, one after the other, and may stop on the way. Growing by a
/// page is refused for several pieces before anything else is looked at; a page that comes is given back. A child that
/// another thread forks at that moment has it, and does not know.
///
/// # Safety
///
/// The range is the caller's.
unsafe fn is_one_piece(held: &Held, len: usize) -> Result<()> {
    let page = page_size();
    // SAFETY: the caller's contract; a page behind the range is there only if this call made it.
    unsafe {
        match remap(held, len, len + page, 0, 0) {
            Ok(_) => take_back(held.addr + len, page),
            // No room behind it, or a limit. Huge pages say nothing of their pieces.
            Err(Errno::ENOMEM | Errno::EINVAL) => Ok(()),
            Err(Errno::ENOTSUP) if held.granule != page => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Moves a mapping to this address, and makes it so long; `EEXIST` if anything is there.
///
/// The kernel moves to an address only by replacing what is there, so a reservation of our own is what it replaces.
/// Where the kernel refuses, it may have unmapped the reservation or not, and somebody else may have mapped there since.
/// Nothing of theirs may be unmapped and nothing of ours be left. Mapping there once more, without replacing, tells the
/// one case; a word in the reservation, which hardly anybody else can have written there, tells the other.
///
/// What is to be shorter is cut after it moved: a kernel that cuts and moves in one call may refuse after it has cut.
///
/// # Safety
///
/// The range is the caller's, who uses only the answered address from now on.
pub(crate) unsafe fn move_to(held: &Held, new_len: usize, to: usize) -> Result<usize> {
    let moving = held.len.min(new_len);
    if moving == new_len {
        // SAFETY: the caller's contract.
        unsafe { is_one_piece(held, moving) }?;
    }
    let reservation = reservation(new_len, 0);
    let mark = Mark::of(to);
    map_at(&reservation, to)?;
    // SAFETY: the reservation was made just now, and while it is there it is unmapped again. The move replaces it and
    // nothing else. What is behind the moved part is the caller's, and was not asked for.
    unsafe {
        if let Err(error) = mark.write(to) {
            let _ = take_back(to, new_len);
            return Err(error);
        }
        let moved = remap(held, moving, new_len, MREMAP_MAYMOVE | MREMAP_FIXED, to);
        if moved.is_err() && (map_at(&reservation, to).is_ok() || mark.is_at(to)) {
            let _ = take_back(to, new_len);
        }
        if moved.is_ok() && moving < held.len {
            let _ = take_back(held.addr + moving, held.len - moving);
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
        // Once more if the answer is no: nothing else would tell if the question itself was refused.
        (0..2).any(|_| {
            // SAFETY: the kernel reads the word at `at` and the time, and waits for no time at all if the word is this one.
            let answer = unsafe { futex(at, operation as usize, self.0 as usize, timeout) };
            // A signal may come, but not before the kernel has found the word to be this one.
            matches!(
                Errno::of(answer),
                Ok(_) | Err(Errno::ETIMEDOUT | Errno::EINTR)
            )
        })
    }
}
