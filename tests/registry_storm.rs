//! A timer whose handler asks the registry, and changes it, while the thread that it interrupts changes it.
#![cfg(all(target_os = "linux", feature = "registry"))]

#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/arena.rs"]
mod arena;
#[path = "registry/touched.rs"]
mod touched;
#[path = "registry/watch.rs"]
mod watch;
#[path = "registry/witness.rs"]
mod witness;

use std::time::Duration;

use nix::{
    sys::{
        signal::{
            SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal, sigaction,
        },
        timer::{Expiration, Timer, TimerSetTimeFlags},
    },
    time::ClockId,
    unistd::gettid,
};
use watch::Counts;

const PERIOD: Duration = Duration::from_micros(15);
const WRITE_EVERY: u64 = 7;
/// How many maps there are besides, and how often the handler is to be entered inside a change.
const SERIES: [(usize, u64); 3] = [(0, 35_000), (14, 35_000), (120, 32_000)];

fn answers_in_a_storm() {
    let handler = SigHandler::Handler(watch::look);
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler uses nothing but what is prepared for it.
    unsafe { sigaction(Signal::SIGALRM, &action) }.expect("sigaction");
    let event = SigEvent::new(SigevNotify::SigevThreadId {
        signal: Signal::SIGALRM,
        thread_id: gettid().as_raw(),
        si_value: 0,
    });
    let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, event).expect("a timer");
    let every = Expiration::Interval(PERIOD.into());
    timer
        .set(every, TimerSetTimeFlags::empty())
        .expect("a running timer");
    let mut counts = Counts::default();
    for (fillers, entries) in SERIES {
        let until = counts.entries + entries;
        let wanted = |counts: &Counts| counts.entries < until;
        watch::series(fillers, WRITE_EVERY, &mut counts, wanted, |run| run());
    }
    drop(timer);
    counts.judge();
    assert!(counts.entries >= 100_000);
}

fn main() {
    alone::run([("answers_in_a_storm", answers_in_a_storm)]);
}
