//! A leaf that changes in place.

use super::{
    Model,
    index::{Attributes, Entry},
    small::{Answer, Reader, Small, assert_in_time, entry, marked, numbered},
};

pub(super) const A_FREED_SLOT_AGAINST_FIND: Model = Model {
    name: "in place: a freed slot is filled, against find",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: a_freed_slot_against_find,
};

pub(super) const A_FREED_SLOT_AGAINST_NEXT: Model = Model {
    name: "in place: a freed slot is filled, against next",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: a_freed_slot_against_next,
};

pub(super) const A_GAP: Model = Model {
    name: "in place: a gap is filled where an entry was",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: a_gap,
};

pub(super) const GROWING_INTO_A_GAP: Model = Model {
    name: "in place: an entry grows into a gap where another was",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: growing_into_a_gap,
};

pub(super) const GROWING_OVER_OTHERS_AGAINST_FIND: Model = Model {
    name: "in place: an entry grows over others, against find",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: growing_over_others_against_find,
};

pub(super) const GROWING_OVER_OTHERS_AGAINST_NEXT: Model = Model {
    name: "in place: an entry grows over others, against next",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: growing_over_others_against_next,
};

pub(super) const SHRINKING_AGAINST_FIND: Model = Model {
    name: "in place: an entry shrinks for another, against find",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: shrinking_against_find,
};

pub(super) const SHRINKING_AGAINST_NEXT: Model = Model {
    name: "in place: an entry shrinks for another, against next",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: shrinking_against_next,
};

pub(super) const MARKS_AND_ATTRIBUTES: Model = Model {
    name: "in place: marks and attributes",
    words: 16,
    interruptions: [Some(2), Some(4)],
    run: marks_and_attributes,
};

pub(super) const ATTRIBUTES_AFTER_A_CUT: Model = Model {
    name: "in place: attributes after a cut",
    words: 16,
    interruptions: [Some(2), Some(3)],
    run: attributes_after_a_cut,
};

pub(super) const ATTRIBUTES_AFTER_A_CUT_THAT_MARKS: Model = Model {
    name: "in place: attributes after a cut that marks",
    words: 16,
    interruptions: [Some(2), Some(3)],
    run: attributes_after_a_cut_that_marks,
};

/// The slot of the second entry is freed, and taken by one that overlaps it and begins later.
fn freed_slot() -> Reader {
    let (small, hand) = Small::of(1, &[1, 3, 5].map(numbered));
    small.while_changed(hand, 2, |small, hand| {
        small.remove(hand, numbered(3));
        small.put(hand, entry(32, 44, 4));
        assert!(hand.nodes.is_empty(), "a node was taken or given");
    })
}

/// Where that lies, and its facts.
const FOURTH: (u64, u64, u64) = (32, 44, 4);

fn a_freed_slot_against_find() {
    let fourth = entry(FOURTH.0, FOURTH.1, FOURTH.2);
    let reader = freed_slot();
    let in_time = [Some(numbered(3)), None, Some(fourth)];
    let answers = [reader.find(33), reader.find(33)];
    assert_in_time(&answers.map(|is| Answer {
        is,
        in_time: &in_time,
    }));
    reader.ends_with(&[numbered(1), fourth, numbered(5)]);
}

fn a_freed_slot_against_next() {
    let fourth = entry(FOURTH.0, FOURTH.1, FOURTH.2);
    let reader = freed_slot();
    assert_in_time(&[
        Answer {
            is: reader.next(31),
            in_time: &[Some(numbered(3)), Some(numbered(5)), Some(fourth)],
        },
        Answer {
            is: reader.next(44),
            in_time: &[Some(numbered(5)); 3],
        },
    ]);
    reader.ends_with(&[numbered(1), fourth, numbered(5)]);
}

/// Puts an entry in a gap, or lets the one before it grow.
fn fill(small: &Small, new: Entry) {
    let place = small.tree.place(&small.store, new.start);
    let place = place.expect("a leaf");
    let done = small.tree.fill_plain(&small.store, &place, &new);
    assert!(done.is_some(), "there was no room");
}

/// The same slot as above; its entry is marked, taken out where that was done, and another one put where nothing is.
fn a_gap() {
    let (third, fourth) = (numbered(3), entry(FOURTH.0, FOURTH.1, FOURTH.2));
    let (small, hand) = Small::of(1, &[1, 3, 5].map(numbered));
    let reader = small.while_changed(hand, 3, move |small, _| {
        let place = small.tree.place(&small.store, third.start);
        let spot = place
            .expect("a leaf")
            .mark_plain(&small.store, &(third.start..third.end));
        let spot = spot.expect("it is just this");
        let removed = small.tree.remove_plain(&small.store, spot);
        assert!(removed.is_some(), "it is not there any more");
        fill(small, fourth);
    });
    let third = [third, marked(third)].map(Some);
    assert_in_time(&[
        Answer {
            is: reader.find(33),
            in_time: &[third[0], third[1], None, Some(fourth)],
        },
        Answer {
            is: reader.next(31),
            in_time: &[third[0], third[1], Some(numbered(5)), Some(fourth)],
        },
    ]);
    reader.ends_with(&[numbered(1), fourth, numbered(5)]);
}

fn growing_into_a_gap() {
    let (first, all) = (entry(10, 20, 1), entry(10, 30, 1));
    let second = entry(20, 25, 2);
    let (small, hand) = Small::of(1, &[first, second]);
    let reader = small.while_changed(hand, 2, move |small, hand| {
        small.remove(hand, second);
        fill(small, entry(20, 30, 1));
    });
    // It has grown before its leaf says so, which who asks for what is behind its old end waits for or not.
    let all_of_it = Some(all);
    assert_in_time(&[
        Answer {
            is: reader.find(12),
            in_time: &[Some(first), Some(first), all_of_it, all_of_it],
        },
        Answer {
            is: reader.find(22),
            in_time: &[Some(second), None, None, all_of_it],
        },
    ]);
    reader.ends_with(&[all]);
}

/// The first entry becomes one with the third, over the second.
fn grown() -> Reader {
    let series = [entry(10, 20, 1), entry(20, 30, 2), entry(30, 40, 1)];
    let (small, hand) = Small::of(1, &series);
    small.while_changed(hand, 1, |small, hand| {
        small.splice(hand, 10..40, &[entry(10, 40, 1)]);
        assert!(hand.nodes.is_empty(), "a node was taken or given");
    })
}

fn growing_over_others_against_find() {
    let all = Some(entry(10, 40, 1));
    let reader = grown();
    let third = Some(entry(30, 40, 1));
    let second = Some(entry(20, 30, 2));
    assert_in_time(&[
        Answer {
            is: reader.find(35),
            in_time: &[third, third, all],
        },
        Answer {
            is: reader.find(15),
            in_time: &[Some(entry(10, 20, 1)), all, all],
        },
        Answer {
            is: reader.find(25),
            in_time: &[second, second, all],
        },
    ]);
    reader.ends_with(&[entry(10, 40, 1)]);
}

fn growing_over_others_against_next() {
    let all = Some(entry(10, 40, 1));
    let second = Some(entry(20, 30, 2));
    let third = Some(entry(30, 40, 1));
    let reader = grown();
    assert_in_time(&[
        Answer {
            is: reader.next(20),
            in_time: &[second, second, all],
        },
        Answer {
            is: reader.next(30),
            in_time: &[third, third, all],
        },
    ]);
    reader.ends_with(&[entry(10, 40, 1)]);
}

/// Another entry is put over the end of the only one.
fn shrunk() -> Reader {
    let (small, hand) = Small::of(1, &[entry(10, 40, 1)]);
    small.while_changed(hand, 1, |small, hand| {
        small.splice(hand, 10..40, &[entry(10, 20, 1), entry(20, 40, 2)]);
        assert!(hand.nodes.is_empty(), "a node was taken or given");
    })
}

fn shrinking_against_find() {
    let (whole, end) = (Some(entry(10, 40, 1)), Some(entry(20, 40, 2)));
    let beginning = [whole, whole, Some(entry(10, 20, 1))];
    let reader = shrunk();
    assert_in_time(&[
        Answer {
            is: reader.find(15),
            in_time: &beginning,
        },
        Answer {
            is: reader.find(25),
            in_time: &[whole, end, end],
        },
        Answer {
            is: reader.find(15),
            in_time: &beginning,
        },
    ]);
    reader.ends_with(&[entry(10, 20, 1), entry(20, 40, 2)]);
}

fn shrinking_against_next() {
    let (whole, end) = (Some(entry(10, 40, 1)), Some(entry(20, 40, 2)));
    let reader = shrunk();
    assert_in_time(&[
        Answer {
            is: reader.next(5),
            in_time: &[whole, whole, Some(entry(10, 20, 1))],
        },
        Answer {
            is: reader.next(20),
            in_time: &[whole, end, end],
        },
    ]);
    reader.ends_with(&[entry(10, 20, 1), entry(20, 40, 2)]);
}

/// Who has found a mark finds the old facts without it never again, and finds new ones without it only once it is gone.
fn marks_and_attributes() {
    let (old, new) = (entry(10, 20, 1), entry(10, 20, 2));
    let (small, hand) = Small::of(1, &[old]);
    let reader = small.while_changed(hand, 3, |small, _| {
        small.tree.mark(&small.store, &(10..20), true);
        let other = |_: &_| Attributes::new(2);
        small.tree.change(&small.store, &(10..20), other);
        small.tree.mark(&small.store, &(10..20), false);
    });
    let in_time = [old, marked(old), marked(new), new].map(Some);
    let answers = [reader.find(15), reader.find(15)];
    assert_in_time(&answers.map(|is| Answer {
        is,
        in_time: &in_time,
    }));
    reader.ends_with(&[new]);
}

/// An entry is cut in two, and the first part changes: never did it all change.
fn attributes_after_a_cut() {
    let (whole, end) = (entry(10, 40, 1), entry(20, 40, 1));
    let (old, new) = (entry(10, 20, 1), entry(10, 20, 2));
    let (small, hand) = Small::of(1, &[whole]);
    let reader = small.while_changed(hand, 4, move |small, hand| {
        small.splice(hand, 10..40, &[old, end]);
        small.tree.mark(&small.store, &(10..20), true);
        let other = |_: &_| Attributes::new(2);
        small.tree.change(&small.store, &(10..20), other);
        small.tree.mark(&small.store, &(10..20), false);
        assert!(hand.nodes.is_empty(), "a node was taken or given");
    });
    let first = [whole, whole, old, marked(old), marked(new), new].map(Some);
    let second = [whole, end, end, end, end, end].map(Some);
    assert_in_time(&[
        Answer {
            is: reader.find(15),
            in_time: &first,
        },
        Answer {
            is: reader.find(25),
            in_time: &second,
        },
    ]);
    reader.ends_with(&[new, end]);
}

/// The same, where the store that publishes the parts marks the first one: it is marked while it still reaches over the
/// other, and has the old facts for as long as that.
fn attributes_after_a_cut_that_marks() {
    let (whole, end) = (entry(10, 40, 1), entry(20, 40, 1));
    let (old, new) = (entry(10, 20, 1), entry(10, 20, 2));
    let (small, hand) = Small::of(1, &[whole]);
    let reader = small.while_changed(hand, 4, move |small, hand| {
        small.splice(hand, 10..40, &[marked(old), end]);
        let other = |_: &_| Attributes::new(2);
        small.tree.change(&small.store, &(10..20), other);
        small.tree.mark(&small.store, &(10..20), false);
        assert!(hand.nodes.is_empty(), "a node was taken or given");
    });
    let first = [whole, marked(whole), marked(old), marked(new), new].map(Some);
    let second = [whole, end, end, end, end].map(Some);
    assert_in_time(&[
        Answer {
            is: reader.find(15),
            in_time: &first,
        },
        Answer {
            is: reader.find(25),
            in_time: &second,
        },
    ]);
    reader.ends_with(&[new, end]);
}
