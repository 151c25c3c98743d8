//! A pair of calls, and running it.

use std::{arch::asm, hint::black_box};

/// A kind of pair, and its name.
pub type Pair = (&'static str, fn());

/// No pair: what calling one costs.
#[inline(never)]
pub(crate) fn empty() {
    // SAFETY: no instruction; it only keeps the call.
    unsafe { asm!("", options(nomem, nostack, preserves_flags)) };
}

/// Runs a kind of pair so many times.
#[inline(never)]
pub(crate) fn repeat(pair: fn(), pairs: u32) {
    for _ in 0..pairs {
        black_box(pair)();
    }
}

/// Ends the process by one instruction, so that no pair has to make a stack frame for it.
#[inline(always)]
pub fn failed() -> ! {
    // SAFETY: an invalid instruction, and nothing after it.
    unsafe { asm!("ud2", options(noreturn, nomem, nostack)) }
}
