//! A record that holds something else by the time a reader looks.

use super::{
    Model,
    arena::Stack,
    index::Found,
    small::{Small, entry, numbered, other},
};

pub(super) const REUSED_IN_PLACE: Model = Model {
    name: "records: reused in the same leaf",
    words: 24,
    interruptions: [Some(1), Some(2)],
    run: reused_in_place,
};

pub(super) const REUSED_AFTER_A_COPY: Model = Model {
    name: "records: reused in the copy of a leaf",
    words: 60,
    interruptions: [Some(2), Some(3)],
    run: reused_after_a_copy,
};

/// Is the detail that of the entry? Answers what the facts are.
fn facts(found: Option<Found>) -> u64 {
    let found = found.expect("it is there throughout");
    let facts = found.entry.attributes.facts();
    assert_eq!(
        (found.detail.delta, found.detail.user),
        (facts, facts),
        "the detail of another one"
    );
    facts
}

/// The second record takes the place of the first, which is then given to another entry.
fn reused_in_place() {
    let (small, mut hand) = Small::new(1, 2);
    let first = small.with_record(&mut hand, entry(10, 20, 1));
    small.put(&mut hand, first);
    let reader = small.while_changed(hand, 2, |small, hand| {
        let second = small.with_record(hand, entry(10, 20, 2));
        small.put(hand, second);
        let third = small.with_record(hand, entry(2, 5, 3));
        small.put(hand, third);
        assert_eq!(second.start, 10);
        assert_ne!(second.attributes.record(), third.attributes.record());
        assert!(hand.nodes.is_empty(), "a node was taken or given");
    });
    let answers = [reader.find_all(15), reader.find_all(15)].map(facts);
    assert!([[1, 1], [1, 2], [2, 2]].contains(&answers), "{answers:?}");
    let small = reader.joined();
    assert_eq!(facts(small.tree.find(&small.store, 3)), 3);
}

/// The leaf is full, so that it is copied; the old one is not used again.
fn reused_after_a_copy() {
    let (small, mut hand) = Small::new(4, 2);
    let second = small.with_record(&mut hand, numbered(2));
    small.splice(&mut hand, 0..1, &[numbered(1), second, numbered(3)]);
    let reader = small.while_changed(hand, 3, |small, hand| {
        let mut retired = Vec::new();
        let mut set_apart = |hand: &mut Stack, before: &[u32]| {
            retired.extend(hand.nodes.extract_if(.., |index| !before.contains(index)));
        };
        let before = hand.nodes.clone();
        let fresh = small.with_record(hand, other(numbered(2)));
        small.put(hand, fresh);
        set_apart(hand, &before);
        small.remove(hand, numbered(3));
        let third = small.with_record(hand, entry(30, 40, 4));
        small.put(hand, third);
        assert_eq!(retired.len(), 1, "the leaf was not copied once");
    });
    let answers = [reader.find_all(22), reader.find_all(22)].map(facts);
    assert!(
        [[2, 2], [2, 12], [12, 12]].contains(&answers),
        "{answers:?}"
    );
    reader.joined();
}
