//! A quick tree and a plain one, to which the same is done, and what has to be the same of them then.

use std::ops::Range;

use fastrand::Rng;

use super::{
    choice::Choice,
    counts::Counts,
    index::{self, Detail, Entry, Found, Link, nodes_for},
    memory::{Hand, Plain, Quick},
    operation::{Action, Answer, Operation, of_plain, overlap},
};
use crate::{
    atomic::{self, AtomicU64},
    plain,
};

/// Entries on each side of what an operation concerns that are near it, and as many inside, from both ends.
const NEAR: usize = 2;
/// After so many operations everything is looked at, or after more where there is more.
const THOROUGH: u64 = 16;
const OF_MANY: usize = 6;
/// After so many operations gaps are searched for.
const GAPS: u64 = 8;

/// What a tree consists of.
#[derive(Default)]
pub(super) struct Content {
    pub(super) links: Vec<Link>,
    pub(super) entries: Vec<Entry>,
}

impl Content {
    pub(super) fn checked<const N: usize>(
        store: &Quick<N>,
        tree: &index::Tree<N>,
    ) -> Result<Self, String> {
        let mut content = Self::default();
        let checked = tree.check(store, |link, entry| {
            match entry {
                Some(entry) => content.entries.push(*entry),
                None => content.links.push(link),
            }
            Ok(())
        });
        match checked {
            Ok(()) => Ok(content),
            Err(violation) => Err(format!("{violation:x?}")),
        }
    }
}

pub(super) struct Pair<const N: usize> {
    pub(super) store: Quick<N>,
    pub(super) tree: index::Tree<N>,
    pub(super) hand: Hand,
    plain_store: Plain<N>,
    plain_tree: plain::Tree<N>,
    plain_hand: Hand,
    /// What is in both, and what the quick tree consists of.
    pub(super) entries: Vec<Entry>,
    pub(super) links: Vec<Link>,
    /// Records that were taken for what is done next.
    taken: Vec<u32>,
    operations: u64,
}

fn of_plain_detail(detail: plain::Detail) -> Detail {
    Detail {
        delta: detail.delta,
        user: detail.user,
    }
}

fn of_plain_found(found: plain::Found) -> Found {
    Found {
        entry: of_plain(found.entry),
        detail: of_plain_detail(found.detail),
    }
}

impl<const N: usize> Pair<N> {
    /// Trees with nothing in them, and descriptors for so many entries.
    pub(super) fn new(entries: usize) -> Self {
        let (nodes, records) = (4 * entries + 120, entries + 16);
        let (store, plain_store) = (Quick::new(nodes, records), Plain::new(nodes, records));
        Self {
            hand: store.hand(),
            store,
            tree: index::Tree::new(),
            plain_hand: plain_store.hand(),
            plain_store,
            plain_tree: plain::Tree::new(AtomicU64::new(0)),
            entries: Vec::new(),
            links: Vec::new(),
            taken: Vec::new(),
            operations: 0,
        }
    }

    /// A record of both trees that no entry refers to yet.
    pub(super) fn take_record(&mut self, detail: Detail) -> Option<u32> {
        let index = self.hand.records.pop()?;
        let theirs = &mut self.plain_hand.records;
        let at = theirs.iter().position(|it| *it == index);
        theirs.swap_remove(at.expect("the same records are free"));
        self.store.records()[index as usize].fill(detail);
        self.plain_store.records()[index as usize].fill(plain::Detail {
            delta: detail.delta,
            user: detail.user,
        });
        self.taken.push(index);
        Some(index)
    }

    /// Gives back what no entry came to refer to.
    fn give_records(&mut self) {
        for index in std::mem::take(&mut self.taken) {
            let is_used = self.store.records()[index as usize].next.peek() != 0;
            if !is_used && !self.hand.records.contains(&index) {
                self.hand.records.push(index);
                self.plain_hand.records.push(index);
            }
        }
    }

    /// What a record holds.
    pub(super) fn detail(&self, entry: &Entry) -> Detail {
        let record = entry.attributes.record();
        let record = record.and_then(|index| self.plain_store.records().get(index as usize));
        record.map_or(Detail::default(), |record| of_plain_detail(record.detail()))
    }

    /// A step of a random walk.
    pub(super) fn step(&mut self, choice: &mut Choice, random: &mut Rng, counts: &mut Counts) {
        let operation = choice.operation(self, random);
        // Now and then there are few nodes, or just as many as are needed at the most.
        let levels = self.tree.levels();
        let most = nodes_for(levels);
        let given = (random.u8(..4) == 0).then(|| match random.u8(..3) {
            0 => 0,
            1 => most,
            _ => random.usize(..=most),
        });
        self.perform(&operation, given, random, counts);
        choice.was_done(self, &operation);
    }

    /// Does something to both trees, with that many nodes at hand if that is said, and compares them.
    pub(super) fn perform(
        &mut self,
        operation: &Operation,
        given: Option<usize>,
        random: &mut Rng,
        counts: &mut Counts,
    ) {
        let Operation { name, action } = operation;
        let levels = self.tree.levels();
        let kept_back = given.map(|given| {
            let from = self.hand.nodes.len().saturating_sub(given);
            let few = self.hand.nodes.split_off(from);
            std::mem::replace(&mut self.hand.nodes, few)
        });
        let may_lack = given.is_some_and(|given| given < nodes_for(levels) || is_series(action));
        let before = std::mem::take(&mut self.entries);
        let taken = self.hand.taken;
        let answer = action.on_quick(&self.store, &self.tree, &mut self.hand);
        let in_place = self.hand.taken == taken;
        if let Some(mut all) = kept_back {
            all.append(&mut self.hand.nodes);
            self.hand.nodes = all;
        }

        let fail = |what: &str| -> ! {
            panic!(
                "{what}: fan-out {N}, {levels} levels, {operation:x?} answered {answer:x?}, {given:?} nodes at hand\n\
                 before: {before:x?}"
            )
        };
        if answer == Answer::Refused {
            let is_spent = matches!(action, Action::MarkWhole(_)) && counts.is_near_the_end;
            if !may_lack && !action.may_be_refused(levels) && !action.cuts(&before) && !is_spent {
                fail("refused");
            }
            if matches!(action, Action::Splice { .. } | Action::Tidy(_)) {
                counts.lacking += 1;
            }
        } else {
            if action.cuts(&before) {
                fail("an entry was cut");
            }
            let (store, tree) = (&self.plain_store, &self.plain_tree);
            let hand = &mut self.plain_hand;
            let expected = action.on_plain(store, tree, hand, &before, answer);
            if answer != expected {
                fail("another answer");
            }
        }
        self.give_records();
        counts.operation(N, name, answer == Answer::Refused, in_place);

        let content = Content::checked(&self.store, &self.tree).unwrap_or_else(|what| fail(&what));
        let old = std::mem::replace(&mut self.links, content.links);
        self.count_shape(&old, action, answer, levels, counts, in_place);
        let all = 0..u64::MAX;
        self.plain_tree.each(&self.plain_store, &all, |entry| {
            self.entries.push(of_plain(entry));
            std::ops::ControlFlow::Continue(())
        });
        if content.entries != self.entries {
            fail(&format!(
                "other entries:\n{:x?}, and have to be\n{:x?}",
                content.entries, self.entries
            ));
        }

        self.operations += 1;
        let rarely = (self.entries.len() / OF_MANY) as u64;
        let is_thorough = self.operations.is_multiple_of(THOROUGH.max(rarely));
        let addresses = if is_thorough {
            addresses(before.iter().chain(&self.entries))
        } else {
            near(&before, &self.entries, &action.region())
        };
        if let Err(what) = self.ask(&addresses, is_thorough, counts) {
            fail(&what);
        }
        if let Err(what) = self.look(&action.region()) {
            fail(what);
        }
        if is_thorough && let Err(what) = self.count_descriptors() {
            fail(what);
        }
        if self.operations.is_multiple_of(GAPS) {
            for _ in 0..3 {
                if let Err(what) = self.search(random, counts) {
                    fail(&what);
                }
            }
        }
    }

    /// Counts levels that came and went, and leaves that became one.
    fn count_shape(
        &self,
        old: &[Link],
        action: &Action,
        answer: Answer,
        levels: usize,
        counts: &mut Counts,
        in_place: bool,
    ) {
        let shape = counts.shapes.entry(N).or_default();
        let now = self.tree.levels();
        shape.highest = shape.highest.max(now);
        shape.up += u64::from(now > levels);
        shape.down += u64::from(now < levels);
        if matches!(action, Action::Tidy(_)) && answer == Answer::Done && !in_place {
            let fewer = leaves(&self.links).count() < leaves(old).count();
            shape.merges += u64::from(fewer);
        }
    }

    /// Asks about addresses; the plain tree is asked too if that is said, and is what it was told to be otherwise.
    fn ask(&self, addresses: &[u64], is_thorough: bool, counts: &mut Counts) -> Result<(), String> {
        atomic::take_restarts();
        for &address in addresses {
            let [find, next] = self.expected(address, is_thorough);
            let found = self.tree.find(&self.store, address);
            if found != find {
                return Err(format!("{found:x?} at {address:#x} instead of {find:x?}"));
            }
            let found = self.tree.next(&self.store, address);
            if found != next {
                return Err(format!(
                    "{found:x?} after {address:#x} instead of {next:x?}"
                ));
            }
        }
        counts.finds += addresses.len() as u64;
        counts.nexts += addresses.len() as u64;
        match atomic::take_restarts() {
            0 => Ok(()),
            restarts => Err(format!("{restarts} restarts, and nothing changes")),
        }
    }

    /// What lies at an address, and what is next.
    fn expected(&self, address: u64, is_thorough: bool) -> [Option<Found>; 2] {
        if is_thorough {
            let find = self.plain_tree.find(&self.plain_store, address);
            let next = self.plain_tree.next(&self.plain_store, address);
            return [find, next].map(|found| found.map(of_plain_found));
        }
        let next = self.entries.partition_point(|it| it.end <= address);
        let next = self.entries.get(next).map(|&entry| Found {
            entry,
            detail: self.detail(&entry),
        });
        [next.filter(|found| found.entry.start <= address), next]
    }

    /// Looks at a range as a writer does.
    fn look(&self, range: &Range<u64>) -> Result<(), &'static str> {
        let mut seen = Vec::new();
        self.tree.each(&self.store, range, |entry| {
            seen.push(entry);
            std::ops::ControlFlow::Continue(())
        });
        if !seen
            .iter()
            .eq(self.entries.iter().filter(|it| overlap(it, range)))
        {
            return Err("each shows other entries");
        }
        if !range.is_empty()
            && let Some(place) = self.tree.place(&self.store, range.start)
        {
            if place.only(range).is_some_and(|only| seen != [only]) {
                return Err("not the only one");
            }
            let is_free = seen.is_empty() && place.holds(range);
            if place.gap(range).is_some() != is_free {
                return Err("a gap in which something is, or none");
            }
        }
        for address in [range.start, range.end.saturating_sub(1), range.end] {
            let Some(place) = self.tree.place(&self.store, address) else {
                if self.links.is_empty() {
                    continue;
                }
                return Err("no place in a tree");
            };
            if address < u64::MAX && !place.contains(address) {
                return Err("a place does not contain its address");
            }
            let found = self
                .entries
                .iter()
                .find(|it| (it.start..it.end).contains(&address));
            if place.at(address).as_ref() != found {
                return Err("something else at a place");
            }
        }
        Ok(())
    }

    /// Is every descriptor in one place, and does every record count what refers to it?
    pub(super) fn count_descriptors(&self) -> Result<(), &'static str> {
        let mut nodes = vec![0u8; self.store.nodes().len()];
        let in_use = self.links.iter().map(|link| link.index());
        let all = in_use.chain(self.hand.nodes.iter().copied());
        all.for_each(|index| nodes[index as usize] += 1);
        let mut places = self.store.nodes().iter().zip(&nodes);
        let is_wrong = |(node, count): (&index::Node<N>, &u8)| {
            // A node whose last life has ended is nowhere.
            let expected = u8::from(!Link::of(node.header.peek()).is_spent());
            *count != 1 && *count != expected
        };
        if places.any(is_wrong) {
            return Err("a node is lost, or there twice");
        }
        let mut references = vec![0u64; self.store.records().len()];
        for record in self.entries.iter().filter_map(|it| it.attributes.record()) {
            references[record as usize] += 1;
        }
        let records = self.store.records().iter().zip(self.plain_store.records());
        for ((record, theirs), references) in records.zip(&references) {
            if [record.next.peek(), theirs.next.peek()] != [*references; 2] {
                return Err("a record counts what does not refer to it");
            }
        }
        for hand in [&self.hand, &self.plain_hand] {
            let mut places = references.clone();
            let free = hand.records.iter();
            free.for_each(|index| places[*index as usize] += 1);
            let is_lost = places.contains(&0);
            if is_lost
                || hand
                    .records
                    .iter()
                    .any(|index| places[*index as usize] != 1)
            {
                return Err("a record is lost, or free and in use");
            }
        }
        Ok(())
    }

    /// Searches for a gap of any kind.
    fn search(&self, random: &mut Rng, counts: &mut Counts) -> Result<(), String> {
        let align = 1u64 << random.u32(..6);
        let len = match random.u8(..8) {
            // All gaps are known afterwards.
            0 => 1 << 62,
            1 => random.u64(1..200),
            _ => random.u64(1..12),
        };
        let least = if random.bool() {
            len
        } else {
            random.u64(..=len)
        };
        let bounds = match (self.entries.first(), self.entries.last()) {
            (Some(first), Some(last)) => {
                first.start.saturating_sub(32)..last.end.saturating_add(32)
            }
            _ => 0..100,
        };
        let mut any = || random.u64(bounds.clone());
        let within = match any() % 3 {
            0 => 0..u64::MAX,
            1 => bounds.clone(),
            _ => {
                let (a, b) = (any(), any());
                a.min(b)..a.max(b)
            }
        };
        let fits = |gap: Range<u64>| {
            let start = gap.start.checked_next_multiple_of(align)?;
            let end = start.checked_add(len)?;
            (end <= gap.end).then_some(start)
        };
        let found = self.tree.gap(&self.store, &within, least, fits);
        let expected = self.lowest_gap(&within, len, align);
        counts.gaps += 1;
        counts.gaps_found += u64::from(found.is_some());
        if found != expected {
            return Err(format!(
                "a gap at {found:x?} instead of {expected:x?}, of {len:#x} by {align:#x} within {within:x?}, at least {least:#x}"
            ));
        }
        if let Err(what) = Content::checked(&self.store, &self.tree) {
            return Err(format!("{what} after searching"));
        }
        Ok(())
    }

    /// The lowest place for something: at the beginning of the window, or behind an entry.
    fn lowest_gap(&self, within: &Range<u64>, len: u64, align: u64) -> Option<u64> {
        let ends = self.entries.iter().map(|entry| entry.end);
        let from = ends.filter(|end| within.contains(end));
        [within.start].into_iter().chain(from).find_map(|from| {
            let start = from.checked_next_multiple_of(align)?;
            let end = start.checked_add(len).filter(|end| *end <= within.end)?;
            let after = self.entries.partition_point(|it| it.end <= start);
            let is_free = self.entries.get(after).is_none_or(|it| end <= it.start);
            is_free.then_some(start)
        })
    }
}

pub(super) fn leaves(links: &[Link]) -> impl Iterator<Item = Link> {
    links.iter().copied().filter(|link| link.level() == 0)
}

/// Is it a series of changes, of which each may take as many nodes as one?
fn is_series(action: &Action) -> bool {
    matches!(action, Action::Renew(_) | Action::Mark(_))
}

fn around(address: u64) -> [u64; 3] {
    [
        address.saturating_sub(1),
        address,
        address.saturating_add(1),
    ]
}

/// The boundaries of entries, with what lies beside them.
pub(super) fn addresses<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<u64> {
    let boundaries = entries.flat_map(|entry| [entry.start, entry.end]);
    let mut addresses: Vec<u64> = boundaries.flat_map(around).collect();
    addresses.extend([0, 1, u64::MAX - 1, u64::MAX]);
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// The same of entries that are near a region.
pub(super) fn near(before: &[Entry], after: &[Entry], region: &Range<u64>) -> Vec<u64> {
    let shown = [before, after].map(|entries| {
        let first = entries.partition_point(|it| it.end < region.start);
        let last = entries
            .partition_point(|it| it.start <= region.end)
            .max(first);
        let left = first.saturating_sub(NEAR)..(first + NEAR).min(last);
        let right = last.saturating_sub(NEAR).max(left.end)..(last + NEAR).min(entries.len());
        entries[left].iter().chain(&entries[right])
    });
    let mut all = addresses(shown.into_iter().flatten());
    all.extend(around(region.start));
    all.extend(around(region.end));
    all
}
