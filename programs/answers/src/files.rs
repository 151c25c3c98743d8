//! Mappings of objects: one that the program makes, its own file, and a directory.

use core::{
    ffi::{CStr, c_void},
    ptr::null_mut,
};

use rawmap::{MapFlags, Prot, RawFd, Result, SyncFlags, raw};
use rawmap_bare::{
    Start, call,
    file::{self, Access},
};

use crate::{
    answer::{Answer, ask},
    child::{answered, load_in_child},
    object,
    pages::{NO_REPLACE, PAGE, PRIVATE_FILE, READ_WRITE, SHARED_FILE, load, page, pages, store},
};

/// Descriptors are part of the answers, and a program may have been given some.
pub(crate) fn close_what_was_inherited() {
    for descriptor in 3..64 {
        call::close(descriptor);
    }
}

pub(crate) fn ask_kernel(start: &Start) {
    let opened = object::open();
    ask("open O_CREAT", || {
        opened.map(|descriptor| descriptor as usize)
    });
    if let Ok(descriptor) = opened {
        ask("ftruncate 3 pages", || {
            answered(file::truncate(descriptor, 3 * PAGE as u64))
        });
        contents(descriptor);
        arguments(descriptor);
        access(start);
        ask("fixed-excl file on used", || {
            let used = pages(1)?;
            // SAFETY: if the page is replaced after all, nothing refers to it.
            let got = unsafe {
                raw::mmap(
                    used,
                    PAGE,
                    Prot::READ,
                    PRIVATE_FILE | NO_REPLACE,
                    descriptor,
                    0,
                )?
            };
            Ok(if got == used {
                Answer::from(got)
            } else {
                Answer::Elsewhere
            })
        });
        // A name that can't be removed changes no answer.
        #[cfg(any(target_os = "linux", target_os = "freebsd"))]
        let _ = object::remove();
    }
    ask("mmap a directory", || {
        map(PAGE, Prot::READ, PRIVATE_FILE, open(c"/")?, 0)
    });
}

fn open(path: &CStr) -> Result<RawFd> {
    answered(file::open(path, Access::Read))
}

/// A mapping where the kernel chooses.
fn map(
    len: usize,
    prot: Prot,
    flags: MapFlags,
    descriptor: RawFd,
    offset: usize,
) -> Result<*mut c_void> {
    // SAFETY: new memory; the object is the program's own, or nothing of it is written.
    unsafe { raw::mmap(null_mut(), len, prot, flags, descriptor, offset as u64) }
}

/// What is stored in one mapping is in the object and in the other.
fn contents(descriptor: RawFd) {
    ask("mmap one page more than the object", || {
        map(4 * PAGE, Prot::READ, SHARED_FILE, descriptor, 0).map(|_| true)
    });
    let mapped = map(3 * PAGE, READ_WRITE, SHARED_FILE, descriptor, 0);
    ask("mmap file shared", || mapped);
    let Ok(mapped) = mapped else { return };
    // SAFETY: the mappings are new, and the object has three pages.
    unsafe {
        store(page(mapped, 1), 0x5a);
        ask("msync file", || {
            raw::msync(mapped, 3 * PAGE, SyncFlags::SYNC)
        });
        ask("mmap file offset P sees write", || {
            Ok(load(map(PAGE, Prot::READ, SHARED_FILE, descriptor, PAGE)?))
        });
    }
}

fn arguments(descriptor: RawFd) {
    ask("mmap file len 0", || {
        map(0, Prot::READ, SHARED_FILE, descriptor, 0)
    });
    ask("mmap file, no type", || {
        map(PAGE, Prot::READ, MapFlags::empty(), descriptor, 0)
    });
    ask("mmap file offset 100", || {
        map(PAGE, Prot::READ, PRIVATE_FILE, descriptor, 100)
    });
    ask("mmap file far past the end, then read", || {
        load_in_child(map(PAGE, Prot::READ, SHARED_FILE, descriptor, 8 * PAGE)?)
    });
}

/// What a descriptor does not allow.
fn access(start: &Start) {
    // A kernel that gives a program no name has nothing to open.
    let opened = open(start.argument(0).unwrap_or_default());
    ask("open argv[0] read-only", || {
        opened.map(|descriptor| descriptor as usize)
    });
    if let Ok(read_only) = opened {
        ask("ro fd shared write", || {
            map(PAGE, READ_WRITE, SHARED_FILE, read_only, 0)
        });
        ask("ro fd private write", || {
            map(PAGE, READ_WRITE, PRIVATE_FILE, read_only, 0)
        });
        ask("ro fd shared read, mprotect RW", || {
            let mapped = map(PAGE, Prot::READ, SHARED_FILE, read_only, 0)?;
            // SAFETY: the mapping is new, and nothing refers to it.
            unsafe { raw::mprotect(mapped, PAGE, READ_WRITE) }
        });
    }
    #[cfg(target_os = "linux")]
    ask("wo fd read", || {
        let write_only = object::open_for_writing_only()?;
        map(PAGE, Prot::READ, SHARED_FILE, write_only, 0)
    });
}
