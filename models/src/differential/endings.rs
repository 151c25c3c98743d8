//! Leaves that come to the end of their versions, and nodes that come to the end of their lives.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use fastrand::Rng;

use super::{
    choice::{Choice, Mood},
    counts::Counts,
    index::Link,
    operation::{Action, Operation},
    pair::{Pair, leaves},
};

/// The version from which on nothing is put into a leaf: the limit in the index's `control`.
const LIMIT: u64 = u32::MAX as u64 - (1 << 16);
const VERSION_SHIFT: u32 = 32;
const MARKS_SHIFT: u32 = 16;
const BITS: u64 = (1 << MARKS_SHIFT) - 1;
/// Headers of free nodes: the level, and where the generation is.
const FREE: u64 = 15 << 28;
const GENERATION_SHIFT: u32 = 32;

/// Leaves are made this old, at the most so many versions before the limit or behind it.
const AROUND: u64 = 4;
const ENTRIES: usize = 40;
const OPERATIONS: usize = 800;

pub(super) fn run(random: &mut Rng, counts: &mut Counts) {
    counts.is_near_the_end = true;
    limit_is_the_limit(random, counts);
    grow_old::<3>(random, counts);
    grow_old::<7>(random, counts);
    grow_old::<15>(random, counts);
    counts.is_near_the_end = false;
}

fn version(control: u64) -> u64 {
    control >> VERSION_SHIFT
}

fn set_version<const N: usize>(pair: &Pair<N>, link: Link, version: u64) {
    let control = &pair.store.nodes()[link.index() as usize].control;
    let slots = control.peek() & ((1 << VERSION_SHIFT) - 1);
    control.poke(version << VERSION_SHIFT | slots);
}

/// A leaf that has one version left before the limit is changed once where it stands, and then only less can be in it.
fn limit_is_the_limit(random: &mut Rng, counts: &mut Counts) {
    let mut pair = Pair::<7>::new(8);
    let mut choice = Choice::new(0..30);
    while pair.entries.is_empty() || pair.links.len() != 1 {
        pair.step(&mut choice, random, counts);
    }
    let unmark = Operation {
        name: "unmark",
        action: Action::Unmark(0..u64::MAX),
    };
    let mark = Operation {
        name: "mark whole",
        action: Action::MarkWhole(0..u64::MAX),
    };
    pair.perform(&unmark, None, random, counts);
    let leaf = pair.links[0];
    let control = |pair: &Pair<7>| pair.store.nodes()[leaf.index() as usize].control.peek();
    set_version(&pair, leaf, LIMIT - 1);
    pair.perform(&mark, None, random, counts);
    assert_eq!(version(control(&pair)), LIMIT, "too early a limit");
    pair.perform(&unmark, None, random, counts);
    let last = control(&pair);
    assert_eq!(version(last), LIMIT + 1, "a mark that stays");
    pair.perform(&mark, None, random, counts);
    assert_eq!(control(&pair), last, "too late a limit");
}

/// What a leaf's entries are, but for the attributes of those that are marked.
type State = Vec<(u64, u64, Option<u64>)>;

/// Everything that was linked at some time.
#[derive(Default)]
struct Past {
    linked: HashSet<u64>,
    ended: HashSet<u64>,
    states: HashMap<(u64, u64), State>,
    versions: HashMap<u64, u64>,
    /// Leaves at the end, with their control words.
    spent: HashMap<u64, u64>,
}

impl Past {
    fn look<const N: usize>(&mut self, pair: &Pair<N>, counts: &mut Counts) {
        let linked: HashSet<u64> = pair.links.iter().map(|link| link.word()).collect();
        assert!(
            self.ended.is_disjoint(&linked),
            "a life that has ended is linked again"
        );
        counts.ends.lives += linked.difference(&self.linked).count() as u64;
        self.ended.extend(self.linked.difference(&linked));
        self.linked = linked;

        let spent = std::mem::take(&mut self.spent);
        for (link, control) in spent {
            if !self.linked.contains(&link) {
                counts.ends.renewed += 1;
                continue;
            }
            let node = &pair.store.nodes()[Link::of(link).index() as usize];
            let now = node.control.peek();
            assert_eq!(
                now & control & ((BITS << MARKS_SHIFT) | BITS),
                now & ((BITS << MARKS_SHIFT) | BITS),
                "something was put into a leaf that is spent, or marked there"
            );
            let is_less = |shift: u32| (now >> shift & BITS) != (control >> shift & BITS);
            if is_less(0) {
                counts.ends.removed += 1;
            } else if is_less(MARKS_SHIFT) {
                counts.ends.unmarked += 1;
            }
        }
        for link in leaves(&pair.links) {
            let node = &pair.store.nodes()[link.index() as usize];
            let control = node.control.peek();
            let known = self.versions.insert(link.word(), version(control));
            assert!(
                known.is_none_or(|known| known <= version(control)),
                "a version came back"
            );
            if version(control) >= LIMIT {
                self.spent.insert(link.word(), control);
                let behind = version(control) - LIMIT;
                counts.ends.most_behind = counts.ends.most_behind.max(behind);
            }
            let is = |shift: u32, slot: usize| control >> shift >> slot & 1 != 0;
            let state = (0..N).filter(|slot| is(0, *slot)).map(|slot| {
                let attributes = node.attributes[slot].peek();
                let attributes = (!is(MARKS_SHIFT, slot)).then_some(attributes);
                (node.starts[slot].peek(), node.ends[slot].peek(), attributes)
            });
            let state: State = state.collect();
            match self.states.get(&(link.word(), control)) {
                Some(known) => {
                    assert_eq!(*known, state, "two states of a leaf look alike");
                    counts.ends.alike += 1;
                }
                None => {
                    self.states.insert((link.word(), control), state);
                }
            }
        }
    }
}

fn grow_old<const N: usize>(random: &mut Rng, counts: &mut Counts) {
    let domain: Range<u64> = 0..ENTRIES as u64 * 8;
    let mut pair = Pair::<N>::new(2 * ENTRIES);
    let mut choice = Choice::new(domain);
    let mut past = Past::default();
    for number in 0..OPERATIONS {
        choice.mood = match pair.entries.len() {
            ..ENTRIES if number % 4 == 0 => Mood::Growing,
            _ => Mood::Steady,
        };
        if number % 2 == 0 {
            age(&mut pair, random, counts);
            past.look(&pair, counts);
        }
        pair.step(&mut choice, random, counts);
        past.look(&pair, counts);
    }
    let is_lost = |node: &&super::index::Node<N>| {
        let header = Link::of(node.header.peek());
        header.is_spent() && !pair.hand.nodes.contains(&header.index())
    };
    counts.ends.last_lives += pair.store.nodes().iter().filter(is_lost).count() as u64;
    if let Err(what) = pair.count_descriptors() {
        panic!("{what}, near the end of lives");
    }
}

/// A leaf is one that was changed very often, or the node that is taken next one that was taken very often.
fn age<const N: usize>(pair: &mut Pair<N>, random: &mut Rng, counts: &mut Counts) {
    let mut all: Vec<_> = leaves(&pair.links).collect();
    if random.bool() {
        let control = |link: &Link| pair.store.nodes()[link.index() as usize].control.peek();
        all.retain(|link| control(link) >> MARKS_SHIFT & BITS != 0);
    }
    if let Some(&leaf) = random.choice(&all) {
        let now = version(pair.store.nodes()[leaf.index() as usize].control.peek());
        if now < LIMIT - AROUND {
            set_version(pair, leaf, LIMIT - AROUND + random.u64(..2 * AROUND));
            counts.ends.leaves_aged += 1;
        }
    }
    if random.u8(..4) == 0
        && let Some(&index) = pair.hand.nodes.last()
    {
        let header = &pair.store.nodes()[index as usize].header;
        let generation = u64::from(u32::MAX) - random.u64(1..6);
        if header.peek() >> GENERATION_SHIFT < generation {
            header.poke(generation << GENERATION_SHIFT | FREE | u64::from(index));
            counts.ends.nodes_aged += 1;
        }
    }
}
