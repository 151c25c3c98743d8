//! Asks the running kernel how mapping calls behave, and compares each answer with the one that is expected: through
//! `rawmap::raw`, where it is the one of this system; through `rawmap::space`, where it is the same on every system but
//! for the differences that the promise itself names; through `rawmap::registry`, which shows the same on every system
//! after each step; and through `rawmap::mapping` and `rawmap::object`, whose owners answer the same on every system too.
//!
//! The rows have stable numbers, which stand in each line of the output; `tests/data/conformance-skips.toml` lists
//! them, and what cannot be asked where. Up to 200 they are those of the raw layer ([`rows`]): a row has one expected
//! answer per system, and is asked on every system whose answer is known. From 201 on they are those of the portable
//! layer ([`portable`]). From 301 on they are those of the registry ([`tracked`]), and a line names the row of the raw
//! layer whose case it is. From 501 on they are those of owned mappings ([`owning`]). Each row runs in a process of its
//! own, so that its locks, limits and leaks end with it; an access that is to fail is made by a child of that, or caught
//! by a handler.
//!
//! The output is TAP, the exit status 0 or 1. The first argument is the whole path of a folder for files; the second, if
//! there is one, names the first and the last row that are asked, as `201-300`, instead of all. As init on Linux the
//! program mounts /proc, /dev and /tmp, and /tmp is the folder; as init on FreeBSD and NetBSD it opens the console.
//!
//! Rows 108 and 109 (sealing of mappings) and 110 (named shared memory) are not here: `rawmap::raw` does not have those
//! calls yet.
#![no_std]
#![no_main]

mod answer;
mod fault;
mod layout;
#[cfg(target_os = "linux")]
mod map_count;
mod object;
mod owning;
mod pages;
#[cfg(all(target_os = "netbsd", feature = "pax"))]
mod pax;
mod place;
mod placed;
mod portable;
#[cfg(target_os = "linux")]
mod proc;
mod report;
mod rows;
mod selection;
mod text;
mod tracked;

use rawmap_bare::{Start, program};

use crate::{place::Place, report::Report, selection::selection};

program!(run);

fn run(start: &Start) -> i32 {
    let place = Place::prepare(start);
    let Ok(report) = Report::new() else {
        return 1;
    };
    // SAFETY: the vector that the kernel made.
    unsafe { rawmap::init_from_auxv(start.auxv().cast()) };
    let subjects = [
        rows::SUBJECTS,
        portable::SUBJECTS,
        tracked::SUBJECTS,
        owning::SUBJECTS,
    ];
    let selected = selection(start);
    for subject in subjects.into_iter().flatten() {
        for &(number, ask) in *subject {
            if selected.contains(&number) {
                report.row(number, &place, ask);
            }
        }
    }
    report.end()
}
