//! At every load of every question: whole operations, which recycle what the reader stands on.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use fastrand::Rng;

use super::{ground::Ground, operation::Operation, writer};
use crate::{
    atomic::{self, Step},
    os,
    registry::MapInfo,
};

const BASE: usize = 0x6000_0000_0000;
/// Operations in the middle of one question.
const OPERATIONS: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Question {
    Find(usize),
    Next(usize),
}

impl Question {
    fn ask(self, ground: Ground) -> Option<MapInfo> {
        match self {
            Self::Find(address) => ground.registry.find(address),
            Self::Next(address) => ground.registry.next(address),
        }
    }
}

#[derive(Default)]
struct Counts {
    moments: u64,
    operations: u64,
    restarts: u64,
    changed: u64,
}

/// Stands for questions about trees of many sizes.
pub(crate) fn run(is_long: bool) {
    let mut random = Rng::with_seed(2);
    let mut counts = Counts::default();
    let rounds = if is_long { 100 } else { 10 };
    for size in [1, 3, 15, 16, 40, 240] {
        let ground = Ground::new();
        writer::grow(ground, &mut random, size);
        for _ in 0..rounds {
            round(ground, &mut random, &mut counts);
        }
    }
    let Counts {
        moments,
        operations,
        restarts,
        changed,
    } = counts;
    println!(
        "stepped reader: {moments} loads stepped, {operations} operations in the middle of questions, {restarts} restarts, \
         {changed} answers that were no longer those of the beginning"
    );
    assert!(
        [moments, operations, changed]
            .iter()
            .all(|count| *count != 0)
            && restarts != 0,
        "nothing was shown"
    );
}

/// One state, one series of operations, and questions about what they change and what lies beside it.
fn round(ground: Ground, random: &mut Rng, counts: &mut Counts) {
    os::become_thread(2);
    let begin = ground.save();
    let mut series = Vec::new();
    let mut places = Vec::new();
    for _ in 0..OPERATIONS {
        let operation = Operation::any(random, &ground.entries(), BASE);
        for range in operation.ranges() {
            places.extend([range.start, range.end - 1, range.end]);
        }
        // Refusals are as good as any.
        let _ = operation.perform(ground.registry);
        series.push(operation);
    }
    let end = ground.save();
    let series = Rc::new(series);
    random.shuffle(&mut places);
    for place in places.into_iter().take(4) {
        for question in [Question::Find(place), Question::Next(place)] {
            let mut moment = 0;
            loop {
                ground.restore(&begin);
                if !interrupted(ground, question, &series, moment, counts) {
                    break;
                }
                moment += 1;
            }
        }
    }
    ground.restore(&end);
    ground.check("a round of questions");
    os::become_thread(1);
}

/// Asks, and does one operation at that load, and another one at each that follows; `false` if there are not so many.
fn interrupted(
    ground: Ground,
    question: Question,
    series: &Rc<Vec<Operation>>,
    moment: usize,
    counts: &mut Counts,
) -> bool {
    let allowed = Rc::new(RefCell::new(vec![question.ask(ground)]));
    let (loads, done) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let restarts = Rc::new(Cell::new(0));
    let watcher = {
        let (allowed, loads, done) = (Rc::clone(&allowed), Rc::clone(&loads), Rc::clone(&done));
        let (series, restarts) = (Rc::clone(series), Rc::clone(&restarts));
        move |step, _: &'static std::panic::Location<'static>| {
            if !matches!(step, Step::Load) {
                return;
            }
            loads.set(loads.get() + 1);
            // All but the last at once, so that nodes are recycled; and the last one load later.
            let now = match loads.get() - 1 {
                load if load == moment => series.len() - 1,
                load if load == moment + 1 => 1,
                _ => 0,
            };
            restarts.set(restarts.get() + atomic::take_restarts());
            for operation in series.iter().skip(done.get()).take(now) {
                let _ = operation.perform(ground.registry);
                allowed.borrow_mut().push(question.ask(ground));
                done.set(done.get() + 1);
            }
            atomic::take_restarts();
        }
    };
    atomic::take_restarts();
    atomic::watch(Rc::new(watcher));
    let answer = question.ask(ground);
    atomic::unwatch();
    let restarts = restarts.get() + atomic::take_restarts();
    if loads.get() <= moment {
        return false;
    }
    counts.moments += 1;
    counts.restarts += restarts;
    counts.operations += done.get() as u64;
    let allowed = allowed.borrow();
    counts.changed += u64::from(allowed.first() != Some(&answer));
    assert!(
        allowed.contains(&answer),
        "{answer:?} to {question:?}, interrupted at load {moment}, was never so: {allowed:?}"
    );
    true
}
