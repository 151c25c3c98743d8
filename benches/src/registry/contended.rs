//! Lookups while another thread changes the tree, beside lookups while it changes another tree of the same shape: what
//! is left of them.
//!
//! A reader's time is that of its thread, which other programs do not add to. Reader and writer have a processor each.

use std::{
    hint::black_box,
    ops::Range,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    time::{ClockId, clock_gettime},
    unistd::Pid,
};
use rawmap::{registry::Registry, space::Kernel};
use rawmap_benches::failed;

use crate::{
    report::{Limit, Report},
    trees::{
        registered::{empty, info, track, untrack},
        slots::{Move, Place, Slots},
    },
};

const MAPS: usize = 10_000;
const ROUNDS: usize = 9;
const QUESTIONS: usize = 1 << 14;
/// What is asked for in the hot variant, and what is changed around it: as much as one or two leaves hold.
const HOT_ASKED: Range<usize> = 5000..5004;
const HOT_CHANGED: Range<usize> = 4994..5010;

/// A tree and the changes that the writer makes in it, again and again.
struct Written<'s> {
    registry: &'s Registry,
    moves: &'s [Move],
    /// How many of them were made, in all rounds.
    made: usize,
}

impl Written<'_> {
    fn change_until(&mut self, stop: &AtomicBool) {
        while !stop.load(Relaxed) {
            self.change();
        }
    }

    fn change(&mut self) {
        let step = &self.moves[self.made % self.moves.len()];
        untrack(self.registry, step.from);
        track(self.registry, info(step.to));
        self.made += 1;
    }

    /// Everything is where it was at first.
    fn finish(&mut self) {
        while !self.made.is_multiple_of(self.moves.len()) {
            self.change();
        }
    }
}

fn filled(places: &[Place]) -> Result<Box<Registry>> {
    let registry = empty(Kernel);
    for place in places {
        track(&registry, info(*place));
    }
    ensure!(registry.len() == MAPS, "mappings were merged");
    Ok(registry)
}

/// The processors that this process may use.
fn processors() -> Result<[usize; 2]> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let mut those = (0..CpuSet::count()).filter(|number| allowed.is_set(*number).unwrap_or(false));
    let none = "a reader and a writer need two processors";
    Ok([those.next().context(none)?, those.next().context(none)?])
}

/// This thread stays on one.
fn stay_on(processor: usize) {
    let mut set = CpuSet::new();
    if set.set(processor).is_err() || sched_setaffinity(Pid::from_raw(0), &set).is_err() {
        failed();
    }
}

fn thread_time() -> Duration {
    match clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID) {
        Ok(time) => time.into(),
        Err(_) => failed(),
    }
}

/// Finds, and their number for each second of this thread's time.
fn ask(registry: &Registry, questions: &[usize], round: Duration) -> (u64, f64) {
    let (begin, spent) = (Instant::now(), thread_time());
    let (mut asked, mut hits) = (0u64, 0u64);
    while begin.elapsed() < round {
        for addr in questions {
            if let Some(found) = black_box(registry.find(*addr)) {
                // It may be on its way to another place in its slot, but not elsewhere.
                let is_there = found.start() <= *addr
                    && *addr < found.end()
                    && Place::slot_of(found.start()) == Place::slot_of(*addr);
                if !is_there {
                    failed();
                }
                hits += 1;
            }
        }
        asked += questions.len() as u64;
    }
    if hits == 0 || hits == asked {
        failed();
    }
    (asked, asked as f64 / (thread_time() - spent).as_secs_f64())
}

/// One round: the writer begins before the reader, and ends after it.
fn round(
    asked: &Registry,
    questions: &[usize],
    written: &mut Written<'_>,
    time: Duration,
    [reader, writer]: [usize; 2],
) -> (u64, f64) {
    let (stop, barrier) = (AtomicBool::new(false), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            stay_on(writer);
            written.change();
            barrier.wait();
            written.change_until(&stop);
        });
        let reading = scope.spawn(|| {
            stay_on(reader);
            barrier.wait();
            let answer = ask(asked, questions, time);
            stop.store(true, Relaxed);
            answer
        });
        reading.join().unwrap_or_else(|_| failed())
    })
}

pub(crate) fn measure(report: &mut Report, quick: bool) -> Result<()> {
    let processors = processors()?;
    let time = Duration::from_millis(if quick { 40 } else { 150 });
    let mut slots = Slots::new(MAPS);
    let places = slots.shuffled();
    let (tree, private) = (filled(&places)?, filled(&places)?);
    let variants = [
        ("registry.find.contended", 0..MAPS, 0..MAPS, 0.8),
        ("registry.find.contended.hot", HOT_ASKED, HOT_CHANGED, 0.3),
    ];
    for (key, asked, changed, limit) in variants {
        let questions = slots.questions(QUESTIONS, asked);
        let moves = slots.moves(2 * MAPS, changed);
        let mut on_this = Written {
            registry: &tree,
            moves: &moves,
            made: 0,
        };
        let mut on_another = Written {
            registry: &private,
            moves: &moves,
            made: 0,
        };
        let mut finds = 0;
        let mut ratios = Vec::new();
        for number in 0..ROUNDS {
            // In turns, so that neither always follows the other.
            let mut rates = [0.0; 2];
            for turn in 0..2 {
                let which = (number + turn) % 2;
                let written = match which {
                    0 => &mut on_another,
                    _ => &mut on_this,
                };
                let (count, rate) = round(&tree, &questions, written, time, processors);
                finds += count;
                rates[which] = rate;
            }
            let [alone, together] = rates;
            ratios.push(together / alone);
        }
        ratios.sort_by(f64::total_cmp);
        report.add(key, ratios[ROUNDS / 2], Limit::AtLeast(limit));
        // How many changes a find met, or there is nothing that it could have been held up by.
        let made = on_this.made as f64;
        report.add(
            format!("{key}.changes_a_find"),
            made / (finds as f64 / 2.0),
            Limit::None,
        );
        let done = key.replace("registry.", "registry.done.");
        report.done(format!("{done}.finds"), finds)?;
        report.done(format!("{done}.changes"), on_this.made as u64)?;
        on_this.finish();
        on_another.finish();
        for registry in [&tree, &private] {
            ensure!(registry.len() == MAPS, "mappings are missing");
            if let Err(violation) = registry.check() {
                anyhow::bail!("a registry is not in order: {violation:?}");
            }
        }
    }
    Ok(())
}
