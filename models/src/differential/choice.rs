//! What is done next.

use std::ops::Range;

use fastrand::Rng;

use super::{
    index::{Attributes, Detail, Entry},
    operation::{Action, How, Operation, Which},
    pair::Pair,
};

/// Facts that entries have, so few that neighbours are often alike.
const FACTS: u64 = 3;

/// Where there are more, wide ranges would leave nothing.
const FEW: usize = 20;

/// In which direction it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Growing,
    Steady,
    /// Part after part is emptied and filled again.
    Churning,
    Shrinking,
}

pub(super) struct Choice {
    /// Where entries lie.
    pub(super) domain: Range<u64>,
    pub(super) mood: Mood,
    /// While churning: where, and for how long.
    window: Range<u64>,
    left: usize,
    /// Where something was taken out.
    cleared: Option<u64>,
}

const GROWING: &[(&str, u32)] = &[
    ("insert", 10),
    ("splice", 5),
    ("cut", 3),
    ("adjust", 3),
    ("merge", 1),
    ("mark", 1),
    ("mark whole", 1),
    ("unmark", 1),
    ("change", 1),
    ("remove those", 1),
    ("remove whole", 1),
    ("remove plain", 1),
    ("tidy", 1),
    ("renew", 1),
];

const STEADY: &[(&str, u32)] = &[
    ("insert", 5),
    ("splice", 3),
    ("cut", 2),
    ("adjust", 4),
    ("merge", 2),
    ("mark", 1),
    ("mark whole", 2),
    ("unmark", 2),
    ("change", 2),
    ("remove those", 2),
    ("remove whole", 4),
    ("remove plain", 4),
    ("tidy", 1),
    ("renew", 1),
];

const SHRINKING: &[(&str, u32)] = &[
    ("insert", 1),
    ("splice", 1),
    ("clear", 3),
    ("cut", 1),
    ("adjust", 1),
    ("merge", 2),
    ("mark", 1),
    ("mark whole", 2),
    ("unmark", 1),
    ("change", 1),
    ("remove those", 3),
    ("remove whole", 6),
    ("remove plain", 6),
    ("tidy", 3),
    ("renew", 1),
];

/// All names.
pub(super) const NAMES: [&str; 15] = [
    "insert",
    "splice",
    "clear",
    "cut",
    "adjust",
    "merge",
    "mark",
    "mark whole",
    "unmark",
    "change",
    "remove those",
    "remove whole",
    "remove plain",
    "tidy",
    "renew",
];

impl Choice {
    pub(super) fn new(domain: Range<u64>) -> Self {
        Self {
            domain,
            mood: Mood::Growing,
            window: 0..0,
            left: 0,
            cleared: None,
        }
    }

    pub(super) fn operation<const N: usize>(
        &mut self,
        pair: &mut Pair<N>,
        random: &mut Rng,
    ) -> Operation {
        // As the registry does after taking something out.
        if let Some(addr) = self.cleared.take()
            && pair.tree.is_sparse(&pair.store, addr)
            && random.u8(..4) != 0
        {
            return Operation {
                name: "tidy",
                action: Action::Tidy(addr),
            };
        }
        if self.mood == Mood::Churning && self.left == 0 {
            return self.empty_window(random);
        }
        self.left = self.left.saturating_sub(1);
        let domain = match self.mood {
            Mood::Churning => self.window.clone(),
            _ => self.domain.clone(),
        };
        let names = match self.mood {
            Mood::Growing | Mood::Churning => GROWING,
            Mood::Steady => STEADY,
            Mood::Shrinking => SHRINKING,
        };
        let sum: u32 = names.iter().map(|(_, weight)| weight).sum();
        let mut at = random.u32(..sum);
        let name = names.iter().find_map(|(name, weight)| {
            let is_it = at < *weight;
            at = at.saturating_sub(*weight);
            is_it.then_some(*name)
        });
        let name = name.unwrap_or("splice");
        let first = pair.entries.partition_point(|it| it.end < domain.start);
        let last = pair.entries.partition_point(|it| it.start <= domain.end);
        let mut maker = Maker {
            domain,
            end: self.domain.end,
            near: first..last.max(first),
            mood: self.mood,
            pair,
            random,
        };
        let action = maker.action(name);
        Operation { name, action }
    }

    /// Another part is emptied.
    fn empty_window(&mut self, random: &mut Rng) -> Operation {
        let all = self.domain.end - self.domain.start;
        let len = (all >> random.u32(1..5)).max(1);
        let start = self.domain.start + random.u64(..=all - len);
        self.window = start..start + len;
        let most = if random.bool() { 6 } else { 50 };
        self.left = random.usize(1..most);
        let action = if random.bool() {
            Action::Splice {
                near: start,
                range: self.window.clone(),
                fresh: Vec::new(),
                plain: None,
            }
        } else {
            Action::RemoveThose {
                range: self.window.clone(),
                anyway: true,
                which: Which::All,
            }
        };
        let name = match action {
            Action::Splice { .. } => "clear",
            _ => "remove those",
        };
        Operation { name, action }
    }

    /// Where something was taken out, a leaf may have so little left that it is tidied next.
    pub(super) fn was_done<const N: usize>(&mut self, pair: &Pair<N>, operation: &Operation) {
        let addr = match &operation.action {
            Action::RemoveThose { range, .. } | Action::RemoveWhole(range) => range.start,
            Action::RemovePlain { range, .. } => range.start,
            Action::Splice { range, fresh, .. } if fresh.is_empty() => range.start,
            Action::Tidy(addr) if pair.tree.is_sparse(&pair.store, *addr) => *addr,
            _ => return,
        };
        self.cleared = Some(addr);
    }
}

struct Maker<'m, const N: usize> {
    domain: Range<u64>,
    /// Nothing lies behind that.
    end: u64,
    /// The entries in the domain, and those that touch it.
    near: Range<usize>,
    mood: Mood,
    pair: &'m mut Pair<N>,
    random: &'m mut Rng,
}

impl<const N: usize> Maker<'_, N> {
    fn action(&mut self, name: &str) -> Action {
        match name {
            "insert" => self.insert(),
            "clear" => {
                let range = self.range();
                Action::Splice {
                    near: range.start,
                    range,
                    fresh: Vec::new(),
                    plain: None,
                }
            }
            "cut" => self.cut(),
            "adjust" => self.adjust(),
            "merge" => self.merge(),
            "mark" => Action::Mark(self.range()),
            "mark whole" => Action::MarkWhole(self.range()),
            "unmark" => Action::Unmark(self.range()),
            "change" => Action::Change(self.range(), self.random.u64(..FACTS)),
            "remove those" => Action::RemoveThose {
                range: self.range(),
                anyway: self.random.bool(),
                which: match self.random.u8(..3) {
                    0 => Which::All,
                    1 => Which::Marked,
                    _ => Which::With(self.random.u64(..FACTS)),
                },
            },
            "remove whole" => Action::RemoveWhole(self.range()),
            "remove plain" => self.remove_plain(),
            "tidy" => Action::Tidy(self.address()),
            "renew" => Action::Renew(self.range()),
            _ => self.splice(),
        }
    }

    fn any(&mut self) -> Option<Entry> {
        let near = &self.pair.entries[self.near.clone()];
        self.random.choice(near).copied()
    }

    /// Of an entry, or of anything; sometimes something is put in meanwhile, apart from it.
    fn remove_plain(&mut self) -> Action {
        let range = match self.any() {
            Some(entry) if self.random.u8(..4) != 0 => entry.start..entry.end,
            _ => self.range(),
        };
        let other = Some(self.insert()).filter(|other| {
            let region = other.region();
            region.end < range.start || range.end < region.start
        });
        let is_interrupted = self.random.bool();
        Action::RemovePlain {
            range,
            how: match self.random.u8(..3) {
                0 => How::AsItIs,
                1 => How::Marked,
                _ => How::CutOut,
            },
            between: other.filter(|_| is_interrupted).map(Box::new),
        }
    }

    /// A boundary, or beside one, or anywhere.
    fn address(&mut self) -> u64 {
        let Range { start, end } = self.domain.clone();
        let random = self.random.u64(self.domain.clone());
        let Some(entry) = self.any() else {
            return random;
        };
        let address = match self.random.u8(..8) {
            0 | 1 => entry.start,
            2 | 3 => entry.end,
            4 => entry.start.saturating_add(1),
            5 => entry.end.saturating_sub(1),
            _ => random,
        };
        address.clamp(start, end - 1)
    }

    /// Of an entry, of some in a row, of addresses near each other, or of any.
    fn range(&mut self) -> Range<u64> {
        let entries = &self.pair.entries[self.near.clone()];
        let may_be_wide = self.mood == Mood::Shrinking || entries.len() < FEW;
        let is_wide = may_be_wide && self.random.u8(..16) == 0;
        match self.random.u8(..16) {
            0..8 if !is_wide && !entries.is_empty() => {
                let first = self.random.usize(..entries.len());
                let is_long = self.mood == Mood::Shrinking && self.random.u8(..4) == 0;
                let most = if is_long { 3 * N } else { 2 };
                let last = (first + self.random.usize(..most)).min(entries.len() - 1);
                entries[first].start..entries[last].end
            }
            0..16 if !is_wide => {
                let start = self.address();
                let most = (self.domain.end - start).min(12);
                start..start + self.random.u64(1..=most)
            }
            _ => {
                let (a, b) = (self.address(), self.address());
                a.min(b)..a.max(b) + 1
            }
        }
    }

    /// Attributes, of which few are of a kind; one in four has a record.
    fn attributes(&mut self) -> Attributes {
        let attributes = Attributes::new(self.random.u64(..FACTS));
        match self.random.u8(..8) {
            0..2 => {
                let detail = Detail {
                    delta: self.random.u64(..2),
                    user: self.random.u64(..2),
                };
                let record = self.pair.take_record(detail);
                attributes.with_record(record)
            }
            2 => self.any().map_or(attributes, |entry| entry.attributes),
            _ => attributes,
        }
    }

    /// Where entries may begin and end that come in place of all that starts in a range.
    fn room(&self, range: &Range<u64>) -> Range<u64> {
        let entries = &self.pair.entries;
        let first = entries.partition_point(|it| it.start < range.start);
        let last = entries.partition_point(|it| it.start < range.end);
        let before = first.checked_sub(1).map_or(0, |at| entries[at].end);
        let after = entries.get(last).map_or(self.end, |it| it.start);
        before.max(range.start)..after
    }

    /// Up to three entries anywhere in the room that there is.
    fn splice(&mut self) -> Action {
        let range = self.range();
        let room = self.room(&range);
        let mut fresh = Vec::new();
        let mut from = room.start;
        for _ in 0..self.random.usize(..4) {
            if self.random.u8(..3) != 0 {
                from = from.saturating_add(self.random.u64(..5));
            }
            if from >= range.end.min(room.end) {
                break;
            }
            let most = (room.end - from).min(6);
            let end = from + self.random.u64(1..=most);
            // What was there may stay, with another end.
            let entries = &self.pair.entries;
            let stays = entries.iter().find(|it| it.start == from);
            let attributes = match stays.filter(|_| self.random.bool()) {
                Some(entry) => entry.attributes,
                None => self.attributes(),
            };
            fresh.push(Entry {
                start: from,
                end,
                attributes,
                marked: self.random.u8(..8) == 0,
            });
            from = end;
        }
        Action::Splice {
            near: range.start,
            range,
            fresh,
            plain: None,
        }
    }

    fn at(&self, addr: u64) -> Option<Entry> {
        let after = self.pair.entries.partition_point(|it| it.start <= addr);
        let entry = self.pair.entries[after.checked_sub(1)?];
        (addr < entry.end).then_some(entry)
    }

    fn are_one(&self, left: &Entry, right: &Entry) -> bool {
        left.end == right.start
            && !left.marked
            && !right.marked
            && (left.attributes == right.attributes || self.are_alike(left, right))
    }

    fn are_alike(&self, left: &Entry, right: &Entry) -> bool {
        let (a, b) = (left.attributes, right.attributes);
        a.record().is_some()
            && b.record().is_some()
            && a.facts() == b.facts()
            && self.pair.detail(left) == self.pair.detail(right)
    }

    /// As the registry records a mapping.
    fn insert(&mut self) -> Action {
        let start = match (self.random.bool(), self.any()) {
            (true, Some(entry)) => entry.end.min(self.domain.end - 1),
            _ => self.random.u64(self.domain.clone()),
        };
        let most = (self.domain.end - start).min(4);
        let new = Entry {
            start,
            end: start + self.random.u64(1..=most),
            attributes: self.attributes(),
            marked: false,
        };
        let has_record = new.attributes.record().is_some();
        let plain = (!has_record && self.random.u8(..4) != 0).then_some(new);
        let mut entry = new;
        let mut range = new.start..new.end;
        let (mut left, mut right) = (None, None);
        if let Some(before) = new.start.checked_sub(1).and_then(|last| self.at(last)) {
            let part = before.within(0, new.start);
            if part.is_some_and(|part| self.are_one(&part, &new)) {
                entry.start = before.start;
                range.start = before.start;
            } else if before.end > new.start {
                left = part;
                range.start = before.start;
            }
        }
        if let Some(after) = self.at(new.end) {
            let part = after.within(new.end, u64::MAX);
            if part.is_some_and(|part| self.are_one(&new, &part)) {
                entry.end = after.end;
                range.end = after.end;
            } else if after.start < new.end {
                right = part;
                range.end = after.end;
            }
        }
        Action::Splice {
            range,
            fresh: [left, Some(entry), right].into_iter().flatten().collect(),
            near: new.start,
            plain,
        }
    }

    /// As the registry cuts an entry at the ends of a range, and marks what lies in that.
    fn cut(&mut self) -> Action {
        let range = self.range();
        let Some(entry) = self.at(range.start).or_else(|| self.any()) else {
            return self.splice();
        };
        // Some are marked as they are cut.
        let is_marked = entry.marked || self.random.bool();
        let marked = |part: Entry| Entry {
            marked: is_marked,
            ..part
        };
        let parts = [
            entry.within(0, range.start),
            entry.within(range.start, range.end).map(marked),
            entry.within(range.end, u64::MAX),
        ];
        Action::Splice {
            range: entry.start..entry.end,
            fresh: parts.into_iter().flatten().collect(),
            near: entry.start,
            plain: None,
        }
    }

    /// As the registry makes one entry of some that are alike and touch.
    fn merge(&mut self) -> Action {
        let entries = &self.pair.entries;
        let mut rows: Vec<Range<usize>> = Vec::new();
        for (at, pair) in entries.windows(2).enumerate() {
            if !self.are_one(&pair[0], &pair[1]) {
                continue;
            }
            match rows.last_mut() {
                Some(last) if last.end == at + 1 => last.end = at + 2,
                _ => rows.push(at..at + 2),
            }
        }
        let Some(row) = self.random.choice(rows) else {
            return self.adjust();
        };
        let one = Entry {
            end: entries[row.end - 1].end,
            ..entries[row.start]
        };
        Action::Splice {
            range: one.start..one.end,
            fresh: vec![one],
            near: one.start,
            plain: None,
        }
    }

    /// Up to three entries in a row have other ends, or other beginnings, or other marks.
    fn adjust(&mut self) -> Action {
        let entries = &self.pair.entries[self.near.clone()];
        if entries.is_empty() {
            return self.splice();
        }
        let first = self.random.usize(..entries.len());
        let last = (first + self.random.usize(..3)).min(entries.len() - 1);
        let range = entries[first].start..entries[last].end;
        let mut fresh = entries[first..=last].to_vec();
        let room = self.room(&range);
        for at in 0..fresh.len() {
            let from = at
                .checked_sub(1)
                .map_or(room.start, |before| fresh[before].end);
            let to = fresh.get(at + 1).map_or(room.end, |after| after.start);
            let to = to.min(fresh[at].end.saturating_add(3));
            let entry = &mut fresh[at];
            match self.random.u8(..8) {
                0 | 1 => entry.end = self.random.u64(entry.start + 1..=to),
                2 => entry.end = to,
                3 => entry.start = self.random.u64(from..entry.end),
                4 => entry.marked = !entry.marked,
                _ => {}
            }
        }
        if fresh.len() > 1 && self.random.bool() {
            // The first one takes the place of another.
            let gone = fresh.remove(1);
            fresh[0].end = gone.end;
        }
        fresh.retain(|entry| range.contains(&entry.start));
        Action::Splice {
            near: range.start,
            range,
            fresh,
            plain: None,
        }
    }
}
