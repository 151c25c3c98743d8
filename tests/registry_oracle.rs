//! The registry against an array of pages: whatever is done, in whatever order.
#![cfg(all(target_os = "linux", feature = "registry"))]

#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/oracle.rs"]
mod oracle;
#[path = "registry/page_array.rs"]
mod page_array;

use std::cell::RefCell;

use oracle::{BYTES, Counts, Oracle, Step};
use page_array::{FIRST, PAGE, PageArray, region};
use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestRunner},
};
use rawmap::{
    Advice, Inherit, Prot,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Attrs, MoveTo, Region},
};

/// Series of operations; code with checks is slower.
const CASES: u32 = if cfg!(debug_assertions) { 200 } else { 1000 };
const LONGEST: usize = 200;

fn says_what_an_array_of_pages_says() {
    let total = RefCell::new(Counts::default());
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let series = vec(any::<[u8; BYTES]>(), 1..LONGEST);
    let answer = runner.run(&series, |series| {
        let mut oracle = Oracle::new();
        for bytes in series {
            oracle.step(&Step::of(bytes));
        }
        let mut total = total.borrow_mut();
        let counts = oracle.counts;
        total.operations += counts.operations;
        total.succeeded += counts.succeeded;
        total.refused += counts.refused;
        total.finds += counts.finds;
        total.merged += counts.merged;
        total.half_protected += counts.half_protected;
        total.unknown_protections += counts.unknown_protections;
        total.most_maps = total.most_maps.max(counts.most_maps);
        Ok(())
    });
    if let Err(error) = answer {
        panic!("{error}");
    }
    let total = total.into_inner();
    println!("{total:?}");
    let Counts {
        operations,
        succeeded,
        refused,
        finds,
        merged,
        half_protected,
        unknown_protections,
        most_maps,
    } = total;
    for count in [
        operations,
        succeeded,
        refused,
        finds,
        merged,
        half_protected,
        unknown_protections,
    ] {
        assert_ne!(count, 0);
    }
    assert!(most_maps > 15 * 15, "no tree of three levels: {most_maps}");
}

/// Children find it as zeros, and then not at all; when they find it again, elsewhere, it is as zeros still.
fn a_policy_beneath_another_moves_along() {
    let registry = Registry::new(PageArray::new());
    let attrs = Attrs::new().with_max_prot(Prot::READ | Prot::WRITE | Prot::EXEC);
    registry.space().put(3, 2, &attrs);
    let old = region(3, 2 * PAGE);
    registry.track(MapInfo::new(old, &attrs)).expect("track");
    let to = MoveTo::FixedNoReplace(FIRST + 40 * PAGE);
    // SAFETY: nobody goes there.
    let policies = unsafe {
        let policy = |at: Region, advice| {
            registry.advise(at, advice).expect("advice");
            registry.find(at.start()).map(|info| info.inherit())
        };
        let wiped = policy(old, Advice::WIPEONFORK);
        let absent = policy(old, Advice::DONTFORK);
        let attrs = attrs.with_inherit(Inherit::NONE);
        let new = registry.remap(old, 2 * PAGE, to, &attrs).expect("move");
        [
            wiped,
            absent,
            policy(new, Advice::DOFORK),
            policy(new, Advice::KEEPONFORK),
        ]
    };
    assert_eq!(
        policies.map(|policy| policy.expect("it is there")),
        [Inherit::ZERO, Inherit::NONE, Inherit::ZERO, Inherit::COPY]
    );
}

fn main() {
    alone::run([
        (
            "says_what_an_array_of_pages_says",
            says_what_an_array_of_pages_says,
        ),
        (
            "a_policy_beneath_another_moves_along",
            a_policy_beneath_another_moves_along,
        ),
    ]);
}
