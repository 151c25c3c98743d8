//! A node that has another life by the time a reader reads on: there is no quarantine.

use super::{
    Model,
    index::Entry,
    small::{Answer, Reader, Small, assert_in_time, entry, numbered, other},
};

pub(super) const A_LEAF_AS_A_LEAF_AGAINST_FIND: Model = Model {
    name: "recycling: a leaf becomes another leaf, against find",
    words: 60,
    interruptions: [Some(1), Some(2)],
    run: a_leaf_as_a_leaf_against_find,
};

pub(super) const A_LEAF_AS_A_LEAF_AGAINST_NEXT: Model = Model {
    name: "recycling: a leaf becomes another leaf, against next",
    words: 60,
    interruptions: [Some(1), Some(2)],
    run: a_leaf_as_a_leaf_against_next,
};

pub(super) const A_LEAF_AS_AN_INNER_NODE_AGAINST_FIND: Model = Model {
    name: "recycling: a leaf becomes an inner node, against find",
    words: 80,
    interruptions: [Some(1), Some(2)],
    run: a_leaf_as_an_inner_node_against_find,
};

pub(super) const A_LEAF_AS_AN_INNER_NODE_AGAINST_NEXT: Model = Model {
    name: "recycling: a leaf becomes an inner node, against next",
    words: 80,
    interruptions: [Some(1), Some(2)],
    run: a_leaf_as_an_inner_node_against_next,
};

pub(super) const AN_INNER_NODE_AS_A_LEAF_AGAINST_FIND: Model = Model {
    name: "recycling: an inner node becomes a leaf, against find",
    words: 80,
    interruptions: [Some(2), Some(3)],
    run: an_inner_node_as_a_leaf_against_find,
};

pub(super) const AN_INNER_NODE_AS_A_LEAF_AGAINST_NEXT: Model = Model {
    name: "recycling: an inner node becomes a leaf, against next",
    words: 80,
    interruptions: [Some(1), Some(2)],
    run: an_inner_node_as_a_leaf_against_next,
};

/// The first leaf is copied, and becomes the copy of the second one.
fn leaf_as_a_leaf() -> Reader {
    let (small, hand) = Small::of_two_full_leaves(4);
    small.while_changed(hand, 2, |small, hand| {
        small.put(hand, other(numbered(2)));
        small.put(hand, other(numbered(6)));
        assert_eq!(hand.nodes.len(), 1);
    })
}

/// The second entry and the sixth one are others by now.
fn changed() -> [Entry; 6] {
    [
        numbered(1),
        other(numbered(2)),
        numbered(3),
        numbered(5),
        other(numbered(6)),
        numbered(7),
    ]
}

fn a_leaf_as_a_leaf_against_find() {
    let reader = leaf_as_a_leaf();
    let (second, sixth) = (numbered(2), numbered(6));
    assert_in_time(&[
        Answer {
            is: reader.find(22),
            in_time: &[second, other(second), other(second)].map(Some),
        },
        Answer {
            is: reader.find(62),
            in_time: &[sixth, sixth, other(sixth)].map(Some),
        },
    ]);
    reader.ends_with(&changed());
}

fn a_leaf_as_a_leaf_against_next() {
    let reader = leaf_as_a_leaf();
    assert_eq!(reader.next(36), Some(numbered(5)));
    reader.ends_with(&changed());
}

/// The first leaf is copied, and becomes the root when the second one is split.
fn leaf_as_an_inner_node() -> Reader {
    let (small, hand) = Small::of_two_full_leaves(6);
    small.while_changed(hand, 2, |small, hand| {
        small.put(hand, other(numbered(2)));
        // The one that was given last is to be taken last.
        hand.nodes.rotate_right(1);
        let first = hand.nodes[0];
        small.put(hand, entry(56, 58, 9));
        assert_eq!(hand.nodes.len(), 2);
        assert!(!hand.nodes.contains(&first), "it was not taken");
    })
}

/// As that leaves it.
fn split() -> [Entry; 7] {
    [
        numbered(1),
        other(numbered(2)),
        numbered(3),
        numbered(5),
        entry(56, 58, 9),
        numbered(6),
        numbered(7),
    ]
}

fn a_leaf_as_an_inner_node_against_find() {
    let reader = leaf_as_an_inner_node();
    assert_in_time(&[Answer {
        is: reader.find(22),
        in_time: &[numbered(2), other(numbered(2))].map(Some),
    }]);
    reader.ends_with(&split());
}

fn a_leaf_as_an_inner_node_against_next() {
    let reader = leaf_as_an_inner_node();
    assert_in_time(&[Answer {
        is: reader.next(16),
        in_time: &[numbered(2), other(numbered(2))].map(Some),
    }]);
    reader.ends_with(&split());
}

/// The root is copied when the first leaf is split, and becomes the copy of the second leaf.
fn inner_node_as_a_leaf() -> Reader {
    let (small, hand) = Small::of_two_full_leaves(6);
    let root = small.inner(6);
    small.while_changed(hand, 2, move |small, hand| {
        small.put(hand, entry(26, 28, 9));
        let given = hand.nodes.iter().position(|index| *index == root);
        let given = hand.nodes.remove(given.expect("the root was given back"));
        hand.nodes.push(given);
        small.put(hand, other(numbered(6)));
        assert!(!hand.nodes.contains(&root), "the root was not taken");
    })
}

fn both_changed() -> [Entry; 7] {
    [
        numbered(1),
        numbered(2),
        entry(26, 28, 9),
        numbered(3),
        numbered(5),
        other(numbered(6)),
        numbered(7),
    ]
}

fn an_inner_node_as_a_leaf_against_find() {
    let reader = inner_node_as_a_leaf();
    let sixth = numbered(6);
    assert_in_time(&[
        Answer {
            is: reader.find(62),
            in_time: &[sixth, sixth, other(sixth)].map(Some),
        },
        Answer {
            is: reader.find(32),
            in_time: &[Some(numbered(3)); 3],
        },
    ]);
    reader.ends_with(&both_changed());
}

fn an_inner_node_as_a_leaf_against_next() {
    let reader = inner_node_as_a_leaf();
    assert_eq!(reader.next(36), Some(numbered(5)));
    reader.ends_with(&both_changed());
}
