//! What is done to both trees.

use std::{cell::Cell, ops::Range, slice};

use super::{
    index::{self, Attributes, Entry, Removed, Slots},
    memory::{Hand, Plain, Quick},
};
use crate::plain;

#[derive(Clone, Debug)]
pub(super) enum Action {
    /// What starts in the range goes, and these come.
    Splice {
        range: Range<u64>,
        fresh: Vec<Entry>,
        /// Whose leaf is tried first.
        near: u64,
        /// An entry that has no record is put in first without looking around, if that can be done.
        plain: Option<Entry>,
    },
    Mark(Range<u64>),
    MarkWhole(Range<u64>),
    Unmark(Range<u64>),
    /// Other facts for what is marked.
    Change(Range<u64>, u64),
    RemoveThose {
        range: Range<u64>,
        anyway: bool,
        which: Which,
    },
    RemoveWhole(Range<u64>),
    /// Of an entry without a record: it may be marked, or a part cut out and marked; something else may be done; and then
    /// it is taken out if nothing around it has changed.
    RemovePlain {
        range: Range<u64>,
        how: How,
        between: Option<Box<Action>>,
    },
    Tidy(u64),
    Renew(Range<u64>),
}

/// What is done to an entry before it is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    AsItIs,
    Marked,
    CutOut,
}

/// The parts of an entry around a range, of which the middle one is marked.
fn cut_out(whole: &Entry, range: &Range<u64>) -> Vec<Entry> {
    let marked = |part| Entry {
        marked: true,
        ..part
    };
    let parts = [
        whole.within(0, range.start),
        whole.within(range.start, range.end).map(marked),
        whole.within(range.end, u64::MAX),
    ];
    parts.into_iter().flatten().collect()
}

/// Which entries of a range are taken out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    All,
    Marked,
    With(u64),
}

impl Which {
    fn slots<const N: usize>(self, slots: Slots<'_, N>) -> u64 {
        match self {
            Self::All => slots.all(),
            Self::Marked => slots.marked(),
            Self::With(_) => slots.which(|entry| self.is(entry)),
        }
    }

    fn is(self, entry: &Entry) -> bool {
        match self {
            Self::All => true,
            Self::Marked => entry.marked,
            Self::With(facts) => entry.attributes.facts() == facts,
        }
    }
}

/// Under the name that it is counted by.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) action: Action,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// So many entries are there more, and so many bytes.
    More(i64, i64),
    Done,
    /// What was done between, if anything was, and what was taken out then, if nothing had changed.
    Two(Option<(i64, i64)>, Option<(i64, i64)>),
    /// It could not be done, and nothing has changed.
    Refused,
}

impl Answer {
    fn of(removed: Option<Removed>, fresh: &[Entry]) -> Self {
        let Some(removed) = removed else {
            return Self::Refused;
        };
        let bytes: u64 = fresh.iter().map(|entry| entry.end - entry.start).sum();
        Self::More(
            fresh.len() as i64 - removed.entries as i64,
            bytes.wrapping_sub(removed.bytes) as i64,
        )
    }

    fn more(self) -> Option<(i64, i64)> {
        match self {
            Self::More(entries, bytes) => Some((entries, bytes)),
            _ => None,
        }
    }

    fn done(is_done: bool) -> Self {
        if is_done { Self::Done } else { Self::Refused }
    }
}

pub(super) fn overlap(entry: &Entry, range: &Range<u64>) -> bool {
    !range.is_empty() && entry.start < range.end && range.start < entry.end
}

impl Action {
    /// Where it may change something: no entry that lies apart from that does.
    pub(super) fn region(&self) -> Range<u64> {
        match self {
            Self::Splice { range, fresh, .. } => {
                let end = fresh.last().map_or(0, |last| last.end);
                range.start..range.end.max(end)
            }
            Self::Mark(range)
            | Self::MarkWhole(range)
            | Self::Unmark(range)
            | Self::Change(range, _)
            | Self::RemoveThose { range, .. }
            | Self::RemoveWhole(range)
            | Self::Renew(range) => range.clone(),
            Self::RemovePlain { range, between, .. } => {
                let other = between.as_ref().map_or(range.clone(), |it| it.region());
                range.start.min(other.start)..range.end.max(other.end)
            }
            Self::Tidy(addr) => *addr..*addr,
        }
    }

    pub(super) fn on_quick<const N: usize>(
        &self,
        store: &Quick<N>,
        tree: &index::Tree<N>,
        hand: &mut Hand,
    ) -> Answer {
        match self {
            Self::Splice {
                range,
                fresh,
                near,
                plain,
            } => {
                // As the registry does it.
                let place = tree.place(store, *near);
                if let (Some(new), Some(place)) = (plain, &place)
                    && let Some(removed) = tree.fill_plain(store, place, new)
                {
                    return Answer::of(Some(removed), slice::from_ref(new));
                }
                let removed = place
                    .and_then(|place| tree.splice_in(store, hand, &place, range, fresh))
                    .or_else(|| tree.splice(store, hand, range, fresh));
                Answer::of(removed, fresh)
            }
            Self::Mark(range) => {
                let is_renewed = tree.renew(store, hand, range);
                if is_renewed {
                    tree.mark(store, range, true);
                }
                Answer::done(is_renewed)
            }
            Self::MarkWhole(range) => {
                let place = tree.place(store, range.start);
                Answer::done(place.is_some_and(|place| place.mark_whole(range)))
            }
            Self::Unmark(range) => {
                tree.mark(store, range, false);
                Answer::Done
            }
            Self::Change(range, facts) => {
                tree.change(store, range, |entry| changed(entry, *facts));
                Answer::Done
            }
            Self::RemoveThose {
                range,
                anyway,
                which,
            } => {
                let which = |slots: Slots<'_, N>| which.slots(slots);
                Answer::of(tree.remove_those(store, hand, range, *anyway, which), &[])
            }
            Self::RemoveWhole(range) => {
                let removed = tree.remove_whole(store, hand, range);
                let is_sparse = removed.is_some_and(|it| it.entries == 0 || it.is_sparse);
                if removed.is_some() && !is_sparse {
                    let sparse = tree.is_sparse(store, range.start);
                    assert!(!sparse, "it was not said that little is left");
                }
                Answer::of(removed, &[])
            }
            Self::RemovePlain {
                range,
                how,
                between,
            } => {
                let place = tree.place(store, range.start);
                let spot = place.and_then(|place| match how {
                    How::AsItIs => place.plain(store, range),
                    How::Marked => place.mark_plain(store, range),
                    How::CutOut => {
                        let whole = place.only(range);
                        let whole = whole.filter(|it| it.attributes.record().is_none())?;
                        let (all, parts) = (whole.start..whole.end, cut_out(&whole, range));
                        tree.splice_in(store, hand, &place, &all, &parts)?;
                        place.spot(range.start.max(whole.start))
                    }
                });
                let Some(spot) = spot else {
                    return Answer::Refused;
                };
                let between = between.as_ref();
                let other = between.and_then(|it| it.on_quick(store, tree, hand).more());
                let removed = tree.remove_plain(store, spot);
                assert!(
                    other.is_some() || removed.is_some(),
                    "refused, and nothing has changed"
                );
                Answer::Two(other, Answer::of(removed, &[]).more())
            }
            Self::Tidy(addr) => Answer::done(tree.tidy(store, hand, *addr)),
            Self::Renew(range) => Answer::done(tree.renew(store, hand, range)),
        }
    }

    /// What the quick tree did, and answered, is done to the plain one, in which these entries are; answers what it should
    /// have said.
    pub(super) fn on_plain<const N: usize>(
        &self,
        store: &Plain<N>,
        tree: &plain::Tree<N>,
        hand: &mut Hand,
        entries: &[Entry],
        answer: Answer,
    ) -> Answer {
        let removed = Cell::new(Removed::default());
        let splice = |hand: &mut Hand, range: &Range<u64>, fresh: &[Entry]| {
            let fresh: Vec<_> = fresh.iter().map(to_plain).collect();
            let mut all = removed.get();
            for gone in entries.iter().filter(|it| range.contains(&it.start)) {
                all.entries += 1;
                all.bytes += gone.end - gone.start;
            }
            removed.set(all);
            let is_done = tree.splice(store, hand, range.clone(), &fresh);
            assert!(is_done, "too few nodes for the plain tree");
        };
        let within = |range: &Range<u64>| {
            let range = range.clone();
            entries.iter().filter(move |it| overlap(it, &range))
        };
        match self {
            Self::Splice { range, fresh, .. } => {
                splice(hand, range, fresh);
                Answer::of(Some(removed.get()), fresh)
            }
            Self::Mark(range) | Self::MarkWhole(range) => {
                tree.mark(store, range, true);
                Answer::Done
            }
            Self::Unmark(range) => {
                tree.mark(store, range, false);
                Answer::Done
            }
            Self::Change(range, facts) => {
                tree.change(store, range, |entry| {
                    let attributes = changed(&of_plain(*entry), *facts);
                    plain::Attributes::of(attributes.word())
                });
                Answer::Done
            }
            Self::RemoveThose { range, which, .. } => {
                for entry in within(range).filter(|it| which.is(it)) {
                    splice(hand, &(entry.start..entry.end), &[]);
                }
                Answer::of(Some(removed.get()), &[])
            }
            Self::RemoveWhole(range) => {
                for entry in within(range) {
                    splice(hand, &(entry.start..entry.end), &[]);
                }
                Answer::of(Some(removed.get()), &[])
            }
            Self::RemovePlain {
                range,
                how,
                between,
            } => {
                let mut range = range.clone();
                if let (How::CutOut, Some(whole)) = (how, within(&range).next()) {
                    let all = whole.start..whole.end;
                    splice(hand, &all, &cut_out(whole, &range));
                    range = range.start.max(all.start)..range.end.min(all.end);
                }
                if *how == How::Marked {
                    tree.mark(store, &range, true);
                }
                let Answer::Two(other, gone) = answer else {
                    return Answer::Refused;
                };
                let other = between.as_ref().filter(|_| other.is_some());
                let other = other.map(|it| it.on_plain(store, tree, hand, entries, answer));
                let gone = gone.map(|_| {
                    splice(hand, &range, &[]);
                    Answer::More(-1, range.start.wrapping_sub(range.end) as i64)
                });
                Answer::Two(other.and_then(Answer::more), gone.and_then(Answer::more))
            }
            Self::Tidy(_) | Self::Renew(_) => Answer::Done,
        }
    }

    /// May it be refused although there are nodes for it, in a tree of so many levels? In one leaf it is done.
    pub(super) fn may_be_refused(&self, levels: usize) -> bool {
        match self {
            Self::MarkWhole(_) | Self::RemoveWhole(_) => levels != 1,
            Self::RemoveThose { anyway, .. } => levels > 1 && !anyway,
            Self::RemovePlain { .. } => true,
            _ => false,
        }
    }

    /// Must it be refused, since it would have to cut an entry?
    pub(super) fn cuts(&self, entries: &[Entry]) -> bool {
        match self {
            Self::MarkWhole(range) | Self::RemoveWhole(range) => entries
                .iter()
                .any(|it| overlap(it, range) && (it.start < range.start || range.end < it.end)),
            _ => false,
        }
    }
}

fn changed(entry: &Entry, facts: u64) -> Attributes {
    if entry.marked {
        entry.attributes.with_facts(facts)
    } else {
        entry.attributes
    }
}

pub(super) fn to_plain(entry: &Entry) -> plain::Entry {
    plain::Entry {
        start: entry.start,
        end: entry.end,
        attributes: plain::Attributes::of(entry.attributes.word()),
        marked: entry.marked,
    }
}

pub(super) fn of_plain(entry: plain::Entry) -> Entry {
    Entry {
        start: entry.start,
        end: entry.end,
        attributes: Attributes::of(entry.attributes.word()),
        marked: entry.marked,
    }
}
