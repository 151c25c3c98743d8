//! The pairs, and calls on a part of a mapping; each in a function of its own: a compiler that saw the loop around it would
//! load constants only once.

use std::{
    hint::black_box,
    ops::Range,
    ptr,
    sync::atomic::{AtomicPtr, Ordering::Relaxed},
};

use rawmap::{
    Advice, MapFlags, MapType, Prot, SyncFlags,
    mapping::{Builder, Mapping},
    raw,
    space::{AddressSpace, Kernel, Region, SyncMode},
};
use rawmap_benches::{Pair, failed};

/// One anonymous page.
const LEN: usize = 4096;

/// The kinds of pairs by name; ratios are to the first one.
pub(crate) const PAIRS: [Pair; 15] = [
    ("raw", raw),
    ("raw_constant", raw_constant),
    ("mapping", mapping),
    ("mapping_constant", mapping_constant),
    ("mapping_kept", mapping_kept),
    ("mapping_unmap", mapping_unmap),
    ("memmap2", memmap2),
    ("raw_mprotect", raw_mprotect),
    ("space_protect", space_protect),
    ("mapping_protect", mapping_protect),
    ("raw_madvise", raw_madvise),
    ("space_advise", space_advise),
    ("mapping_advise", mapping_advise),
    ("raw_msync", raw_msync),
    ("mapping_sync", mapping_sync),
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
        black_box(page);
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
fn made(len: usize) -> Mapping {
    let Ok(mapping) = Mapping::anonymous(len) else {
        failed()
    };
    black_box(mapping.as_mut_ptr());
    mapping
}

#[inline(never)]
fn mapping() {
    drop(made(black_box(LEN)));
}

#[inline(never)]
fn mapping_constant() {
    drop(made(LEN));
}

/// With every field of the owner in memory, as it is where an owner is kept.
#[inline(never)]
fn mapping_kept() {
    drop(black_box(made(black_box(LEN))));
}

/// Whose end is looked at.
#[inline(never)]
fn mapping_unmap() {
    if made(black_box(LEN)).unmap().is_err() {
        failed();
    }
}

#[inline(never)]
fn memmap2() {
    let Ok(mapping) = memmap2::MmapMut::map_anon(black_box(LEN)) else {
        failed()
    };
    black_box(mapping.as_ptr());
    drop(mapping);
}

/// A shared mapping of four pages, which is made at the first use and stays.
#[inline(always)]
fn kept() -> &'static mut Mapping {
    static KEPT: AtomicPtr<Mapping> = AtomicPtr::new(ptr::null_mut());

    #[cold]
    fn make() -> *mut Mapping {
        let Ok(mapping) = Builder::object(4 * LEN).map() else {
            failed()
        };
        let kept = Box::leak(Box::new(mapping));
        KEPT.store(kept, Relaxed);
        kept
    }

    let mut kept = KEPT.load(Relaxed);
    if kept.is_null() {
        kept = make();
    }
    // SAFETY: each measured function borrows it once, and this program has one thread.
    unsafe { &mut *kept }
}

/// The second page, which the compiler does not know.
#[inline(always)]
fn part() -> Range<usize> {
    black_box(LEN)..black_box(2 * LEN)
}

#[inline(never)]
fn raw_mprotect() {
    let (kept, part) = (kept(), part());
    // SAFETY: the part is the mapping's, which nobody looks into.
    unsafe {
        let at = kept.as_mut_ptr().add(part.start).cast();
        if raw::mprotect(at, part.end - part.start, PROT).is_err() {
            failed();
        }
    }
}

/// A region that the layer below is given, unchecked.
#[inline(always)]
fn region(kept: &Mapping, part: Range<usize>) -> Region {
    // SAFETY: the part is the mapping's.
    let start = unsafe { kept.region().as_non_null().cast::<u8>().add(part.start) };
    Region::new(start.cast(), part.end - part.start)
}

#[inline(never)]
fn space_protect() {
    let (kept, part) = (kept(), part());
    // SAFETY: the part is the mapping's, which nobody looks into.
    if unsafe { Kernel.protect(region(kept, part), PROT) }.is_err() {
        failed();
    }
}

#[inline(never)]
fn space_advise() {
    let (kept, part) = (kept(), part());
    // SAFETY: advice that changes nothing.
    if unsafe { Kernel.advise(region(kept, part), Advice::NORMAL) }.is_err() {
        failed();
    }
}

#[inline(never)]
fn mapping_protect() {
    if kept().protect(part(), PROT).is_err() {
        failed();
    }
}

#[inline(never)]
fn raw_madvise() {
    let (kept, part) = (kept(), part());
    // SAFETY: advice that changes nothing.
    unsafe {
        let at = kept.as_mut_ptr().add(part.start).cast();
        if raw::madvise(at, part.end - part.start, Advice::NORMAL).is_err() {
            failed();
        }
    }
}

#[inline(never)]
fn mapping_advise() {
    if kept().advise(part(), Advice::NORMAL).is_err() {
        failed();
    }
}

#[inline(never)]
fn raw_msync() {
    let (kept, part) = (kept(), part());
    // SAFETY: no byte changes.
    unsafe {
        let at = kept.as_mut_ptr().add(part.start).cast();
        if raw::msync(at, part.end - part.start, SyncFlags::SYNC).is_err() {
            failed();
        }
    }
}

#[inline(never)]
fn mapping_sync() {
    if kept().sync(part(), SyncMode::Wait).is_err() {
        failed();
    }
}
