//! What a program sees of a range: which pages are there, and what they begin with.

use core::ffi::c_void;

use rawmap::page_size;

use crate::layout::{Layout, mapped};

/// For each page its first byte, or nothing if no page is there.
///
/// # Safety
///
/// What is mapped there can be read.
pub(crate) unsafe fn seen<const COUNT: usize>(start: *mut c_void) -> [Option<u8>; COUNT] {
    let mut bytes = [None; COUNT];
    for (page, byte) in bytes.iter_mut().enumerate() {
        let start = start.wrapping_byte_add(page * page_size());
        if mapped(start, 1) == Layout::of("x") {
            // SAFETY: the caller's contract.
            *byte = Some(unsafe { start.cast::<u8>().read_volatile() });
        }
    }
    bytes
}
