//! The registry against /proc/self/maps: the kernel may hold in more or fewer pieces what the registry holds as one, and
//! never differs in range, protection, sharing or offset.
#![cfg(all(target_os = "linux", feature = "registry"))]

#[path = "registry/agreement.rs"]
mod agreement;
#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/arena.rs"]
mod arena;
#[path = "registry/process_map.rs"]
mod process_map;

use agreement::agree;
use arena::{Arena, Numbers, PAGE};
use process_map::ProcessMap;
use rawmap::{registry::Registry, space::Kernel};

const OPERATIONS: u64 = 1_000_000;
const BATCH: usize = 500;
const ARENA: usize = 0x30_0000_0000;
/// Enough for a tree of three levels.
const PAGES: usize = 2000;
const LONGEST: usize = 12;

#[derive(Debug, Default)]
struct Counts {
    operations: u64,
    succeeded: u64,
    batches: u64,
    pages: u64,
    entries: u64,
    lines: u64,
    most_entries: usize,
}

static REGISTRY: Registry = Registry::new(Kernel);

fn differs_in_nothing() {
    let arena = Arena::new(ARENA, PAGES);
    let mut map = ProcessMap::with_room(1 << 20);
    let mut numbers = Numbers::new(20_261_122);
    let mut counts = Counts::default();
    while counts.operations < OPERATIONS {
        for _ in 0..BATCH {
            let step = arena.any(&mut numbers, LONGEST);
            counts.operations += 1;
            counts.succeeded += u64::from(arena.run(&REGISTRY, &step).is_ok());
        }
        compare(&arena, &mut map, &mut counts);
    }
    arena.clear(&REGISTRY);
    assert!(REGISTRY.is_empty());
    println!("{counts:?}");
    for count in [counts.succeeded, counts.pages, counts.entries, counts.lines] {
        assert_ne!(count, 0);
    }
    assert!(counts.most_entries > 15 * 15);
}

fn compare(arena: &Arena, map: &mut ProcessMap, counts: &mut Counts) {
    assert_eq!(REGISTRY.check(), Ok(()));
    let agreed = agree(&REGISTRY, map.read(), &arena.range(0, PAGES)).expect("agreement");
    assert_eq!(agreed.entries, REGISTRY.len());
    counts.pages += (agreed.bytes / PAGE) as u64;
    counts.entries += agreed.entries as u64;
    counts.lines += agreed.lines as u64;
    counts.most_entries = counts.most_entries.max(agreed.entries);
    counts.batches += 1;
}

fn main() {
    alone::run([("differs_in_nothing", differs_in_nothing)]);
}
