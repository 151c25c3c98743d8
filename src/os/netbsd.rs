//! NetBSD: mmap has a padding argument before its offset, mremap another order than its Linux namesake, and
//! memfd_create came with 11.

use super::bsd::sysctl::Release;
use crate::arch::{call1, call2, call3, call5, call6, call7};

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

pub(crate) use super::bsd::{
    contents::{discard_lazily, discard_to_zero},
    inheritance::inherit,
    placement::{huge_pages, map_anywhere, map_over, protection},
    sysctl::page_size,
};
pub(crate) use constants::*;
pub(crate) use contents::sync;
pub(crate) use errno::error_text;
#[cfg(feature = "mapping")]
pub(crate) use files::{OBJECTS_HAVE_NO_TYPE, new_object, open, set_len, status};
pub(crate) use locking::{lock, unlock};
pub(crate) use moving::{grow_anywhere, grow_in_place, move_to};
pub(crate) use placement::{
    CONCEAL, HARMLESS_FLAGS, POPULATE, map_at, map_within, refusal, settle,
};
#[cfg_attr(not(feature = "registry"), allow(unused_imports))]
pub(crate) use threads::{thread_id, wait, wake};

/// Stands before an `off_t`, where 32-bit machines need an even register; the kernel ignores it.
const PAD: usize = 0;

calls! {
    mmap(addr, len, prot, flags, fd, offset) => call7::<SYS_MMAP>(addr, len, prot, flags, fd, PAD, offset);
    munmap(addr, len) => call2::<SYS_MUNMAP>(addr, len);
    mprotect(addr, len, prot) => call3::<SYS_MPROTECT>(addr, len, prot);
    madvise(addr, len, advice) => call3::<SYS_MADVISE>(addr, len, advice);
    msync(addr, len, flags) => call3::<SYS_MSYNC>(addr, len, flags);
    mremap(old_addr, old_len, new_len, flags, new_addr) => call5::<SYS_MREMAP>(old_addr, old_len, new_addr, new_len, flags);
    mincore(addr, len, vec) => call3::<SYS_MINCORE>(addr, len, vec);
    mlock(addr, len) => call2::<SYS_MLOCK>(addr, len);
    munlock(addr, len) => call2::<SYS_MUNLOCK>(addr, len);
    mlockall(flags) => call1::<SYS_MLOCKALL>(flags);
    munlockall() => call1::<SYS_MUNLOCKALL>(0);
    minherit(addr, len, inherit) => call3::<SYS_MINHERIT>(addr, len, inherit);
    memfd_create(name, flags) => if has_memfd_create() {
        call2::<SYS_MEMFD_CREATE>(name, flags)
    } else {
        super::ABSENT
    };
    lwp_self() => call1::<SYS_LWP_SELF>(0);
    sched_yield() => call1::<SYS_SCHED_YIELD>(0);
    futex(word, operation, value, timeout, word2, value2, value3) => call7::<SYS_FUTEX>(word, operation, value, timeout, word2, value2, value3);
    #[cfg(feature = "mapping")]
    open3(path, flags, mode) => call3::<SYS_OPEN>(path, flags, mode);
    #[cfg(feature = "mapping")]
    fstat(fd, buffer) => call2::<SYS_FSTAT>(fd, buffer);
    #[cfg(feature = "mapping")]
    ftruncate(fd, len) => call3::<SYS_FTRUNCATE>(fd, PAD, len);
    close(descriptor) => call1::<SYS_CLOSE>(descriptor);
    sysctl(name, name_len, old, old_len, new, new_len) => call6::<SYS_SYSCTL>(name, name_len, old, old_len, new, new_len);
}

absent! {
    #[cfg(feature = "mapping")]
    mseal(addr, len);
    #[cfg(feature = "mapping")]
    name_memory(addr, len, name);
    mlock_onfault(addr, len);
}

/// kern.osrevision, which is `__NetBSD_Version__` of the running kernel: MMmmrrpp00.
static RELEASE: Release = Release::new(KERN_OSREV);

/// 10.99.12 is the oldest kernel on which it was seen; the first release with it is 11.0.
///
/// Never inlined: where another crate's code used the static, its address would come from a table that has to be
/// relocated first.
#[inline(never)]
fn has_memfd_create() -> bool {
    RELEASE.at_least(10_99_00_12_00)
}

/// It came with 10.0.
#[inline(never)]
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
fn has_futex() -> bool {
    RELEASE.at_least(10_00_00_00_00)
}

/// PROT_MPROTECT(prot).
pub(crate) const fn max_protection(prot: u32) -> u32 {
    prot << PROT_MPROTECT_SHIFT
}

// minherit's values, under the names that FreeBSD gives them.
pub(crate) const INHERIT_SHARE: i32 = MAP_INHERIT_SHARE;
pub(crate) const INHERIT_COPY: i32 = MAP_INHERIT_COPY;
pub(crate) const INHERIT_NONE: i32 = MAP_INHERIT_NONE;
pub(crate) const INHERIT_DONATE_COPY: i32 = MAP_INHERIT_DONATE_COPY;
pub(crate) const INHERIT_ZERO: i32 = MAP_INHERIT_ZERO;

/// May a program read the thread pointer's register? On aarch64 always; on x86_64 the kernel does not say.
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
pub(crate) const fn reads_thread_pointer() -> bool {
    cfg!(target_arch = "aarch64")
}

/// The advice that asks for larger pages: there is none.
#[cfg(feature = "mapping")]
pub(crate) const PREFER_HUGE_PAGES: Option<i32> = None;

/// The advice that keeps memory out of core dumps, or lets it into them again: there is none.
#[cfg(feature = "mapping")]
pub(crate) const fn conceal(_conceal: bool) -> Option<i32> {
    None
}

/// A range without bytes touches no page.
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
pub(crate) const TOUCHES_EMPTY_RANGES: bool = false;

/// The protection bits that a portable request may carry.
pub(crate) const SETTABLE_PROTECTION: u32 = PROT_READ | PROT_WRITE | PROT_EXEC;

/// The bits of the sharing type, for which the headers have no name.
pub(crate) const MAP_TYPE: u32 = MAP_SHARED | MAP_PRIVATE;

/// The bit of mincore's bytes that says that a page is in memory, for which the headers have no name.
pub(crate) const MINCORE_INCORE: u8 = 1;
