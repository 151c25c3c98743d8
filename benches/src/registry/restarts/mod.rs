//! How often a lookup begins again because somebody changes what it reads: the sources of the index, compiled with a
//! counter. Nothing is timed here.

mod atomic;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which a part is used here"
)]
#[path = "../../../../src/registry/index/mod.rs"]
mod index;
mod memory;

use std::{
    hint::black_box,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rawmap_benches::failed;

use crate::{
    report::{Limit, Report},
    trees::slots::{Move, Place, Slots},
};
use index::{Attributes, Entry, Tree};
use memory::{Free, Nodes};

/// As in the registry.
const FANOUT: usize = 15;
const MAPS: usize = 10_000;
const QUESTIONS: usize = 1 << 14;

struct Written {
    tree: Tree<FANOUT>,
    nodes: Nodes,
}

fn entry(place: Place) -> Entry {
    Entry {
        start: place.start as u64,
        end: place.end as u64,
        attributes: Attributes::new(u64::from(place.odd)),
        marked: false,
    }
}

impl Written {
    fn put(&self, hand: &mut Free, place: Place) {
        let range = place.start as u64..place.end as u64;
        let fresh = [entry(place)];
        if self
            .tree
            .splice(&self.nodes, hand, &range, &fresh)
            .is_none()
        {
            failed();
        }
    }

    fn shift(&self, hand: &mut Free, step: &Move) {
        let range = step.from.start as u64..step.from.end as u64;
        let removed = self.tree.splice(&self.nodes, hand, &range, &[]);
        if removed.is_none_or(|removed| removed.entries != 1) {
            failed();
        }
        self.put(hand, step.to);
    }
}

/// Finds, and how often they began again, while a writer changes the same tree.
pub(crate) fn measure(report: &mut Report, quick: bool) -> Result<()> {
    let mut slots = Slots::new(MAPS);
    let written = Written {
        tree: Tree::new(),
        nodes: Nodes::new(MAPS),
    };
    let mut hand = written.nodes.hand();
    for place in slots.shuffled() {
        written.put(&mut hand, place);
    }
    let questions = slots.questions(QUESTIONS, 0..MAPS);
    let moves = slots.moves(2 * MAPS, 0..MAPS);
    let time = Duration::from_millis(if quick { 100 } else { 500 });
    let (stop, barrier) = (AtomicBool::new(false), Barrier::new(2));
    let (finds, restarts, changes) = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut made = 0u64;
            barrier.wait();
            while !stop.load(Relaxed) {
                let number = made as usize % moves.len();
                written.shift(&mut hand, &moves[number]);
                made += 1;
            }
            made
        });
        let reading = scope.spawn(|| {
            barrier.wait();
            let (begin, mut finds) = (Instant::now(), 0u64);
            while begin.elapsed() < time {
                for addr in &questions {
                    black_box(written.tree.find(&written.nodes, *addr as u64));
                }
                finds += questions.len() as u64;
            }
            stop.store(true, Relaxed);
            (finds, atomic::restarts())
        });
        let (finds, restarts) = reading.join().unwrap_or_else(|_| failed());
        let changes = writing.join().unwrap_or_else(|_| failed());
        (finds, restarts, changes)
    });
    written
        .tree
        .check(&written.nodes, |_, _| Ok(()))
        .ok()
        .context("the tree is not in order")?;
    report.add(
        "registry.find.contended.restarts_a_million_finds",
        restarts as f64 / finds as f64 * 1e6,
        Limit::None,
    );
    report.done("registry.done.find.contended.restarts.finds", finds)?;
    report.done("registry.done.find.contended.restarts.changes", changes)
}
