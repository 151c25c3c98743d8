//! mincore.

use core::ptr::without_provenance_mut;

use rawmap::raw;

use crate::{
    answer::ask,
    pages::{PAGE, gone, pages},
};

pub(crate) fn ask_kernel() {
    let mut told = [0u8; 2];
    let told = told.as_mut_ptr();
    // SAFETY: `told` has room for the two pages that an unaligned page of bytes may touch; no byte of the program lies
    // at 8.
    unsafe {
        ask("mincore unaligned", || {
            raw::mincore(pages(1)?.wrapping_byte_add(5), PAGE, told)
        });
        ask("mincore unmapped", || raw::mincore(gone(1)?, PAGE, told));
        ask("mincore len 0", || raw::mincore(pages(1)?, 0, told));
        ask("mincore bad vec", || {
            raw::mincore(pages(1)?, PAGE, without_provenance_mut(8))
        });
    }
}
