//! Which thread this is, and sleeping until another one says so.

use super::{UMTX_OP_WAIT_UINT_PRIVATE, UMTX_OP_WAKE_PRIVATE, thr_self, umtx_op};

/// The kernel's number of this thread, which no other thread of the process has; never 0.
pub(crate) fn thread_id() -> u32 {
    let mut id = 0i64;
    // SAFETY: the kernel writes a long.
    unsafe { thr_self((&raw mut id).expose_provenance()) };
    // Thread numbers begin above process numbers and fit in 32 bits.
    id as u32
}

/// Sleeps while the 32-bit word at this address is this one, until woken, or for no reason at all.
pub(crate) fn wait(word: usize, while_it_is: u32) {
    let operation = UMTX_OP_WAIT_UINT_PRIVATE as usize;
    // SAFETY: the kernel reads the word; without a time it waits for as long as it takes.
    unsafe { umtx_op(word, operation, while_it_is as usize, 0, 0) };
}

/// Wakes so many of those that sleep on the word at this address.
pub(crate) fn wake(word: usize, count: u32) {
    let operation = UMTX_OP_WAKE_PRIVATE as usize;
    // SAFETY: the kernel takes the address for a name.
    unsafe { umtx_op(word, operation, count as usize, 0, 0) };
}
