//! As many mappings as the kernel allows: a hole that would make one more is refused, and the registry says what it said.
#![cfg(all(target_os = "linux", feature = "registry"))]

#[path = "registry/agreement.rs"]
mod agreement;
#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/process_map.rs"]
mod process_map;

use std::{
    fs,
    ptr::{NonNull, with_exposed_provenance_mut},
};

use agreement::agree;
use process_map::ProcessMap;
use rawmap::{
    Errno, Prot,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Kernel, MapRequest, Placement, Region},
};

const PAGE: usize = 4096;
const ARENA: usize = 0x30_0000_0000;

static REGISTRY: Registry = Registry::new(Kernel);

fn region(page: usize, count: usize) -> Region {
    let ptr = NonNull::new(with_exposed_provenance_mut(ARENA + page * PAGE));
    Region::new(ptr.expect("not null"), count * PAGE)
}

fn a_hole_too_many() {
    let limit = fs::read_to_string("/proc/sys/vm/max_map_count").expect("the limit");
    let limit: usize = limit.trim().parse().expect("a number");
    let pages = 3 * limit;
    // What is compared needs room for a line each.
    let mut map = ProcessMap::with_room(limit * 100);
    let mut before: Vec<MapInfo> = Vec::with_capacity(limit);
    let place = Placement::FixedNoReplace(ARENA);
    let request = MapRequest::anonymous(pages * PAGE).prot(Prot::NONE);
    REGISTRY.map(&request.placement(place)).expect("map");
    let mut holes = 0;
    // SAFETY: the arena is the test's, here and below.
    while unsafe { REGISTRY.unmap(region(3 * holes + 1, 1)) }.is_ok() {
        holes += 1;
    }
    assert_eq!(REGISTRY.len(), holes + 1);
    assert!(holes > limit / 2, "{holes} holes");
    let facts = |addr: usize| (REGISTRY.find(addr), REGISTRY.next(addr));
    before.extend(REGISTRY.iter());
    let bytes = REGISTRY.mapped_bytes();
    let at = ARENA + (3 * holes + 1) * PAGE;
    let around = [at - 1, at, at + PAGE].map(facts);
    let mut refused = 0;
    for _ in 0..100 {
        // Each of these would cut a mapping in two or three.
        // SAFETY: as above.
        let answers = unsafe {
            [
                REGISTRY.unmap(region(3 * holes + 1, 1)),
                REGISTRY.protect(region(3 * holes + 1, 1), Prot::READ),
            ]
        };
        for answer in answers {
            assert_eq!(answer, Err(Errno::ENOMEM));
            refused += 1;
            assert_eq!(REGISTRY.mapped_bytes(), bytes);
            assert_eq!([at - 1, at, at + PAGE].map(facts), around);
        }
    }
    assert_eq!(REGISTRY.check(), Ok(()));
    assert!(REGISTRY.iter().eq(before.iter().copied()), "not as before");
    let within = ARENA..ARENA + pages * PAGE;
    // As little as a page that is not there makes room for what reading needs.
    // SAFETY: as above.
    unsafe { REGISTRY.unmap(region(0, 1)) }.expect("an end needs no cut");
    let agreed = agree(&REGISTRY, map.read(), &within).expect("agreement");
    // What was refused works again where there is room.
    // SAFETY: as above.
    unsafe {
        REGISTRY.unmap(region(0, 30)).expect("unmap");
        REGISTRY.unmap(region(3 * holes + 1, 1)).expect("the hole");
        REGISTRY.unmap(region(0, pages)).expect("unmap");
    }
    assert!(REGISTRY.is_empty());
    assert_eq!(REGISTRY.check(), Ok(()));
    println!("{holes} holes, {refused} more refused, {agreed:?}");
    assert_ne!(agreed.lines, 0);
}

fn main() {
    alone::run([("a_hole_too_many", a_hole_too_many)]);
}
