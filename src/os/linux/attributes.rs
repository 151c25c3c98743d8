//! What mmap does not take with the call: all of it is advice here.

use super::{
    INHERIT_COPY, INHERIT_NONE, INHERIT_SHARE, INHERIT_ZERO, MADV_DOFORK, MADV_DONTDUMP,
    MADV_DONTFORK, MADV_KEEPONFORK, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_WILLNEED,
    MADV_WIPEONFORK, MAP_PRIVATE, MAP_TYPE, PROT_READ, PROT_WRITE, madvise,
};
use crate::{Errno, Result, os::NewMapping};

/// # Safety
///
/// What the advice does to the range must be sound.
pub(super) unsafe fn advise(addr: usize, len: usize, advice: i32) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { madvise(addr, len, advice as usize) })
}

/// An answer in which `EINVAL` means that this kernel cannot, and that is no error.
pub(super) fn where_possible(answer: Result<()>) -> Result<()> {
    match answer {
        Err(Errno::EINVAL) => Ok(()),
        answer => answer,
    }
}

/// Gives a mapping that was made just now what the call that made it could not.
///
/// # Safety
///
/// The range is that mapping, and the caller's.
pub(crate) unsafe fn settle(addr: usize, new: &NewMapping) -> Result<()> {
    // SAFETY: the caller's memory, which nobody uses yet.
    unsafe {
        if new.conceal {
            where_possible(advise(addr, new.len, MADV_DONTDUMP))?;
        }
        if let Some(how) = new.inherit {
            inherit(addr, new.len, how)?;
        }
        if new.populate {
            populate(addr, new)?;
        }
    }
    Ok(())
}

/// Makes the pages present, and says so if it could not. A kernel before 5.14 reads files ahead, and that is all.
///
/// # Safety
///
/// The range is a new mapping like this, and the caller's.
unsafe fn populate(addr: usize, new: &NewMapping) -> Result<()> {
    // Pages of a shared mapping are present when they were read, and need not be marked as written.
    let private = new.flags & MAP_TYPE == MAP_PRIVATE;
    let advice = if new.prot & PROT_WRITE != 0 && private {
        MADV_POPULATE_WRITE
    } else if new.prot & PROT_READ != 0 {
        MADV_POPULATE_READ
    } else {
        return Ok(());
    };
    // SAFETY: pages become present, and hold what they would have held.
    unsafe {
        match advise(addr, new.len, advice) {
            Err(Errno::EINVAL) => {
                // Nobody can say whether it helped.
                let _ = advise(addr, new.len, MADV_WILLNEED);
                Ok(())
            }
            answer => answer,
        }
    }
}

/// What forked children find in a range.
///
/// Two properties of a mapping make the three policies, so there are two pieces of advice for some. The one that a
/// kernel may refuse comes first.
///
/// # Safety
///
/// What the children find must be sound in them.
pub(crate) unsafe fn inherit(addr: usize, len: usize, how: i32) -> Result<()> {
    // SAFETY: the caller's contract.
    unsafe {
        match how {
            INHERIT_COPY => {
                // Before 4.14 there is nothing to undo.
                where_possible(advise(addr, len, MADV_KEEPONFORK))?;
                advise(addr, len, MADV_DOFORK)
            }
            INHERIT_NONE => advise(addr, len, MADV_DONTFORK),
            INHERIT_ZERO => {
                advise(addr, len, MADV_WIPEONFORK)?;
                advise(addr, len, MADV_DOFORK)
            }
            INHERIT_SHARE => Err(Errno::ENOTSUP),
            _ => Err(Errno::EINVAL),
        }
    }
}
