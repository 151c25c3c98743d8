//! Does everything that `rawmap::space::Kernel` can do, in steps, and looks after each whether the process is as before.
//!
//! Every step sets up what it needs, does what it is for, and unmaps what it owns by the documented contract, no more. On
//! Linux the program then compares /proc/self/maps with what it was; on FreeBSD and NetBSD whoever runs it compares the
//! mappings at the end. After each error it also looks whether the step's memory holds what it held, and allows what it
//! allowed.
//!
//! The program is made to run with any one of its system calls refused. Called with the argument `refused`, it takes
//! errors that it does not expect for that, and says `# refused` behind the step; without, they are faults. What it asks
//! for its own purposes is asked again when it is refused. Called with `idle` it makes ready and does no step, which shows
//! what is mapped anyway.
//!
//! TAP on the standard output; exit status 0 if every step was as it has to be, else 1.
#![no_std]
#![no_main]

mod map;
mod means;
mod report;
mod step;
mod steps;

use rawmap_bare::{Start, program};

use crate::{
    map::Map,
    means::Means,
    report::Report,
    step::{Refusals, Step},
};

program!(run);

fn run(start: &Start) -> i32 {
    // SAFETY: the vector that the kernel made.
    unsafe { rawmap::init_from_auxv(start.auxv().cast()) };
    let word = start.argument(1).unwrap_or_default().to_bytes();
    let refusals = match word {
        b"refused" => Refusals::One,
        _ => Refusals::None,
    };
    let mut report = Report::default();
    let prepared = Means::prepare(start);
    report.prepared(prepared.is_some());
    let Some(means) = prepared.filter(|_| word != b"idle") else {
        return report.end();
    };
    for steps in steps::SUBJECTS {
        for &(name, perform) in steps {
            let before = Map::now(&means);
            let mut step = Step::new(&means, refusals);
            // A step that was refused something it needs ends early.
            let _ = perform(&mut step);
            report.row(name, &step.end(&before));
        }
    }
    report.end()
}
