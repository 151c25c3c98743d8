//! Lookups and updates, beside those of other trees.

mod btree;
pub(crate) mod known;
mod ranges;
mod redblack;
pub(crate) mod registered;
pub(crate) mod slots;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use rawmap_benches::failed;

use crate::{
    report::{Limit, Report},
    rounds::{Form, fastest},
};
use slots::{Move, Place, Slots};

/// A tree of mappings.
trait Tree {
    /// All that is known of a mapping.
    type Found;
    const NAME: &'static str;

    fn empty() -> Self;
    fn find(&self, addr: usize) -> Option<Self::Found>;
    fn place(found: &Self::Found) -> Place;
    fn insert(&mut self, place: Place);
    /// Removes, and inserts.
    fn shift(&mut self, step: &Move);
    fn len(&self) -> usize;
}

/// A tree whose loops are made for it.
trait Timed {
    fn name(&self) -> &'static str;
    /// How long all questions take, of which so many are hits.
    fn ask(&self, questions: &[usize], hits: usize) -> Duration;
    /// How long all moves take.
    fn shift_all(&mut self, moves: &[Move]) -> Duration;
    fn answer(&self, addr: usize) -> Option<Place>;
    fn count(&self) -> usize;
}

impl<T: Tree> Timed for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    #[inline(never)]
    fn ask(&self, questions: &[usize], hits: usize) -> Duration {
        let mut found = 0;
        let start = Instant::now();
        for addr in questions {
            let answer = black_box(self.find(*addr));
            found += usize::from(answer.is_some());
        }
        let time = start.elapsed();
        if found != hits {
            failed();
        }
        time
    }

    #[inline(never)]
    fn shift_all(&mut self, moves: &[Move]) -> Duration {
        let start = Instant::now();
        for step in moves {
            self.shift(step);
        }
        start.elapsed()
    }

    fn answer(&self, addr: usize) -> Option<Place> {
        self.find(addr).as_ref().map(T::place)
    }

    fn count(&self) -> usize {
        self.len()
    }
}

/// How many nanoseconds each form took for one.
pub(crate) struct Times {
    pub(crate) what: &'static str,
    pub(crate) form: &'static str,
    pub(crate) maps: usize,
    pub(crate) nanoseconds: f64,
}

/// The ratio of the others is to this one's time.
const REFERENCE: usize = 0;
const OURS: usize = 1;

fn filled<T: Tree + 'static>(places: &[Place]) -> Box<dyn Timed> {
    let mut tree = T::empty();
    for place in places {
        tree.insert(*place);
    }
    Box::new(tree)
}

struct Extent {
    maps: usize,
    questions: usize,
    moves: usize,
    rounds: usize,
}

impl Extent {
    /// With more mappings more of them have to be asked for, or those that are would be in the cache.
    fn of(maps: usize, quick: bool) -> Self {
        let (questions, moves, rounds) = match maps {
            100 | 1000 | 10_000 => (20_000, 20_000, 200),
            100_000 => (50_000, 50_000, 40),
            _ => (200_000, 200_000, 15),
        };
        Self {
            maps,
            questions,
            moves,
            rounds: if quick { rounds / 5 } else { rounds },
        }
    }
}

pub(crate) fn measure(report: &mut Report, quick: bool, draw: bool) -> Result<Vec<Times>> {
    let mut all = Vec::new();
    for maps in [100, 1000, 10_000, 100_000, 1_000_000] {
        let is_drawn_only = maps == 1000 || maps == 100_000;
        if is_drawn_only && !draw || maps > 100_000 && quick {
            continue;
        }
        let times = of_extent(report, &Extent::of(maps, quick))?;
        if !is_drawn_only {
            add_ratios(report, maps, &times);
        }
        all.extend(times);
    }
    Ok(all)
}

fn of_extent(report: &mut Report, extent: &Extent) -> Result<Vec<Times>> {
    let maps = extent.maps;
    let mut slots = Slots::new(maps);
    let places = slots.shuffled();
    let questions = slots.questions(extent.questions, 0..maps);
    let moves = slots.moves(extent.moves, 0..maps);
    let mut trees = [
        filled::<btree::Alone>(&places),
        filled::<registered::Registered>(&places),
        filled::<redblack::RedBlack>(&places),
        filled::<ranges::Ranges>(&places),
        filled::<btree::Locked>(&places),
    ];
    let names: Vec<_> = trees.iter().map(|tree| tree.name()).collect();

    let hits = agreed(&trees, &questions, maps)?;
    let mut forms: Vec<Form<'_>> = trees
        .iter()
        .map(|tree| Box::new(|| tree.ask(&questions, hits)) as Form<'_>)
        .collect();
    let found = fastest(extent.rounds, &mut forms);
    drop(forms);

    let mut forms: Vec<Form<'_>> = trees
        .iter_mut()
        .map(|tree| Box::new(|| tree.shift_all(&moves)) as Form<'_>)
        .collect();
    let shifted = fastest(extent.rounds, &mut forms);
    drop(forms);
    agreed(&trees, &questions, maps)?;

    let count = |per_round: usize| (extent.rounds * trees.len() * per_round) as u64;
    report.done(format!("registry.done.find.{maps}"), count(questions.len()))?;
    report.done(format!("registry.done.update.{maps}"), count(moves.len()))?;
    let times = |what, seconds: Vec<f64>, count: usize| {
        let each = names.clone().into_iter().zip(seconds);
        each.map(move |(form, seconds)| Times {
            what,
            form,
            maps,
            nanoseconds: seconds / count as f64 * 1e9,
        })
    };
    let found = times("find", found, questions.len());
    let shifted = times("update", shifted, moves.len());
    Ok(found.chain(shifted).collect())
}

/// How many questions are hits, as all of the trees say, which know the same.
fn agreed(trees: &[Box<dyn Timed>], questions: &[usize], maps: usize) -> Result<usize> {
    for tree in trees {
        let (name, count) = (tree.name(), tree.count());
        ensure!(count == maps, "{name} has {count} mappings, not {maps}");
    }
    let mut hits = 0;
    for addr in questions {
        let expected = trees[REFERENCE].answer(*addr);
        hits += usize::from(expected.is_some());
        for tree in trees {
            let (name, answer) = (tree.name(), tree.answer(*addr));
            ensure!(
                answer == expected,
                "{name} finds {answer:?} at {addr:#x}, not {expected:?}"
            );
        }
    }
    ensure!(
        hits * 5 > questions.len() * 2 && hits * 5 < questions.len() * 3,
        "{hits} hits are not about half"
    );
    Ok(hits)
}

fn add_ratios(report: &mut Report, maps: usize, times: &[Times]) {
    for what in ["find", "update"] {
        let times: Vec<_> = times.iter().filter(|time| time.what == what).collect();
        let reference = times[REFERENCE].nanoseconds;
        let limit = match (what, maps) {
            ("find", 1_000_000) => Limit::AtMostAim(1.25, 0.8),
            ("find", _) => Limit::AtMostAim(0.7, 0.4),
            (_, 100) => Limit::AtMostAim(1.0, 0.7),
            (_, 10_000) => Limit::AtMostAim(0.9, 0.7),
            _ => Limit::AtMostAim(1.2, 0.7),
        };
        let key = format!("registry.{what}.{maps}");
        report.add(&key, times[OURS].nanoseconds / reference, limit);
        for time in &times[OURS + 1..] {
            let key = format!("{key}.{}", time.form);
            report.add(key, time.nanoseconds / reference, Limit::None);
        }
        report.add(format!("{key}.btreemap_ns"), reference, Limit::None);
    }
}
