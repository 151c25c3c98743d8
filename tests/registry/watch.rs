//! A handler that asks a registry, and changes it, while the thread that it interrupts changes it; and the judgement of
//! what it was told.

use std::{
    ops::Range,
    ptr,
    sync::atomic::{
        AtomicPtr,
        Ordering::{Relaxed, SeqCst},
        compiler_fence,
    },
};

use rawmap::{
    Errno, Result,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Discard, Kernel, MapRequest, Placement, Region},
};

use crate::{
    arena::{self, Arena, Numbers, Operation, PAGE, Step},
    touched::touched,
    witness::{Stage, Witness},
};

/// Questions at each entry of the handler.
pub const PROBES: usize = 20;
/// Answers in one change that are not those of the entry before, at the most.
const MOST_ANSWERS: usize = 2000;

const ARENA: usize = 0x30_0000_0000;
/// What the handler maps.
const ELSEWHERE: usize = 0x38_0000_0000;
/// Maps on both sides, which are only recorded, so that the tree has some height.
const FILLERS: [usize; 2] = [0x28_0000_0000, 0x40_0000_0000];
/// Pages that one change is about, at the most.
const LONGEST: usize = 10;

type Answer = (Option<MapInfo>, Option<MapInfo>);

/// What the handler looks at, and what it saw.
pub struct Watch {
    registry: Registry,
    probes: [usize; PROBES],
    answers: Vec<[Answer; PROBES]>,
    /// What an operation that overlaps the change is tried on.
    overlapping: Option<Region>,
    write_every: u64,
    entries: u64,
    writes: u64,
    refused_inside: u64,
    refused_overlapping: u64,
    overlapping_done: u64,
    wrong: Option<&'static str>,
}

static WATCH: AtomicPtr<Watch> = AtomicPtr::new(ptr::null_mut());

/// What a handler does.
pub extern "C" fn look(_signal: i32) {
    // SAFETY: the thread that was interrupted does not touch it while a change is under way.
    if let Some(watch) = unsafe { WATCH.load(Relaxed).as_mut() } {
        watch.look();
    }
}

impl Watch {
    fn new(write_every: u64) -> Self {
        Self {
            registry: Registry::new(Kernel),
            probes: [0; PROBES],
            answers: Vec::with_capacity(MOST_ANSWERS),
            overlapping: None,
            write_every,
            entries: 0,
            writes: 0,
            refused_inside: 0,
            refused_overlapping: 0,
            overlapping_done: 0,
            wrong: None,
        }
    }

    fn look(&mut self) {
        self.entries += 1;
        let registry = &self.registry;
        let answers = self
            .probes
            .map(|addr| (registry.find(addr), registry.next(addr)));
        if self.answers.last() != Some(&answers) {
            if self.answers.len() == self.answers.capacity() {
                self.wrong = Some("too many answers");
                return;
            }
            self.answers.push(answers);
        }
        if self.entries.is_multiple_of(self.write_every) {
            self.write();
        }
    }

    fn write(&mut self) {
        self.writes += 1;
        let request = MapRequest::anonymous(2 * PAGE);
        let at = Placement::FixedNoReplace(ELSEWHERE);
        match self.registry.map(&request.placement(at)) {
            Ok(region) => {
                let found = self.registry.find(ELSEWHERE).map(|info| info.len());
                // SAFETY: it was made just now.
                let unmapped = unsafe { self.registry.unmap(region) };
                if found != Some(2 * PAGE) || unmapped.is_err() {
                    self.wrong = Some("a handler's own mapping was lost");
                }
            }
            Err(Errno::EDEADLK) => self.refused_inside += 1,
            Err(_) => self.wrong = Some("a handler's mapping was refused otherwise"),
        }
        let Some(region) = self.overlapping else {
            return;
        };
        let changing = self
            .registry
            .find(region.start())
            .is_some_and(|info| info.changing());
        let attrs = MapRequest::anonymous(PAGE).attrs();
        // SAFETY: nothing relies on what the arena holds.
        let answer = unsafe { self.registry.discard(region, Discard::Zero, &attrs) };
        match answer {
            Err(Errno::EDEADLK) => self.refused_overlapping += 1,
            _ if changing => self.wrong = Some("changed what is changing"),
            _ => self.overlapping_done += 1,
        }
    }
}

/// How much was looked at.
#[derive(Debug, Default)]
pub struct Counts {
    pub changes: u64,
    pub succeeded: u64,
    /// How often the handler was entered inside a change.
    pub entries: u64,
    pub different_answers: u64,
    pub seen_changing: u64,
    pub seen_both_sides: u64,
    pub writes: u64,
    pub refused_inside: u64,
    pub refused_overlapping: u64,
    pub overlapping_done: u64,
}

impl Counts {
    /// None of them is 0.
    pub fn judge(&self) {
        println!(
            "{self:?}: {} finds and as many nexts",
            self.entries * PROBES as u64
        );
        for count in [
            self.succeeded,
            self.different_answers,
            self.seen_changing,
            self.seen_both_sides,
            self.writes,
            self.refused_inside,
            self.refused_overlapping,
            self.overlapping_done,
        ] {
            assert_ne!(count, 0);
        }
    }
}

/// What is done at a time: a step, or the half of one that has two.
#[derive(Debug)]
enum Act {
    Step(Step),
    Untrack(Range<usize>),
    Track(MapInfo),
}

impl Act {
    fn of(step: &Step, arena: &Arena, registry: &Registry) -> Vec<Self> {
        if !matches!(step.operation, Operation::Retrack) {
            return vec![Self::Step(*step)];
        }
        let known = registry.find(arena.region(step.at, 1).start());
        known.map_or(Vec::new(), |info| {
            vec![Self::Untrack(info.start()..info.end()), Self::Track(info)]
        })
    }

    fn touched(&self, arena: &Arena) -> [Range<usize>; 2] {
        match self {
            Self::Step(step) => touched(arena, step),
            Self::Untrack(range) => [range.clone(), range.clone()],
            Self::Track(info) => [info.start()..info.end(), info.start()..info.end()],
        }
    }

    fn run(&self, arena: &Arena, registry: &Registry) -> Result<()> {
        match self {
            Self::Step(step) => arena.run(registry, step),
            Self::Untrack(range) => registry.untrack(range.clone()),
            Self::Track(info) => registry.track(*info),
        }
    }
}

fn probes(
    ranges: &[Range<usize>; 2],
    numbers: &mut Numbers,
    before: &[MapInfo],
) -> [usize; PROBES] {
    let [first, second] = ranges;
    let mut probes = [0; PROBES];
    let mut fixed = vec![0, usize::MAX];
    let mut around = |range: &Range<usize>| {
        fixed.extend([range.start - 1, range.start, range.end - 1, range.end]);
    };
    around(first);
    if first != second {
        around(second);
    }
    for (at, probe) in probes.iter_mut().enumerate() {
        *probe = match (fixed.get(at), numbers.below(3)) {
            (Some(addr), _) => *addr,
            (None, 0) if !before.is_empty() => {
                let info = before[numbers.below(before.len())];
                [info.start() - 1, info.start(), info.end() - 1, info.end()][numbers.below(4)]
            }
            _ => first.start - 8 * PAGE + numbers.below(32 * PAGE),
        };
    }
    probes
}

fn judge(watch: &Watch, witness: &Witness<'_>, act: &Act, succeeded: bool, counts: &mut Counts) {
    for (at, &addr) in watch.probes.iter().enumerate() {
        let mut stage = Stage::Before;
        let mut seen = [false; 3];
        let mut last = None;
        for (boundary, answers) in watch.answers.iter().enumerate() {
            // What was judged need not be judged again.
            if last.replace(answers[at]) == Some(answers[at]) {
                continue;
            }
            counts.different_answers += 1;
            let (found, next) = &answers[at];
            let fail = |what: &str| -> ! {
                panic!(
                    "{act:?}, answer {boundary}, {addr:#x}: {what}\nfind {found:?}, next {next:?}\nbefore {:?}\nafter {:?}",
                    witness.before, witness.after
                )
            };
            match witness.judge_find(addr, found) {
                Err(what) => fail(what),
                Ok(None) => {}
                Ok(Some(now)) => {
                    if succeeded && now < stage {
                        fail("went back to an earlier state");
                    }
                    stage = now;
                    seen[now as usize] = true;
                }
            }
            let changing = found.is_some_and(|info| info.changing());
            counts.seen_changing += u64::from(changing);
            if let Err(what) = witness.judge_next(addr, next) {
                fail(what);
            }
        }
        counts.seen_both_sides +=
            u64::from(seen[Stage::Before as usize] && seen[Stage::After as usize]);
    }
}

/// Changes, each with the handler watching, for as long as they are wanted, in a tree with so many maps elsewhere. `during`
/// runs each one.
pub fn series(
    fillers: usize,
    write_every: u64,
    counts: &mut Counts,
    mut wanted: impl FnMut(&Counts) -> bool,
    during: impl Fn(&mut dyn FnMut()),
) {
    let arena = Arena::new(ARENA, 64);
    // It is never given back: nobody can say that no handler is on its way.
    let watch = Box::leak(Box::new(Watch::new(write_every)));
    let attrs = MapRequest::anonymous(PAGE).attrs();
    for filler in 0..fillers {
        let at = FILLERS[filler % 2] + filler * 2 * PAGE;
        let info = MapInfo::new(arena::region(at, PAGE), &attrs).with_user(filler as u64);
        watch.registry.track(info).expect("track");
    }
    let mut numbers = Numbers::new(0x9e37_79b9 + fillers as u64);
    // Something to be changed.
    for _ in 0..40 {
        let _ = arena.run(&watch.registry, &arena.any(&mut numbers, LONGEST));
    }
    let mut before: Vec<MapInfo> = watch.registry.iter().collect();
    while wanted(counts) {
        let step = arena.any(&mut numbers, LONGEST);
        for act in Act::of(&step, &arena, &watch.registry) {
            let ranges = act.touched(&arena);
            watch.probes = probes(&ranges, &mut numbers, &before);
            watch.overlapping = Some(arena.region(step.at, step.count));
            watch.answers.clear();
            let entries = watch.entries;
            let registry: *const Registry = &raw const watch.registry;
            let mut answer = Ok(());
            WATCH.store(ptr::from_mut(watch), Relaxed);
            // SAFETY: it is not moved, and all of it is made for being used while it is used.
            during(&mut || answer = act.run(&arena, unsafe { &*registry }));
            WATCH.store(ptr::null_mut(), Relaxed);
            compiler_fence(SeqCst);
            assert_eq!(watch.wrong, None, "{act:?}");
            assert_eq!(watch.registry.check(), Ok(()), "{act:?}");
            let after: Vec<MapInfo> = watch.registry.iter().collect();
            counts.changes += 1;
            counts.succeeded += u64::from(answer.is_ok());
            counts.entries += watch.entries - entries;
            let witness = Witness {
                before: &before,
                after: &after,
                ranges: &ranges,
            };
            judge(watch, &witness, &act, answer.is_ok(), counts);
            before = after;
        }
    }
    arena.clear(&watch.registry);
    counts.writes += watch.writes;
    counts.refused_inside += watch.refused_inside;
    counts.refused_overlapping += watch.refused_overlapping;
    counts.overlapping_done += watch.overlapping_done;
}
