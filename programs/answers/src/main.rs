//! Asks the running kernel the questions that real kernels were asked, each memory call through `rawmap::raw`, and
//! prints `question = answer`, one a line.
//!
//! tests/data/kernel-answers has what the real kernels said, and `xtask` compares. An answer is a number;
//! `ok (address, low bits …)`; `errno N NAME`; for a child process its exit status, or 1000 and its signal. `errno
//! 4000` stands for another address than the one that was asked for.
#![no_std]
#![no_main]

mod advice;
mod answer;
mod child;
mod files;
#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
mod inheritance;
mod locking;
mod mapping;
mod number;
mod object;
mod pages;
#[cfg(all(target_os = "netbsd", feature = "pax"))]
mod pax;
mod placement;
mod process;
mod protection;
mod ranges;
mod registers;
#[cfg(target_os = "netbsd")]
mod remap;
mod residency;
mod start;
mod synchronisation;
mod text;

use rawmap_bare::{Start, program};

program!(run);

/// The order is that of the record: descriptors are numbered in it.
fn run(start: &Start) -> i32 {
    files::close_what_was_inherited();
    start::ask_kernel(start);
    registers::ask_kernel();
    mapping::ask_kernel();
    placement::ask_kernel();
    protection::ask_kernel();
    ranges::ask_kernel();
    advice::ask_kernel();
    synchronisation::ask_kernel();
    locking::ask_kernel();
    residency::ask_kernel();
    files::ask_kernel(start);
    #[cfg(target_os = "netbsd")]
    remap::ask_kernel();
    #[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
    inheritance::ask_kernel();
    process::ask_kernel();
    #[cfg(target_os = "freebsd")]
    {
        synchronisation::ask_of_nothing();
        locking::ask_of_too_much();
    }
    placement::ask_of_neighbours();
    answer::tell("done", format_args!("1"));
    0
}
