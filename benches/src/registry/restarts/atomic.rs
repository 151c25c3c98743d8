//! The atomics that the index is compiled with here: the usual ones, and a reader that begins again is counted.

pub(crate) use core::sync::atomic::{AtomicU64, Ordering, fence};

use std::cell::Cell;

thread_local! {
    static RESTARTS: Cell<u64> = const { Cell::new(0) };
}

/// No time is measured here.
pub(crate) const fn prefetch<T>(_: *const T) {}

pub(crate) fn restarted() {
    RESTARTS.with(|restarts| restarts.set(restarts.get() + 1));
}

/// How many times readers of this thread began again.
pub(crate) fn restarts() -> u64 {
    RESTARTS.with(Cell::get)
}
