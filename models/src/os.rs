//! The system as the registry sees it here: the real one, but for threads, which are those of a test or of a model, and
//! for asking what is mapped.

#[path = "../../src/os/mod.rs"]
mod kernel_calls;

pub(crate) use kernel_calls::*;

use std::cell::Cell;

use crate::{Result, script, sleep};

thread_local! {
    static THREAD: Cell<u32> = const { Cell::new(1) };
}

loom::thread_local! {
    static MODEL_THREAD: Cell<u32> = Cell::new(1);
}

/// This thread is to be known by this number.
pub(crate) fn become_thread(number: u32) {
    if crate::atomic::is_modelled() {
        MODEL_THREAD.with(|thread| thread.set(number));
    } else {
        THREAD.set(number);
    }
}

pub(crate) fn thread_id() -> u32 {
    if crate::atomic::is_modelled() {
        MODEL_THREAD.with(Cell::get)
    } else {
        THREAD.get()
    }
}

pub(crate) fn wait(word: usize, while_it_is: u32) {
    sleep::wait(word, while_it_is);
}

pub(crate) fn wake(word: usize, count: u32) {
    sleep::wake(word, count);
}

pub(crate) fn sync(addr: usize, len: usize, _wait: bool, _invalidate: bool) -> Result<()> {
    script::is_mapped(addr, len)
}

/// Threads go by the numbers above.
pub(crate) fn reads_thread_pointer() -> bool {
    false
}
