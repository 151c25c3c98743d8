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

use std::{
    ptr,
    sync::atomic::{AtomicPtr, Ordering::Relaxed},
    time::Duration,
};

use nix::{
    errno::Errno,
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

/// From the end of one handler to the next.
const PERIOD: Duration = Duration::from_micros(15);
const WRITE_EVERY: u64 = 7;
/// How many maps there are besides, and how often the handler is to be entered inside a change.
const SERIES: [(usize, u64); 3] = [(0, 35_000), (14, 35_000), (120, 32_000)];

static TIMER: AtomicPtr<Timer> = AtomicPtr::new(ptr::null_mut());

/// Set anew each time: a timer that runs by itself leaves no time between two handlers where these are slow.
fn set_timer() {
    let errno = Errno::last_raw();
    // SAFETY: the thread that is interrupted sets it once, before the first signal.
    if let Some(timer) = unsafe { TIMER.load(Relaxed).as_mut() } {
        let once = Expiration::OneShot(PERIOD.into());
        // Without it the storm does not get its number of entries.
        let _ = timer.set(once, TimerSetTimeFlags::empty());
    }
    Errno::set_raw(errno);
}

extern "C" fn look(signal: i32) {
    watch::look(signal);
    set_timer();
}

fn answers_in_a_storm() {
    let action = SigAction::new(
        SigHandler::Handler(look),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler uses nothing but what is prepared for it.
    unsafe { sigaction(Signal::SIGALRM, &action) }.expect("sigaction");
    let event = SigEvent::new(SigevNotify::SigevThreadId {
        signal: Signal::SIGALRM,
        thread_id: gettid().as_raw(),
        si_value: 0,
    });
    let timer = Timer::new(ClockId::CLOCK_MONOTONIC, event).expect("a timer");
    TIMER.store(Box::leak(Box::new(timer)), Relaxed);
    set_timer();
    let mut counts = Counts::default();
    for (fillers, entries) in SERIES {
        let until = counts.entries + entries;
        let wanted = |counts: &Counts| counts.entries < until;
        watch::series(fillers, WRITE_EVERY, &mut counts, wanted, |run| run());
    }
    TIMER.store(ptr::null_mut(), Relaxed);
    counts.judge();
    assert!(counts.entries >= 100_000);
}

fn main() {
    alone::run([("answers_in_a_storm", answers_in_a_storm)]);
}
