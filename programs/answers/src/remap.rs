//! mremap as NetBSD has it.

use core::{ffi::c_void, ptr::null_mut};

use rawmap::{RemapFlags, Result, raw};

use crate::{
    answer::{ask, tell},
    pages::{PAGE, READ_WRITE, SHARED, anonymous, fill, gone, is_mapped, load, page, pages, store},
};

pub(crate) fn ask_kernel() {
    shrinking();
    growing();
    moving();
    duplicates();
    refusals();
}

/// Eight pages, of which the last four are gone.
fn half() -> Result<*mut c_void> {
    let start = pages(8)?;
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe { raw::munmap(page(start, 4), 4 * PAGE)? };
    Ok(start)
}

fn shrinking() {
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe {
        ask("mremap shrink same place", || {
            let old = pages(4)?;
            let new = raw::mremap(old, 4 * PAGE, 2 * PAGE, RemapFlags::empty(), old)?;
            let tail = is_mapped(page(old, 2));
            tell("mremap shrink: tail mapped", format_args!("{tail}"));
            Ok(new == old)
        });
        ask("mremap shrink FIXED", || {
            let old = pages(4)?;
            Ok(raw::mremap(old, 4 * PAGE, 2 * PAGE, RemapFlags::FIXED, old)? == old)
        });
    }
}

fn growing() {
    // SAFETY: the pages are new, and nothing refers to them; where they grow to, the kernel has to say that nothing is.
    unsafe {
        ask("mremap grow free (same?)", || {
            let old = half()?;
            fill(old, 4);
            let new = raw::mremap(old, 4 * PAGE, 8 * PAGE, RemapFlags::empty(), old)?;
            tell(
                "mremap grow free: content, old mapped",
                format_args!("{} {}", load(new), is_mapped(old)),
            );
            Ok(new == old)
        });
        ask("mremap grow FIXED same, free", || {
            let old = half()?;
            Ok(raw::mremap(old, 4 * PAGE, 8 * PAGE, RemapFlags::FIXED, old)? == old)
        });
        ask("mremap grow FIXED same, blocked", || {
            let old = pages(8)?;
            raw::mremap(old, 4 * PAGE, 8 * PAGE, RemapFlags::FIXED, old)
        });
        ask("mremap grow blocked moves", || {
            let old = pages(8)?;
            fill(old, 8);
            let flags = RemapFlags::empty();
            let new = raw::mremap(old, 4 * PAGE, 8 * PAGE, flags, null_mut())?;
            tell(
                "mremap grow blocked: old mapped",
                format_args!("{}", is_mapped(old)),
            );
            Ok(new != old)
        });
    }
}

fn moving() {
    // SAFETY: the pages are new, and nothing refers to them, nor to those at the new place.
    unsafe {
        ask("mremap FIXED to used", || {
            let (old, used) = (pages(4)?, pages(4)?);
            raw::mremap(old, 4 * PAGE, 4 * PAGE, RemapFlags::FIXED, used)
        });
        ask("mremap FIXED to free", || {
            let old = pages(4)?;
            fill(old, 4);
            let free = gone(4)?;
            let new = raw::mremap(old, 4 * PAGE, 4 * PAGE, RemapFlags::FIXED, free)?;
            tell(
                "mremap FIXED to free: content, old mapped",
                format_args!("{} {}", load(new), is_mapped(old)),
            );
            Ok(new == free)
        });
        ask("mremap ALIGNED(21)", || {
            let old = pages(4)?;
            let flags = RemapFlags::empty().with_aligned(21);
            let new = raw::mremap(old, 4 * PAGE, 4 * PAGE, flags, null_mut())?;
            Ok(new.addr() % (1 << 21))
        });
    }
}

fn duplicates() {
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe {
        ask("mremap REMAPDUP", || {
            let old = anonymous(null_mut(), PAGE, READ_WRITE, SHARED)?;
            fill(old, 1);
            let twin = raw::mremap(old, PAGE, PAGE, RemapFlags::REMAPDUP, null_mut())?;
            store(old, 33);
            tell(
                "mremap REMAPDUP: old mapped, twin sees",
                format_args!("{} {}", is_mapped(old), load(twin)),
            );
            Ok(true)
        });
        ask("mremap REMAPDUP private", || {
            let old = pages(1)?;
            fill(old, 1);
            let twin = raw::mremap(old, PAGE, PAGE, RemapFlags::REMAPDUP, null_mut())?;
            store(old, 33);
            Ok(load(twin))
        });
    }
}

fn refusals() {
    let none = RemapFlags::empty();
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe {
        ask("mremap zero new", || {
            raw::mremap(pages(1)?, PAGE, 0, none, null_mut())
        });
        ask("mremap zero old", || {
            raw::mremap(pages(1)?, 0, PAGE, none, null_mut())
        });
        ask("mremap unaligned old", || {
            let old = pages(1)?.wrapping_byte_add(5);
            raw::mremap(old, PAGE, PAGE, none, null_mut())
        });
        ask("mremap unmapped old", || {
            raw::mremap(gone(1)?, PAGE, 2 * PAGE, none, null_mut())
        });
        ask("mremap unknown flag", || {
            let unknown = RemapFlags::from_bits_retain(1);
            raw::mremap(pages(1)?, PAGE, 2 * PAGE, unknown, null_mut())
        });
    }
}
