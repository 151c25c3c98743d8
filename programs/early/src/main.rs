//! A static-PIE program that uses `rawmap::raw` and `page_size` before it has relocated itself, as a loader or a C
//! runtime does in its first instructions. It shows that the relocations were still pending then, applies them,
//! and uses the crate once more.
#![no_std]
#![no_main]

mod relocate;

use core::ptr;

use rawmap::{MapFlags, MapType, Prot, raw};
use rawmap_bare::{Start, program, report::Report};

program!(run);

static TARGET: u8 = 7;
/// A pointer in memory: the linker can't know its value in a program that is loaded anywhere.
static POINTER: &u8 = &TARGET;

/// Does the pointer in memory hold the address that code computes from the program counter?
fn relocated() -> bool {
    // SAFETY: a static of this program. Volatile, so that it is looked at and not known.
    let stored = unsafe { (&raw const POINTER).cast::<usize>().read_volatile() };
    stored == (&raw const TARGET).addr()
}

/// Maps, writes, protects and unmaps a page of the size that the crate tells.
fn use_the_crate() -> bool {
    let flags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);
    let len = rawmap::page_size();
    // SAFETY: a mapping of this function's own.
    unsafe {
        let Ok(page) = raw::mmap(ptr::null_mut(), len, Prot::READ | Prot::WRITE, flags, -1, 0)
        else {
            return false;
        };
        page.cast::<u8>().add(len - 1).write_volatile(9);
        let protected = raw::mprotect(page, len, Prot::READ).is_ok();
        let kept = page.cast::<u8>().add(len - 1).read_volatile() == 9;
        protected && kept && raw::munmap(page, len).is_ok()
    }
}

fn run(start: &Start) -> i32 {
    let pending = !relocated();
    let asked = rawmap::page_size() == start.page_size();
    let early = use_the_crate();
    // SAFETY: the vector that the kernel made.
    unsafe { rawmap::init_from_auxv(start.auxv().cast()) };
    let told = rawmap::page_size() == start.page_size();
    // SAFETY: nothing has used a relocated word yet but the test above, and no other thread runs.
    let applied = unsafe { relocate::relocate() };
    let mut report = Report::default();
    report.row(pending, "the program is not relocated yet");
    report.row(asked, "page_size before relocation");
    report.row(early, "mmap, mprotect, munmap before relocation");
    report.row(told, "init_from_auxv before relocation");
    report.row(
        applied > 0 && relocated(),
        "the program has relocated itself",
    );
    report.row(use_the_crate(), "mmap, mprotect, munmap after relocation");
    report.end()
}
