//! What a call must leave alone: values that the compiler keeps in registers, and locals below the stack pointer.
//!
//! The program is made so that the compiler has to keep more values alive across a call than the kernel leaves
//! registers alone: one that is declared as kept and is not loses a value here. TAP on the standard output; exit
//! status 0 if nothing was lost, else 1.
#![no_std]
#![no_main]

use core::{ffi::c_void, hint::black_box, ptr};

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

const VALUES: [usize; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

#[inline(never)]
fn same(values: &[usize; 12]) -> bool {
    values.iter().zip(&VALUES).all(|(a, b)| a == b)
}

/// Keeps two dozen values, and the arguments, alive across calls of each number of arguments.
fn registers(report: &mut Report) {
    // SAFETY: a new mapping.
    let mapped = unsafe {
        raw::mmap(
            ptr::null_mut(),
            rawmap::page_size(),
            Prot::READ,
            PRIVATE,
            -1,
            0,
        )
    };
    let page = mapped.unwrap_or(ptr::null_mut());
    macro_rules! keeps {
        ($what:literal, |$len:ident, $null:ident| $call:expr) => {{
            let ($len, $null) = black_box((rawmap::page_size(), ptr::null_mut::<c_void>()));
            let [a, b, c, d, e, f, g, h, i, j, k, l] = black_box(VALUES);
            let [m, n, o, p, q, r, s, t, u, v, w, x] = black_box(VALUES);
            // SAFETY: `page` is a page of this program that nothing else refers to, or null, where nothing is mapped.
            let done = unsafe { $call }.is_ok();
            let first = black_box([a, b, c, d, e, f, g, h, i, j, k, l]);
            let second = black_box([m, n, o, p, q, r, s, t, u, v, w, x]);
            let arguments = black_box(($len, $null)) == (rawmap::page_size(), ptr::null_mut());
            report.row(done && arguments && same(&first) && same(&second), $what);
        }};
    }
    keeps!("registers across mmap", |len, null| raw::mmap(
        null,
        len,
        Prot::NONE,
        PRIVATE,
        -1,
        0
    ));
    keeps!("registers across mprotect", |len, null| {
        let _ = null;
        raw::mprotect(page, len, Prot::READ)
    });
    keeps!("registers across madvise", |len, null| {
        let _ = null;
        raw::madvise(page, len, Advice::NORMAL)
    });
    keeps!("registers across munmap", |len, null| {
        let _ = null;
        raw::munmap(page, len)
    });
    keeps!("registers across munlockall", |len, null| {
        let _ = (len, null);
        raw::munlockall()
    });
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
