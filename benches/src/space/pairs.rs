//! The pairs, each in a function of its own: a compiler that saw the loop around it would load constants only once.

use core::{hint::black_box, ptr};

use rawmap::{
    MapFlags, MapType, Prot, raw,
    space::{AddressSpace, Kernel, MapRequest},
};
use rawmap_benches::{Pair, failed};

/// One anonymous page.
const LEN: usize = 4096;

/// The kinds of pairs by name; ratios are to the first one.
pub(crate) const PAIRS: [Pair; 5] = [
    ("raw", raw),
    ("raw_constant", raw_constant),
    ("kernel", kernel),
    ("kernel_constant", kernel_constant),
    ("kernel_dyn", kernel_dyn),
];

const PROT: Prot = Prot::READ.union(Prot::WRITE);
const FLAGS: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);

#[inline(always)]
fn raw_of(len: usize) {
    // SAFETY: a new mapping, and its end.
    unsafe {
        let Ok(page) = raw::mmap(ptr::null_mut(), len, PROT, FLAGS, -1, 0) else {
            failed()
        };
        if raw::munmap(page, len).is_err() {
            failed();
        }
    }
}

#[inline(never)]
fn raw() {
    raw_of(black_box(LEN));
}

#[inline(never)]
fn raw_constant() {
    raw_of(LEN);
}

#[inline(always)]
fn space_of<A: AddressSpace + ?Sized>(space: &A, len: usize) {
    let Ok(region) = space.map(&MapRequest::anonymous(len)) else {
        failed()
    };
    // SAFETY: the region was made just now.
    if unsafe { space.unmap(region) }.is_err() {
        failed();
    }
}

#[inline(never)]
fn kernel() {
    space_of(&Kernel, black_box(LEN));
}

#[inline(never)]
fn kernel_constant() {
    space_of(&Kernel, LEN);
}

#[inline(never)]
fn kernel_dyn() {
    space_of::<dyn AddressSpace>(black_box(&Kernel), black_box(LEN));
}
