//! Publishing: the shape of the tree changes, and what is not concerned is found.

use std::sync::Arc;

use super::{
    Model,
    index::Attributes,
    recycling::{Small, entry},
    spawn,
};

pub(super) const SPLIT_AND_COLLAPSE: Model = Model {
    name: "publishing: split and collapse",
    words: 140,
    interruptions: [Some(1), Some(2)],
    run: split_and_collapse,
};

pub(super) const GROWING_FROM_NOTHING: Model = Model {
    name: "publishing: growing from nothing",
    words: 60,
    interruptions: [Some(2), Some(3)],
    run: growing_from_nothing,
};

pub(super) const CHANGED_IN_PLACE: Model = Model {
    name: "publishing: marks and attributes in place",
    words: 24,
    interruptions: [Some(2), Some(3)],
    run: changed_in_place,
};

fn split_and_collapse() {
    let (small, mut hand) = Small::new(12, 0);
    small.replace(
        &mut hand,
        10,
        &[entry(10, 20, 1), entry(30, 40, 2), entry(50, 60, 3)],
    );
    let writer = {
        let small = Arc::clone(&small);
        spawn(move || {
            small.put(&mut hand, 70, 80, 4);
            assert_eq!(small.tree.levels(), 2);
            let series = 50..71;
            assert!(small.tree.splice(&small.store, &mut hand, series, &[]));
            assert_eq!(small.tree.levels(), 1);
        })
    };
    assert_eq!(small.find(35), Some(entry(30, 40, 2)));
    let next = small.next(40);
    let expected = [Some(entry(50, 60, 3)), None];
    assert!(expected.contains(&next), "{next:?}");
    writer.join().expect("no panic");
}

fn growing_from_nothing() {
    let (small, mut hand) = Small::new(3, 0);
    let writer = {
        let small = Arc::clone(&small);
        spawn(move || {
            small.put(&mut hand, 10, 20, 1);
            small.put(&mut hand, 30, 40, 2);
        })
    };
    let first = small.find(15);
    assert!(
        first.is_none() || first == Some(entry(10, 20, 1)),
        "{first:?}"
    );
    let second = small.next(20);
    assert!(
        second.is_none() || second == Some(entry(30, 40, 2)),
        "{second:?}"
    );
    if second.is_some() {
        assert!(small.find(15).is_some(), "back in time");
    }
    writer.join().expect("no panic");
}

/// Who has found a mark finds the old facts without it never again.
fn changed_in_place() {
    let (small, mut hand) = Small::new(1, 0);
    small.put(&mut hand, 10, 20, 1);
    let writer = {
        let small = Arc::clone(&small);
        spawn(move || {
            small.tree.mark(&small.store, &(10..20), true);
            small
                .tree
                .change(&small.store, &(10..20), |_| Attributes::new(2));
            small.tree.mark(&small.store, &(10..20), false);
        })
    };
    let answers = [small.find(15), small.find(15)].map(|answer| answer.expect("it is there"));
    let [first, second] = answers.map(|entry| (entry.attributes.facts(), entry.marked));
    if first != (1, false) {
        assert_ne!(second, (1, false), "the old facts, not said to be changing");
    }
    writer.join().expect("no panic");
    assert_eq!(small.find(15), Some(entry(10, 20, 2)));
}
