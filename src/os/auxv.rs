//! The auxiliary vector: what a kernel tells a program at its start, as pairs of a type and a value. It ends
//! with the type AT_NULL, which is 0 everywhere.

use super::{AT_NULL, AT_PAGESZ};

/// The value of AT_PAGESZ, if the vector has one.
///
/// # Safety
///
/// `auxv` points to the first entry of a vector that ends with AT_NULL.
pub(crate) unsafe fn page_size(auxv: *const usize) -> Option<usize> {
    // SAFETY: the caller's contract.
    unsafe { value(auxv, AT_PAGESZ) }
}

/// The value of the first entry of a type, if the vector has one.
///
/// # Safety
///
/// `auxv` points to the first entry of a vector that ends with AT_NULL.
pub(super) unsafe fn value(auxv: *const usize, wanted: u32) -> Option<usize> {
    let mut entry = auxv;
    loop {
        // SAFETY: no entry before this one was AT_NULL, so both words of this one can be read.
        let (kind, value) = unsafe { (entry.read(), entry.add(1).read()) };
        // NetBSD's types have 32 bits and four bytes of padding behind them, which may hold anything; the
        // types of the others are small.
        match kind as u32 {
            AT_NULL => return None,
            found if found == wanted => return Some(value),
            // SAFETY: this entry is not the last one.
            _ => entry = unsafe { entry.add(2) },
        }
    }
}
