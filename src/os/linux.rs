//! Linux: every call takes its arguments in the order of the manual pages, an unknown number is an ordinary
//! ENOSYS, and the numbers come from the `syscalls` crate, since they differ between the architectures.

use core::mem::MaybeUninit;

use syscalls::Sysno;

use super::auxv;
use crate::{
    Errno,
    arch::{call1, call2, call3, call5, call6},
};

mod attributes;
#[cfg_attr(not(feature = "mapping"), allow(dead_code))]
mod constants;
mod contents;
mod errno;
#[cfg(feature = "mapping")]
mod files;
mod locking;
mod moving;
mod placement;
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
mod threads;

pub(crate) use attributes::{inherit, settle};
pub(crate) use constants::*;
pub(crate) use contents::{discard_lazily, discard_to_zero, sync};
pub(crate) use errno::error_text;
#[cfg(feature = "mapping")]
pub(crate) use files::{OBJECTS_HAVE_NO_TYPE, new_object, open, set_len, status};
pub(crate) use locking::{lock, unlock};
pub(crate) use moving::{grow_anywhere, grow_in_place, move_to};
pub(crate) use placement::{
    HARMLESS_FLAGS, huge_pages, map_anywhere, map_at, map_over, protection, refusal,
};

calls! {
    mmap(addr, len, prot, flags, fd, offset) => call6::<{ Sysno::mmap as usize }>(addr, len, prot, flags, fd, offset);
    munmap(addr, len) => call2::<{ Sysno::munmap as usize }>(addr, len);
    mprotect(addr, len, prot) => call3::<{ Sysno::mprotect as usize }>(addr, len, prot);
    madvise(addr, len, advice) => call3::<{ Sysno::madvise as usize }>(addr, len, advice);
    msync(addr, len, flags) => call3::<{ Sysno::msync as usize }>(addr, len, flags);
    mremap(old_addr, old_len, new_len, flags, new_addr) => call5::<{ Sysno::mremap as usize }>(old_addr, old_len, new_len, flags, new_addr);
    mincore(addr, len, vec) => call3::<{ Sysno::mincore as usize }>(addr, len, vec);
    mlock(addr, len) => call2::<{ Sysno::mlock as usize }>(addr, len);
    mlock_onfault(addr, len) => call3::<{ Sysno::mlock2 as usize }>(addr, len, MLOCK_ONFAULT as usize);
    munlock(addr, len) => call2::<{ Sysno::munlock as usize }>(addr, len);
    mlockall(flags) => call1::<{ Sysno::mlockall as usize }>(flags);
    munlockall() => call1::<{ Sysno::munlockall as usize }>(0);
    memfd_create(name, flags) => call2::<{ Sysno::memfd_create as usize }>(name, flags);
    #[cfg(feature = "mapping")]
    mseal(addr, len) => call3::<{ Sysno::mseal as usize }>(addr, len, 0);
    #[cfg(feature = "mapping")]
    openat(folder, path, flags, mode) => call5::<{ Sysno::openat as usize }>(folder, path, flags, mode, 0);
    #[cfg(feature = "mapping")]
    fstat(fd, buffer) => call2::<{ Sysno::fstat as usize }>(fd, buffer);
    #[cfg(feature = "mapping")]
    ftruncate(fd, len) => call2::<{ Sysno::ftruncate as usize }>(fd, len);
    #[cfg(feature = "mapping")]
    name_memory(addr, len, name) => call5::<{ Sysno::prctl as usize }>(PR_SET_VMA as usize, PR_SET_VMA_ANON_NAME as usize, addr, len, name);
    close(descriptor) => call1::<{ Sysno::close as usize }>(descriptor);
    gettid() => call1::<{ Sysno::gettid as usize }>(0);
    futex(word, operation, value, timeout) => call5::<{ Sysno::futex as usize }>(word, operation, value, timeout, 0);
}

absent! {
    minherit(addr, len, inherit);
}

/// Linux has no maximum protection: no bits stand for it.
pub(crate) const fn max_protection(_prot: u32) -> u32 {
    0
}

// Linux has no minherit: these are the crate's own numbers for what it does by advice.
pub(crate) const INHERIT_SHARE: i32 = 0;
pub(crate) const INHERIT_COPY: i32 = 1;
pub(crate) const INHERIT_NONE: i32 = 2;
pub(crate) const INHERIT_ZERO: i32 = 3;

#[cfg_attr(not(feature = "registry"), allow(unused_imports))]
pub(crate) use threads::{thread_id, wait, wake};

/// A range without bytes touches no page.
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
pub(crate) const TOUCHES_EMPTY_RANGES: bool = false;

/// The protection bits that a portable request may carry: on aarch64 landing pads and memory tags too.
#[cfg(target_arch = "x86_64")]
pub(crate) const SETTABLE_PROTECTION: u32 = PROT_READ | PROT_WRITE | PROT_EXEC;
/// The protection bits that a portable request may carry: on aarch64 landing pads and memory tags too.
#[cfg(target_arch = "aarch64")]
pub(crate) const SETTABLE_PROTECTION: u32 =
    PROT_READ | PROT_WRITE | PROT_EXEC | PROT_BTI | PROT_MTE;

/// The advice that asks for larger pages.
#[cfg(feature = "mapping")]
pub(crate) const PREFER_HUGE_PAGES: Option<i32> = Some(MADV_HUGEPAGE);

/// The advice that keeps memory out of core dumps, or lets it into them again.
#[cfg(feature = "mapping")]
pub(crate) const fn conceal(conceal: bool) -> Option<i32> {
    Some(if conceal { MADV_DONTDUMP } else { MADV_DODUMP })
}

/// Two words an entry; kernels have at most about 25 entries.
const AUXV_WORDS: usize = 128;

/// The page size: what the auxiliary vector says, else found by trying.
pub(crate) fn page_size() -> Option<usize> {
    in_auxv(AT_PAGESZ).or_else(smallest_aligned_address)
}

/// May a program read the thread pointer's register? On aarch64 always; on x86_64 the instruction for it is the kernel's
/// to allow, which it does since 5.9 where the processor has it.
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
pub(crate) fn reads_thread_pointer() -> bool {
    /// HWCAP2_FSGSBASE, for which only x86 has a header.
    const FSGSBASE: usize = 1 << 1;
    cfg!(target_arch = "aarch64") || in_auxv(AT_HWCAP2).is_some_and(|value| value & FSGSBASE != 0)
}

/// Asks for an entry of the auxiliary vector, which kernels tell since 6.4.
fn in_auxv(wanted: u32) -> Option<usize> {
    // Not filled beforehand: a loader that calls this first of all may have no memset yet.
    let mut auxv = [MaybeUninit::<usize>::uninit(); AUXV_WORDS];
    let start = auxv.as_mut_ptr().cast::<usize>();
    // One entry less than there is room for: the last one is AT_NULL, whatever the kernel writes before it.
    let size = size_of_val(&auxv) - 2 * size_of::<usize>();
    // SAFETY: the last entry lies within the array. The kernel writes at most `size` bytes before it, to the address
    // that is exposed.
    let answer = unsafe {
        start.add(AUXV_WORDS - 2).write(AT_NULL as usize);
        start.add(AUXV_WORDS - 1).write(0);
        call5::<{ Sysno::prctl as usize }>(
            PR_GET_AUXV as usize,
            start.expose_provenance(),
            size,
            0,
            0,
        )
    };
    Errno::of(answer).ok().and_then(|_| {
        // SAFETY: the kernel wrote its vector, which ends with AT_NULL, or as much of it as there was room for, up to
        // the entry that was kept back.
        unsafe { auxv::value(start, wanted) }
    })
}

/// The page size as the smallest power of two that madvise takes for an address: it refuses an unaligned one
/// before it looks at anything else, and with the length 0 it does nothing, whether something is mapped there
/// or not.
fn smallest_aligned_address() -> Option<usize> {
    (MIN_PAGE_SHIFT..=MAX_PAGE_SHIFT)
        .map(|shift| 1usize << shift)
        // SAFETY: no memory is touched, since the length is 0.
        .find(|&address| Errno::of(unsafe { madvise(address, 0, MADV_NORMAL as usize) }).is_ok())
}

/// Page sizes of this architecture lie between 4 and 64 KiB.
const MIN_PAGE_SHIFT: u32 = 12;
const MAX_PAGE_SHIFT: u32 = 16;

/// The bit of mincore's bytes that says that a page is in memory, for which the headers have no name.
pub(crate) const MINCORE_INCORE: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trying_addresses_finds_what_the_auxiliary_vector_says() {
        assert_eq!(smallest_aligned_address(), page_size());
    }
}
