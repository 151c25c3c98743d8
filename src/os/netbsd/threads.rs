//! Which thread this is, and sleeping until another one says so.

use super::{FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAKE, futex, has_futex, lwp_self, sched_yield};

/// The kernel's number of this thread, which no other thread of the process has; never 0.
pub(crate) fn thread_id() -> u32 {
    // SAFETY: the call changes nothing, and cannot fail.
    unsafe { lwp_self() as u32 }
}

/// Sleeps while the 32-bit word at this address is this one, until woken, or for no reason at all; before NetBSD 10,
/// only for as long as others have something to do.
pub(crate) fn wait(word: usize, while_it_is: u32) {
    let operation = (FUTEX_WAIT | FUTEX_PRIVATE_FLAG) as usize;
    // SAFETY: the kernel reads the word; without a time it waits for as long as it takes.
    unsafe {
        if has_futex() {
            futex(word, operation, while_it_is as usize, 0, 0, 0, 0);
        } else {
            sched_yield();
        }
    }
}

/// Wakes so many of those that sleep on the word at this address.
pub(crate) fn wake(word: usize, count: u32) {
    let operation = (FUTEX_WAKE | FUTEX_PRIVATE_FLAG) as usize;
    if has_futex() {
        // SAFETY: the kernel takes the address for a name.
        unsafe { futex(word, operation, count as usize, 0, 0, 0, 0) };
    }
}
