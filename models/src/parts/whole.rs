//! The registry as it is, over the script.

use std::{ptr::NonNull, sync::Arc};

use super::{Model, spawn};
use crate::{
    os, page_size,
    registry::Registry,
    script::{self, Script},
    space::{AddressSpace, MapRequest, Placement, Region},
};

pub(super) const TWO_THAT_MAP: Model = Model {
    name: "registry: two that map and unmap",
    words: 400,
    interruptions: [Some(1), Some(1)],
    run: two_that_map,
};

pub(super) const ONE_THAT_ASKS: Model = Model {
    name: "registry: one that asks while another maps and unmaps",
    words: 400,
    interruptions: [Some(1), Some(2)],
    run: one_that_asks,
};

const BASE: usize = 0x6000_0000_0000;

fn map(registry: &Registry<Script>, at: usize) -> Region {
    let request = MapRequest::anonymous(page_size()).shared(true);
    let placed = request.placement(Placement::FixedNoReplace(at));
    registry.map(&placed).expect("room")
}

fn unmap(registry: &Registry<Script>, at: usize) {
    let start = NonNull::new(std::ptr::without_provenance_mut(at)).expect("not at address 0");
    // SAFETY: nobody ever goes to memory of the script.
    unsafe { registry.unmap(Region::new(start, page_size())) }.expect("a region of its own");
}

fn two_that_map() {
    script::begin(BASE);
    let registry = Arc::new(Registry::new(Script));
    let other = {
        let registry = Arc::clone(&registry);
        spawn(move || {
            os::become_thread(2);
            map(&registry, BASE);
            unmap(&registry, BASE);
        })
    };
    map(&registry, BASE + page_size());
    other.join().expect("no panic");
    registry.check().expect("all is well");
    assert_eq!(registry.len(), 1);
    assert!(registry.find(BASE).is_none() && registry.find(BASE + page_size()).is_some());
}

fn one_that_asks() {
    script::begin(BASE);
    let registry = Arc::new(Registry::new(Script));
    map(&registry, BASE);
    let other = {
        let registry = Arc::clone(&registry);
        spawn(move || {
            os::become_thread(2);
            map(&registry, BASE + 2 * page_size());
            unmap(&registry, BASE + 2 * page_size());
        })
    };
    let found = registry.find(BASE).expect("it is there throughout");
    assert_eq!((found.start(), found.changing()), (BASE, false));
    let next = registry.next(BASE + page_size());
    assert!(next.is_none_or(|info| info.start() == BASE + 2 * page_size()));
    other.join().expect("no panic");
}
