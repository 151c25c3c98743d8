//! The shape of the tree changes, and what is not concerned is found throughout.

use super::{
    Model,
    arena::Stack,
    small::{Answer, Small, assert_in_time, entry, numbered, other},
};

pub(super) const FROM_NOTHING: Model = Model {
    name: "shape: from nothing, to nothing, and again",
    words: 40,
    interruptions: [Some(1), Some(2)],
    run: from_nothing,
};

pub(super) const A_LEVEL_MORE: Model = Model {
    name: "shape: a level more",
    words: 60,
    interruptions: [Some(2), Some(3)],
    run: a_level_more,
};

pub(super) const A_LEVEL_LESS: Model = Model {
    name: "shape: a level less",
    words: 60,
    interruptions: [Some(1), Some(2)],
    run: a_level_less,
};

pub(super) const A_SEPARATOR_AGAINST_FIND: Model = Model {
    name: "shape: an entry grows over a separator, against find",
    words: 80,
    interruptions: [Some(2), Some(3)],
    run: a_separator_against_find,
};

pub(super) const A_SEPARATOR_AGAINST_NEXT: Model = Model {
    name: "shape: an entry grows over a separator, against next",
    words: 80,
    interruptions: [Some(1), Some(2)],
    run: a_separator_against_next,
};

pub(super) const AN_EMPTY_LEAF_IS_PASSED: Model = Model {
    name: "shape: a leaf is emptied and filled, against next",
    words: 80,
    interruptions: [Some(2), Some(3)],
    run: an_empty_leaf_is_passed,
};

pub(super) const AN_EMPTY_LEAF_IS_DROPPED: Model = Model {
    name: "shape: a leaf is emptied and dropped, against next",
    words: 80,
    interruptions: [Some(1), Some(2)],
    run: an_empty_leaf_is_dropped,
};

/// The only node has two lives, with the same words in them but for where its entry lies.
fn from_nothing() {
    let (small, hand) = Small::new(1, 0);
    let reader = small.while_changed(hand, 4, |small, hand| {
        small.put(hand, numbered(1));
        small.remove(hand, numbered(1));
        small.tidy(hand, 10);
        assert_eq!(small.tree.levels(), 0);
        small.put(hand, numbered(3));
    });
    assert_in_time(&[
        Answer {
            is: reader.find(12),
            in_time: &[None, Some(numbered(1)), None, None, None],
        },
        Answer {
            is: reader.find(32),
            in_time: &[None, None, None, None, Some(numbered(3))],
        },
    ]);
    reader.ends_with(&[numbered(3)]);
}

/// A leaf that is the root is split, and one of the new ones changes.
fn a_level_more() {
    let (small, hand) = Small::of(4, &[1, 3, 5].map(numbered));
    let reader = small.while_changed(hand, 2, |small, hand| {
        small.put(hand, numbered(7));
        assert_eq!(small.tree.levels(), 2);
        small.put(hand, numbered(8));
    });
    assert_in_time(&[
        Answer {
            is: reader.next(36),
            in_time: &[Some(numbered(5)); 3],
        },
        Answer {
            is: reader.next(56),
            in_time: &[None, Some(numbered(7)), Some(numbered(7))],
        },
        Answer {
            is: reader.find(82),
            in_time: &[None, None, Some(numbered(8))],
        },
    ]);
    reader.ends_with(&[1, 3, 5, 7, 8].map(numbered));
}

/// Two leaves with little in them become one, which is the root; it is copied, and the copy lies where the root was.
fn a_level_less() {
    let (small, mut hand) = Small::of_two_full_leaves(4);
    for number in [2, 3, 5, 6] {
        small.remove(&mut hand, numbered(number));
    }
    let root = small.inner(4);
    let reader = small.while_changed(hand, 2, move |small, hand| {
        small.tidy(hand, 10);
        assert_eq!(small.tree.levels(), 1);
        hand.nodes.retain(|index| *index == root);
        small.tidy(hand, 10);
        assert_eq!(hand.nodes.len(), 1);
    });
    let answers = [reader.find(72), reader.next(16)];
    assert_eq!(answers, [Some(numbered(7)); 2]);
    reader.ends_with(&[1, 7].map(numbered));
}

fn a_separator_against_find() {
    let (small, hand) = Small::of_two_full_leaves(6);
    let reader = small.while_changed(hand, 1, grow_over_a_separator);
    let grown = Some(entry(30, 58, 3));
    assert_in_time(&[
        Answer {
            is: reader.find(52),
            in_time: &[Some(numbered(5)), grown],
        },
        Answer {
            is: reader.find(32),
            in_time: &[Some(numbered(3)), grown],
        },
    ]);
    let [first, second, sixth, seventh] = [1, 2, 6, 7].map(numbered);
    reader.ends_with(&[first, second, entry(30, 58, 3), sixth, seventh]);
}

/// Afterwards one of the leaves that were there becomes another one.
fn a_separator_against_next() {
    let (small, hand) = Small::of_two_full_leaves(6);
    let reader = small.while_changed(hand, 2, |small, hand| {
        grow_over_a_separator(small, hand);
        small.put(hand, other(numbered(2)));
    });
    assert_in_time(&[Answer {
        is: reader.next(36),
        in_time: &[numbered(5), entry(30, 58, 3)].map(Some),
    }]);
    let [first, second, sixth, seventh] = [1, 2, 6, 7].map(numbered);
    reader.ends_with(&[first, other(second), entry(30, 58, 3), sixth, seventh]);
}

/// The third entry, in the first leaf, grows over the fifth one, in the second.
fn grow_over_a_separator(small: &Small, hand: &mut Stack) {
    small.splice(hand, 30..55, &[entry(30, 58, 3)]);
}

/// Three leaves: 1, 2, 3 and 5, 6, 7 and 8.
fn three_leaves(nodes: usize) -> (Small, Stack) {
    let (small, mut hand) = Small::of_two_full_leaves(nodes);
    small.put(&mut hand, numbered(8));
    assert_eq!(hand.nodes.len(), nodes - 4);
    (small, hand)
}

fn an_empty_leaf_is_passed() {
    let (small, hand) = three_leaves(6);
    let reader = small.while_changed(hand, 2, |small, hand| {
        small.splice(hand, 50..75, &[]);
        small.put(hand, entry(56, 58, 9));
        assert_eq!(hand.nodes.len(), 2, "the leaf did not stay");
    });
    let in_time = [numbered(5), numbered(8), entry(56, 58, 9)].map(Some);
    let answers = [reader.next(36), reader.next(36)];
    assert_in_time(&answers.map(|is| Answer {
        is,
        in_time: &in_time,
    }));
    reader.ends_with(&[
        numbered(1),
        numbered(2),
        numbered(3),
        entry(56, 58, 9),
        numbered(8),
    ]);
}

/// Afterwards, what lies where the leaf was comes to another one.
fn an_empty_leaf_is_dropped() {
    let (small, hand) = three_leaves(6);
    let reader = small.while_changed(hand, 3, |small, hand| {
        small.splice(hand, 50..75, &[]);
        small.tidy(hand, 50);
        assert_eq!(hand.nodes.len(), 3, "the leaf stays");
        small.put(hand, other(numbered(2)));
    });
    assert_in_time(&[Answer {
        is: reader.next(36),
        in_time: &[numbered(5), numbered(8)].map(Some),
    }]);
    reader.ends_with(&[numbered(1), other(numbered(2)), numbered(3), numbered(8)]);
}
