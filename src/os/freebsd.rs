//! FreeBSD: arguments in the order of the manual pages. There is no mremap; shm_open2 came with 13.0.

use super::bsd::sysctl::Release;
use crate::arch::{call1, call2, call3, call5, call6};

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

calls! {
    mmap(addr, len, prot, flags, fd, offset) => call6::<SYS_MMAP>(addr, len, prot, flags, fd, offset);
    munmap(addr, len) => call2::<SYS_MUNMAP>(addr, len);
    mprotect(addr, len, prot) => call3::<SYS_MPROTECT>(addr, len, prot);
    madvise(addr, len, advice) => call3::<SYS_MADVISE>(addr, len, advice);
    msync(addr, len, flags) => call3::<SYS_MSYNC>(addr, len, flags);
    mincore(addr, len, vec) => call3::<SYS_MINCORE>(addr, len, vec);
    mlock(addr, len) => call2::<SYS_MLOCK>(addr, len);
    munlock(addr, len) => call2::<SYS_MUNLOCK>(addr, len);
    mlockall(flags) => call1::<SYS_MLOCKALL>(flags);
    munlockall() => call1::<SYS_MUNLOCKALL>(0);
    minherit(addr, len, inherit) => call3::<SYS_MINHERIT>(addr, len, inherit);
    shm_open2(path, open_flags, mode, flags, name) => if has_shm_open2() {
        call5::<SYS_SHM_OPEN2>(path, open_flags, mode, flags, name)
    } else {
        super::ABSENT
    };
    thr_self(id) => call1::<SYS_THR_SELF>(id);
    umtx_op(word, operation, value, first, second) => call5::<SYS_UMTX_OP>(word, operation, value, first, second);
    #[cfg(feature = "mapping")]
    open3(path, flags, mode) => call3::<SYS_OPEN>(path, flags, mode);
    #[cfg(feature = "mapping")]
    fstat(fd, buffer) => call2::<SYS_FSTAT>(fd, buffer);
    #[cfg(feature = "mapping")]
    ftruncate(fd, len) => call2::<SYS_FTRUNCATE>(fd, len);
    close(descriptor) => call1::<SYS_CLOSE>(descriptor);
    sysctl(name, name_len, old, old_len, new, new_len) => call6::<SYS_SYSCTL>(name, name_len, old, old_len, new, new_len);
}

absent! {
    #[cfg(feature = "mapping")]
    mseal(addr, len);
    #[cfg(feature = "mapping")]
    name_memory(addr, len, name);
    mremap(old_addr, old_len, new_len, flags, new_addr);
    mlock_onfault(addr, len);
}

/// kern.osreldate, which is `__FreeBSD_version` of the running kernel.
static RELEASE: Release = Release::new(KERN_OSRELDATE);

/// It came with 13.0-RELEASE.
///
/// Never inlined: where another crate's code used the static, its address would come from a table that has to be
/// relocated first.
#[inline(never)]
fn has_shm_open2() -> bool {
    RELEASE.at_least(1_300_139)
}

/// PROT_MAX(prot).
pub(crate) const fn max_protection(prot: u32) -> u32 {
    prot << PROT_MAX_SHIFT
}

/// May a program read the thread pointer's register? On aarch64 always; on x86_64 the kernel does not say.
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
pub(crate) const fn reads_thread_pointer() -> bool {
    cfg!(target_arch = "aarch64")
}

/// The advice that asks for larger pages: the system uses them by itself.
#[cfg(feature = "mapping")]
pub(crate) const PREFER_HUGE_PAGES: Option<i32> = None;

/// The advice that keeps memory out of core dumps, or lets it into them again.
#[cfg(feature = "mapping")]
pub(crate) const fn conceal(conceal: bool) -> Option<i32> {
    Some(if conceal { MADV_NOCORE } else { MADV_CORE })
}

/// A range without bytes that begins within a page touches that page: the address is rounded first.
#[cfg_attr(not(feature = "registry"), allow(dead_code))]
pub(crate) const TOUCHES_EMPTY_RANGES: bool = true;

/// The protection bits that a portable request may carry.
pub(crate) const SETTABLE_PROTECTION: u32 = PROT_READ | PROT_WRITE | PROT_EXEC;

/// The bits of the sharing type, for which the headers have no name.
pub(crate) const MAP_TYPE: u32 = MAP_SHARED | MAP_PRIVATE;
