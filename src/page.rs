//! The page size.

use core::{
    ffi::c_void,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::{arch, os};

/// 0 while not known.
static KNOWN: AtomicUsize = AtomicUsize::new(0);

/// The largest page that aarch64 has: a multiple of all the others.
const LARGEST: usize = 1 << 16;
const SMALLEST: usize = 1 << 12;

/// Is the size known without asking? If not, it may be a multiple of the real one.
pub(crate) const IS_CONSTANT: bool = arch::PAGE_SIZE.is_some();

/// The size of a page in bytes: the unit of every mapping, and the alignment of its addresses and offsets.
///
/// It is a power of two of at least 4096; the call never fails and never panics. On x86_64 it is the constant
/// 4096. On aarch64 it is what [`init_from_auxv`] was given, or else what the kernel says when it is first
/// asked: the auxiliary vector by `PR_GET_AUXV` on Linux since 6.4, before that the smallest address alignment
/// that madvise accepts; `hw.pagesize` on FreeBSD and NetBSD. Then it is remembered. If a sandbox refuses even
/// that, the answer is 65536, the largest page that an aarch64 system can have: it is a multiple of the real
/// one, so that what is aligned to it is aligned.
///
/// It needs no relocation (see [`raw`](crate::raw#before-relocation)), no thread-local storage and no start-up code,
/// and may be called from a signal handler.
///
/// **Systems:** all.
///
/// ```
/// let size = rawmap::page_size();
/// assert!(size.is_power_of_two() && size >= 4096);
/// ```
#[must_use]
#[inline]
pub fn page_size() -> usize {
    match arch::PAGE_SIZE {
        Some(size) => size,
        None => known(),
    }
}

/// Never inlined: where another crate's code read the static, its address would come from a table that has to be
/// relocated first.
#[inline(never)]
fn known() -> usize {
    // Relaxed: the word is all there is to know, and whoever still reads 0 finds out the same by asking.
    match KNOWN.load(Relaxed) {
        0 => ask(),
        size => size,
    }
}

#[cold]
fn ask() -> usize {
    match os::page_size().filter(|&size| is_page_size(size)) {
        Some(size) => {
            KNOWN.store(size, Relaxed);
            size
        }
        None => LARGEST,
    }
}

fn is_page_size(size: usize) -> bool {
    size.is_power_of_two() && size >= SMALLEST
}

/// Takes the page size from the auxiliary vector that the kernel gave the program at its start, which saves a
/// system call later.
///
/// `auxv` is the address of the first entry: behind the null that ends the environment, on every system. A
/// vector without a page size changes nothing.
///
/// **Systems:** all.
///
/// # Safety
///
/// `auxv` is aligned to a word and points to readable entries of two words, of which the last one is of type 0
/// (`AT_NULL`), and they do not change during the call.
///
/// # References
///
/// [Linux getauxval(3)](https://man7.org/linux/man-pages/man3/getauxval.3.html),
/// [FreeBSD elf_aux_info(3)](https://man.freebsd.org/cgi/man.cgi?query=elf_aux_info&sektion=3),
/// [NetBSD elf(5)](https://man.netbsd.org/elf.5)
#[inline(never)]
pub unsafe fn init_from_auxv(auxv: *const c_void) {
    // SAFETY: the caller's contract.
    let size = unsafe { os::page_size_in_auxv(auxv.cast()) };
    if let Some(size) = size.filter(|&size| is_page_size(size)) {
        // Relaxed, as above.
        KNOWN.store(size, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_what_the_architecture_has() {
        assert_eq!(os::page_size(), Some(page_size()));
    }

    #[test]
    fn the_vector_is_searched_to_its_end() {
        // A type has 32 bits on NetBSD, and what lies behind it may be anything.
        let padded = [
            0x7fff_0000_0000_0003,
            64,
            0x1234_5678_0000_0006,
            16384,
            0,
            0,
        ];
        let without = [3, 64, 0, 0, 6, 4096];
        // SAFETY: both end with the type 0.
        unsafe {
            assert_eq!(os::page_size_in_auxv(padded.as_ptr()), Some(16384));
            assert_eq!(os::page_size_in_auxv(without.as_ptr()), None);
        }
    }

    #[test]
    fn nonsense_is_no_page_size() {
        for size in [0, 1, 2048, 4095, 4097, 12288, usize::MAX] {
            assert!(!is_page_size(size), "{size}");
        }
        for size in [4096, 16384, 65536] {
            assert!(is_page_size(size), "{size}");
        }
    }
}
