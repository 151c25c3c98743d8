//! A child that is forked after any store of one change, as far as the tree is concerned.

use std::{cell::RefCell, collections::BTreeSet, ops::Range, rc::Rc, slice};

use fastrand::Rng;

use super::{
    choice::{Choice, Mood},
    counts::{Children, Counts},
    index::{Attributes, Entry, Link, Tree},
    memory::{Hand, Quick, copy},
    operation::{Action, overlap},
    pair::{Content, Pair, addresses, near},
};
use crate::atomic::{self, Step};

/// How many entries there are in the trees at the most, and how many changes of each tree are stepped through.
const SIZES: [usize; 6] = [2, 4, 8, 16, 30, 60];
const OPERATIONS: usize = 90;
/// One in so many children changes something itself.
const GOES_ON: u64 = 4;

pub(super) fn run(random: &mut Rng, counts: &mut Counts) {
    for entries in SIZES {
        for _ in 0..3 {
            tree::<3>(entries, random, counts);
            tree::<7>(entries, random, counts);
        }
    }
}

/// A tree that is changed while it is watched, or what a child has of it.
struct State<const N: usize> {
    store: Quick<N>,
    tree: Tree<N>,
}

impl<const N: usize> State<N> {
    fn of(store: &Quick<N>, tree: &Tree<N>) -> Self {
        let (nodes, records) = (store.nodes().len(), store.records().len());
        let mut state = Self {
            store: Quick::new(nodes, records),
            tree: Tree::new(),
        };
        state.become_like(store, tree);
        state
    }

    fn become_like(&mut self, store: &Quick<N>, tree: &Tree<N>) {
        self.store.become_like(store);
        copy(slice::from_ref(tree), slice::from_mut(&mut self.tree));
    }

    fn content(&self) -> Content {
        match Content::checked(&self.store, &self.tree) {
            Ok(content) => content,
            Err(what) => panic!("{what}"),
        }
    }
}

fn at(entries: &[Entry], address: u64) -> Option<&Entry> {
    let entry = entries.get(entries.partition_point(|it| it.end <= address))?;
    (entry.start <= address).then_some(entry)
}

/// What there is before a change and after it.
struct Change {
    before: Vec<Entry>,
    after: Vec<Entry>,
    /// Where it may change something.
    region: Range<u64>,
    addresses: Vec<u64>,
}

impl Change {
    /// May that be what lies at an address?
    fn may_be(&self, address: u64, found: Option<&Entry>) -> bool {
        let states = [&self.before, &self.after].map(|entries| at(entries, address));
        let attributes = |entry: Option<&Entry>| entry.map(|it| it.attributes);
        let is_known = states.map(attributes).contains(&attributes(found));
        let (Some(found), [Some(before), Some(after)]) = (found, states) else {
            return is_known;
        };
        is_known && (before.marked != after.marked || found.marked == before.marked)
    }

    /// Is that everything there is in a child?
    fn judge(&self, entries: &[Entry]) -> Result<(), String> {
        let all = [&self.before[..], &self.after, entries]
            .into_iter()
            .flatten();
        let boundaries: BTreeSet<u64> = all.flat_map(|entry| [entry.start, entry.end]).collect();
        for address in boundaries {
            let found = at(entries, address);
            if !self.may_be(address, found) {
                return Err(format!("{found:x?} at {address:#x}"));
            }
        }
        let apart = |entries: &[Entry]| {
            let apart = entries.iter().filter(|it| !overlap(it, &self.region));
            apart.copied().collect::<Vec<_>>()
        };
        if apart(entries) != apart(&self.before) {
            return Err("other entries where nothing is changed".to_owned());
        }
        Ok(())
    }
}

struct Watch<const N: usize> {
    state: Rc<State<N>>,
    change: Change,
    child: State<N>,
    random: Rng,
    counts: Children,
}

impl<const N: usize> Watch<N> {
    fn step(&mut self) -> Result<(), String> {
        self.counts.stores += 1;
        self.child.become_like(&self.state.store, &self.state.tree);
        let State { store, tree } = &self.child;

        atomic::take_restarts();
        for &address in &self.change.addresses {
            let found = tree.find(store, address).map(|found| found.entry);
            if !self.change.may_be(address, found.as_ref()) {
                return Err(format!("found {found:x?} at {address:#x}"));
            }
        }
        if atomic::take_restarts() != 0 {
            return Err("a find began again".to_owned());
        }
        self.counts.finds += self.change.addresses.len() as u64;

        let (mut links, mut entries) = (Vec::new(), Vec::new());
        self.counts.overlaps += u64::from(Content::checked(store, tree).is_err());
        tree.repair(store, |link, entry| match entry {
            Some(entry) => entries.push(*entry),
            None => links.push(link),
        });
        let content = Content::checked(store, tree)?;
        if content.links != links || content.entries != entries {
            return Err("something else was repaired than what is there".to_owned());
        }
        self.change.judge(&entries)?;
        let counts = &mut self.counts;
        if entries == self.change.before {
            counts.before += 1;
        } else if entries == self.change.after {
            counts.after += 1;
        } else {
            counts.between += 1;
        }
        if self.random.u64(..GOES_ON) == 0 {
            self.go_on(&content)?;
            self.counts.went_on += 1;
        }
        Ok(())
    }

    /// What is in nobody's hand and is not linked is free, as it is when the registry is recovered.
    fn sweep(&self, content: &Content) -> Hand {
        let mut hand = Hand::default();
        let used: BTreeSet<u32> = content.links.iter().map(|link| link.index()).collect();
        for (index, node) in (0..).zip(self.child.store.nodes()) {
            let header = Link::of(node.header.peek());
            if used.contains(&index) {
                continue;
            }
            if header.is_alive() {
                node.header.poke(header.ended().0.word());
            }
            hand.nodes.push(index);
        }
        let references = |index: u32| {
            let referring = content.entries.iter();
            let referring = referring.filter(|it| it.attributes.record() == Some(index));
            referring.count() as u64
        };
        for (index, record) in (0..).zip(self.child.store.records()) {
            record.next.poke(references(index));
            if record.next.peek() == 0 {
                hand.records.push(index);
            }
        }
        hand
    }

    /// The child puts an entry in, and takes out what the change was about.
    fn go_on(&mut self, content: &Content) -> Result<(), String> {
        let mut hand = self.sweep(content);
        let State { store, tree } = &self.child;
        let mut expected = content.entries.clone();
        let fits = |gap: Range<u64>| (gap.start < gap.end).then_some(gap.start);
        let free = tree.gap(store, &(0..u64::MAX), 1, fits);
        let ends = [0].into_iter().chain(expected.iter().map(|it| it.end));
        let lowest = ends.clone().find(|end| at(&expected, *end).is_none());
        if free != lowest {
            return Err(format!("a gap at {free:x?} instead of {lowest:x?}"));
        }
        let fresh = lowest.map(|start| Entry {
            start,
            end: start + 1,
            attributes: Attributes::new(0x77),
            marked: false,
        });
        let region = self.change.region.clone();
        let changes = fresh
            .map(|entry| (entry.start..entry.end, Some(entry)))
            .into_iter()
            .chain([(region, None)]);
        for (range, fresh) in changes.filter(|(range, _)| !range.is_empty()) {
            let removed = tree.splice(store, &mut hand, &range, fresh.as_slice());
            if removed.is_none() {
                return Err("a child has too few nodes".to_owned());
            }
            expected.retain(|it| !range.contains(&it.start));
            let place = expected.partition_point(|it| it.start < range.start);
            expected.splice(place..place, fresh);
            let now = Content::checked(store, tree)?;
            if now.entries != expected {
                return Err(format!("a child has {:x?}", now.entries));
            }
        }
        Ok(())
    }
}

fn tree<const N: usize>(entries: usize, random: &mut Rng, counts: &mut Counts) {
    let width = entries as u64 * 8 + 8;
    let start = if random.bool() { 0 } else { u64::MAX - width };
    let mut choice = Choice::new(start..start + width);
    let mut pair = Pair::<N>::new(entries + 8);
    for _ in 0..4 * entries {
        if pair.entries.len() >= entries {
            break;
        }
        pair.step(&mut choice, random, counts);
    }
    for number in 0..OPERATIONS {
        choice.mood = match number % 3 {
            0 => Mood::Growing,
            1 => Mood::Steady,
            _ if pair.entries.len() >= entries => Mood::Shrinking,
            _ => Mood::Growing,
        };
        let operation = choice.operation(&mut pair, random);
        stepped(&pair, &operation.action, random, counts);
        pair.perform(&operation, None, random, counts);
        choice.was_done(&pair, &operation);
    }
}

/// Does it to a copy of the quick tree, and looks after each store what a child would make of it.
fn stepped<const N: usize>(pair: &Pair<N>, action: &Action, random: &mut Rng, counts: &mut Counts) {
    let done = State::of(&pair.store, &pair.tree);
    let answer = action.on_quick(&done.store, &done.tree, &mut pair.hand.clone());
    let (before, after) = (pair.entries.clone(), done.content().entries);
    let mut region = action.region();
    for entry in before.iter().filter(|it| overlap(it, &action.region())) {
        region = region.start.min(entry.start)..region.end.max(entry.end);
    }
    let addresses = if random.u8(..16) == 0 {
        addresses(before.iter().chain(&after))
    } else {
        near(&before, &after, &region)
    };
    let state = Rc::new(State::of(&pair.store, &pair.tree));
    let watch = Rc::new(RefCell::new(Watch {
        state: Rc::clone(&state),
        change: Change {
            before,
            after,
            region,
            addresses,
        },
        child: done,
        random: Rng::with_seed(random.u64(..)),
        counts: std::mem::take(counts.children.entry(N).or_default()),
    }));
    let watcher = {
        let (watch, action) = (Rc::clone(&watch), action.clone());
        move |step, place: &'static std::panic::Location<'static>| {
            let Step::Store { .. } = step else {
                return;
            };
            let seen = watch.borrow_mut().step();
            if let Err(what) = seen {
                let Change { before, after, .. } = &watch.borrow().change;
                panic!(
                    "a child: {what}, fan-out {N}, after the store at {place} of {action:x?}\n\
                     before: {before:x?}\nafter: {after:x?}"
                );
            }
        }
    };
    atomic::watch(Rc::new(watcher));
    let again = action.on_quick(&state.store, &state.tree, &mut pair.hand.clone());
    atomic::unwatch();
    assert_eq!(again, answer, "another answer while it was watched");
    let mut watch = watch.borrow_mut();
    assert_eq!(
        state.content().entries,
        watch.change.after,
        "another end while it was watched"
    );
    watch.counts.operations += 1;
    *counts.children.entry(N).or_default() = std::mem::take(&mut watch.counts);
}
