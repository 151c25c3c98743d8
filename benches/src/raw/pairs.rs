//! The pairs, each in a function of its own: a compiler that saw the loop around it would load constants only once.

use core::{arch::asm, num::NonZeroUsize, ptr};

use rawmap_benches::failed;

/// One anonymous page.
const LEN: usize = 4096;

/// The kinds of pairs by name.
pub(crate) const PAIRS: [(&str, fn()); 8] = [
    ("bare", bare),
    ("rawmap", rawmap),
    ("rawmap_discarded", rawmap_discarded),
    ("syscalls", syscalls),
    ("rustix", rustix),
    ("libc", libc),
    ("nix", nix),
    ("memmap2", memmap2),
];

/// Both calls by assembly, both results compared with the range of errors: the least that a program can do.
#[inline(never)]
fn bare() {
    let mapped: usize;
    let unmapped: usize;
    // SAFETY: a new page, and its end; the registers are those of Linux on x86_64.
    unsafe {
        asm!("syscall", inlateout("rax") 9usize => mapped, in("rdi") 0, in("rsi") LEN, in("rdx") 3, in("r10") 0x22,
            in("r8") -1isize, in("r9") 0, lateout("rcx") _, lateout("r11") _, options(nostack, preserves_flags));
        if mapped > -4096isize as usize {
            failed();
        }
        asm!("syscall", inlateout("rax") 11usize => unmapped, in("rdi") mapped, in("rsi") LEN,
            lateout("rcx") _, lateout("r11") _, options(nostack, preserves_flags));
        if unmapped > -4096isize as usize {
            failed();
        }
    }
}

const PROT: rawmap::Prot = rawmap::Prot::READ.union(rawmap::Prot::WRITE);
const FLAGS: rawmap::MapFlags = rawmap::MapFlags::ANONYMOUS.with_type(rawmap::MapType::PRIVATE);

#[inline(never)]
fn rawmap() {
    // SAFETY: a new page, and its end.
    unsafe {
        let Ok(page) = rawmap::raw::mmap(ptr::null_mut(), LEN, PROT, FLAGS, -1, 0) else {
            failed()
        };
        if rawmap::raw::munmap(page, LEN).is_err() {
            failed();
        }
    }
}

/// What is left when nobody asks whether the calls succeeded.
#[inline(never)]
fn rawmap_discarded() {
    // SAFETY: a new page, and its end. That there is one is taken for granted, as nothing else can be without a look
    // at the result.
    unsafe {
        let page = rawmap::raw::mmap(ptr::null_mut(), LEN, PROT, FLAGS, -1, 0).unwrap_unchecked();
        let _ = rawmap::raw::munmap(page, LEN);
    }
}

#[inline(never)]
fn syscalls() {
    use syscalls::{Sysno, syscall2, syscall6};
    // SAFETY: a new page, and its end.
    unsafe {
        let Ok(page) = syscall6(Sysno::mmap, 0, LEN, 3, 0x22, usize::MAX, 0) else {
            failed()
        };
        if syscall2(Sysno::munmap, page, LEN).is_err() {
            failed();
        }
    }
}

#[inline(never)]
fn rustix() {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
    // SAFETY: a new page, and its end.
    unsafe {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let Ok(page) = mmap_anonymous(ptr::null_mut(), LEN, prot, MapFlags::PRIVATE) else {
            failed()
        };
        if munmap(page, LEN).is_err() {
            failed();
        }
    }
}

#[inline(never)]
fn libc() {
    use libc::{MAP_ANONYMOUS, MAP_FAILED, MAP_PRIVATE, PROT_READ, PROT_WRITE, mmap, munmap};
    // SAFETY: a new page, and its end.
    unsafe {
        let page = mmap(
            ptr::null_mut(),
            LEN,
            PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS,
            -1,
            0,
        );
        if page == MAP_FAILED || munmap(page, LEN) != 0 {
            failed();
        }
    }
}

#[inline(never)]
fn nix() {
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
    const LENGTH: NonZeroUsize = NonZeroUsize::MIN.saturating_add(LEN - 1);
    // SAFETY: a new page, and its end.
    unsafe {
        let prot = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let Ok(page) = mmap_anonymous(None, LENGTH, prot, MapFlags::MAP_PRIVATE) else {
            failed()
        };
        if munmap(page, LEN).is_err() {
            failed();
        }
    }
}

/// Its drop has no result to look at.
#[inline(never)]
fn memmap2() {
    let Ok(page) = memmap2::MmapOptions::new().len(LEN).map_anon() else {
        failed()
    };
    drop(page);
}
