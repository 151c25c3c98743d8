//! Threads side by side: writers on ranges of their own and on a common one, and readers.
#![cfg(all(target_os = "linux", feature = "registry"))]

#[path = "registry/agreement.rs"]
mod agreement;
#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/arena.rs"]
mod arena;
#[path = "registry/process_map.rs"]
mod process_map;
#[path = "registry/touched.rs"]
mod touched;

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
};

use agreement::agree;
use arena::{Arena, Numbers, Operation, PAGE};
use process_map::ProcessMap;
use rawmap::{
    Prot,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Kernel, MapRequest, Placement},
};
use touched::touched;

/// Writers of each sort, and readers.
const OF_EACH: usize = 3;
const OPERATIONS: usize = if cfg!(debug_assertions) {
    4_000
} else {
    30_000
};
const PAGES: usize = 64;
const LONGEST: usize = 10;
const ARENAS: usize = 0x30_0000_0000;
const APART: usize = 0x1000_0000;
/// Between the arenas, where nobody changes anything.
const PIN: usize = 0x800_0000;

static REGISTRY: Registry = Registry::new(Kernel);

#[derive(Default)]
struct Counts {
    alone: AtomicU64,
    together: AtomicU64,
    together_done: AtomicU64,
    finds: AtomicU64,
    changing: AtomicU64,
    rounds: AtomicU64,
}

fn facts(info: &MapInfo, addr: usize) -> (Option<Prot>, bool, u64, usize) {
    (info.prot(), info.shared(), info.user(), addr)
}

/// Nobody else changes this arena: everything is exact.
fn writer_of_its_own(arena: &Arena, seed: u64, counts: &Counts) {
    let mut numbers = Numbers::new(seed);
    let pages = || {
        (0..PAGES).map(|page| {
            let addr = arena.range(page, 1).start;
            let info = REGISTRY.find(addr);
            assert!(!info.is_some_and(|info| info.changing()));
            (addr, info.map(|info| facts(&info, addr)))
        })
    };
    let mut before: Vec<_> = pages().collect();
    for _ in 0..OPERATIONS {
        let step = arena.any(&mut numbers, LONGEST);
        let ranges = touched(arena, &step);
        let answer = arena.run(&REGISTRY, &step);
        let after: Vec<_> = pages().collect();
        for (before, after) in before.iter().zip(&after) {
            let is_touched = ranges.iter().any(|range| range.contains(&before.0));
            assert!(
                is_touched || before == after,
                "{step:?}: {before:?} {after:?}"
            );
            if let (Operation::Unmap, Ok(()), true) = (step.operation, answer, is_touched) {
                assert_eq!(after.1, None);
            }
        }
        before = after;
        counts.alone.fetch_add(1, Relaxed);
    }
}

/// Several have this one, all of which is mapped throughout: none of these takes a page away.
fn writer_of_a_common_one(arena: &Arena, seed: u64, counts: &Counts) {
    let mut numbers = Numbers::new(seed);
    let mut left = OPERATIONS;
    while left != 0 {
        let step = arena.any(&mut numbers, 3 * LONGEST);
        let takes_away = matches!(
            step.operation,
            Operation::Map(_) | Operation::Unmap | Operation::Remap(..) | Operation::Retrack
        );
        if takes_away {
            continue;
        }
        left -= 1;
        let answer = arena.run(&REGISTRY, &step);
        counts.together.fetch_add(1, Relaxed);
        counts
            .together_done
            .fetch_add(u64::from(answer.is_ok()), Relaxed);
    }
}

fn reader(common: &Arena, pins: &[MapInfo], seed: u64, stop: &AtomicBool, counts: &Counts) {
    let mut numbers = Numbers::new(seed);
    let (mut finds, mut changing) = (0, 0);
    while !stop.load(Relaxed) {
        for _ in 0..64 {
            let pin = &pins[numbers.below(pins.len())];
            let addr = pin.start() + numbers.below(pin.len());
            assert_eq!(REGISTRY.find(addr), Some(*pin));
            assert_eq!(REGISTRY.find(pin.end()), None);
            // Somewhere below a pin.
            let addr = pin.start() - numbers.below(APART);
            let next = REGISTRY.next(addr).expect("there is the pin");
            assert!(next.end() > addr && next.start() <= pin.start());
            let page = common.range(numbers.below(PAGES), 1).start;
            let info = REGISTRY.find(page).expect("it is mapped throughout");
            assert!((info.start()..info.end()).contains(&page));
            changing += u64::from(info.changing());
            finds += 4;
        }
        let mut end = 0;
        let mut met = 0;
        for info in &REGISTRY {
            // It may have become one with what was met before.
            assert!(info.end() > end && info.end() > info.start());
            end = info.end();
            met += usize::from(pins.contains(&info));
        }
        assert_eq!(met, pins.len(), "a pin was skipped");
        counts.rounds.fetch_add(1, Relaxed);
    }
    counts.finds.fetch_add(finds, Relaxed);
    counts.changing.fetch_add(changing, Relaxed);
}

fn side_by_side() {
    let arenas: Vec<Arena> = (0..=OF_EACH)
        .map(|number| Arena::new(ARENAS + number * APART, PAGES))
        .collect();
    let (common, own) = arenas.split_last().expect("arenas");
    let map = |at: usize, pages: usize| {
        let place = Placement::FixedNoReplace(at);
        let request = MapRequest::anonymous(pages * PAGE).placement(place);
        REGISTRY.map(&request).expect("map");
    };
    map(common.range(0, 1).start, PAGES);
    let pins: Vec<MapInfo> = (0..=OF_EACH)
        .map(|number| {
            let at = ARENAS + number * APART + PIN;
            map(at, 3);
            REGISTRY
                .set_user(at..at + 3 * PAGE, number as u64 + 1)
                .expect("user");
            REGISTRY.find(at).expect("the pin")
        })
        .collect();
    let counts = Counts::default();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (counts, stop, pins) = (&counts, &stop, &pins);
        let mut writers = Vec::new();
        for (number, arena) in own.iter().enumerate() {
            let seed = 1000 + number as u64 * 2;
            writers.push(scope.spawn(move || writer_of_its_own(arena, seed, counts)));
            writers.push(scope.spawn(move || writer_of_a_common_one(common, seed + 100, counts)));
            scope.spawn(move || reader(common, pins, seed + 200, stop, counts));
        }
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        stop.store(true, Relaxed);
        assert!(ended.iter().all(|ended| ended.is_ok()), "a writer");
    });
    assert_eq!(REGISTRY.check(), Ok(()));
    let mut map = ProcessMap::with_room(1 << 20);
    let mut entries = 0;
    for arena in &arenas {
        let range = arena.range(0, PAGES);
        entries += agree(&REGISTRY, map.read(), &range)
            .expect("agreement")
            .entries;
        arena.clear(&REGISTRY);
    }
    assert_eq!(REGISTRY.len(), pins.len());
    let Counts {
        alone,
        together,
        together_done,
        finds,
        changing,
        rounds,
    } = counts;
    let [alone, together, together_done, finds, changing, rounds] =
        [alone, together, together_done, finds, changing, rounds].map(AtomicU64::into_inner);
    println!(
        "{alone} operations alone, {together} on a common range, {together_done} of them done; {finds} finds, {changing} seen changing, {rounds} rounds; {entries} entries compared at last"
    );
    for count in [alone, together_done, finds, changing, rounds] {
        assert_ne!(count, 0);
    }
}

fn main() {
    alone::run([("side_by_side", side_by_side)]);
}
