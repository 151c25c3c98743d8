//! What a call must leave alone: values that the compiler keeps in registers, and locals below the stack pointer.
//!
//! The program is made so that the compiler has to keep more values alive across a call than the kernel leaves
//! registers alone: one that is declared as kept and is not loses a value here. On aarch64, where calls are not
//! inlined, it shows that the procedure-call standard is kept. TAP on the standard output; exit
//! status 0 if nothing was lost, else 1.
#![no_std]
#![no_main]

use core::{arch::asm, ffi::c_void, ptr};

use rawmap::{Advice, MapFlags, MapType, Prot, raw};
use rawmap_bare::{Start, program, report::Report};

program!(run);

const PRIVATE: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);

fn run(_: &Start) -> i32 {
    let mut report = Report::default();
    registers(&mut report);
    let mut result = ptr::null_mut();
    let intact = locals_across_a_call(&mut result);
    report.row(intact, "locals below the stack pointer across mmap");
    report.end()
}

/// The value, in a register whatever the compiler knows of it: more of these alive at once than there are registers
/// leave it no choice but to use all that it believes to be kept.
#[inline(always)]
fn pinned(value: usize) -> usize {
    let mut value = value;
    // SAFETY: no instruction; it only hides where the value comes from.
    unsafe { asm!("/* {0} */", inout(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Calls with 28 values alive across the call, and says whether the call succeeded and none of them is lost.
macro_rules! keeps {
    ($call:expr) => {
        keeps!($call, a b c d e f g h i j k l m n o p q r s t u v w x y z aa bb)
    };
    ($call:expr, $($value:ident)*) => {{
        let mut next = 0;
        $(
            next += 1;
            let $value = pinned(next);
        )*
        let done = $call.is_ok();
        let mut next = 0;
        let mut lost = 0;
        $(
            next += 1;
            lost |= pinned($value) ^ next;
        )*
        done && lost == 0
    }};
}

/// Calls of each number of arguments, whose arguments are looked at again afterwards.
fn registers(report: &mut Report) {
    let (len, zero) = (pinned(rawmap::page_size()), pinned(0));
    let page;
    // SAFETY: the page is mapped here, is this function's, and is not looked at after it is unmapped.
    unsafe {
        let kept = keeps!({
            let null = ptr::without_provenance_mut(zero);
            let mapped = raw::mmap(null, len, Prot::READ, PRIVATE, -1, zero as u64);
            page = mapped.unwrap_or(null);
            mapped
        });
        report.row(
            kept && pinned(len) == rawmap::page_size() && pinned(zero) == 0,
            "registers across mmap",
        );

        let prot = pinned(Prot::READ.bits() as usize) as u32;
        let kept = keeps!(raw::mprotect(page, len, Prot::from_bits_retain(prot)));
        report.row(
            kept && pinned(len) == rawmap::page_size()
                && pinned(prot as usize) == Prot::READ.bits() as usize,
            "registers across mprotect",
        );

        let advice = pinned(Advice::NORMAL.raw() as usize) as i32;
        let kept = keeps!(raw::madvise(page, len, Advice::from_raw(advice)));
        report.row(
            kept && pinned(len) == rawmap::page_size()
                && pinned(advice as usize) == Advice::NORMAL.raw() as usize,
            "registers across madvise",
        );

        let kept = keeps!(raw::munmap(page, len));
        report.row(
            kept && pinned(len) == rawmap::page_size(),
            "registers across munmap",
        );

        let kept = keeps!(raw::munlockall());
        report.row(kept, "registers across munlockall");
    }
}

/// Keeps locals in the red zone across a call that has an argument on the stack of NetBSD on x86_64. It calls no
/// function, so the compiler may put the locals below the stack pointer.
#[inline(never)]
fn locals_across_a_call(result: &mut *mut c_void) -> bool {
    let mut locals = [0usize; 12];
    let first = (&raw mut locals).cast::<usize>();
    for at in 0..12 {
        // SAFETY: `at` lies within the array.
        unsafe { first.add(at).write_volatile(at) };
    }
    // SAFETY: a new mapping that nothing refers to, and that the process keeps.
    if let Ok(page) = unsafe { raw::mmap(ptr::null_mut(), 1, Prot::NONE, PRIVATE, -1, 0) } {
        *result = page;
    }
    let mut intact = !result.is_null();
    for at in 0..12 {
        // SAFETY: `at` lies within the array.
        intact &= unsafe { first.add(at).read_volatile() } == at;
    }
    intact
}
