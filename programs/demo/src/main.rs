//! A static program without libc: it maps, writes, protects, advises, remaps where the system can, unmaps, and says
//! what it found, as TAP; exit status 0 if everything was as expected, else 1.
#![no_std]
#![no_main]

mod walk;

use rawmap_bare::{Start, program, report::Report};

program!(run);

fn run(start: &Start) -> i32 {
    let mut report = Report::default();
    walk::page_size(&mut report, start);
    walk::anonymous(&mut report);
    walk::resize(&mut report);
    walk::file(&mut report, start);
    walk::refusals(&mut report);
    walk::memory_object(&mut report);
    report.end()
}
