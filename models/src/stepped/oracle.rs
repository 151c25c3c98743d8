//! What may be answered while an operation is under way.

use std::ops::Range;

use super::ground::{Ground, facts};
use crate::{atomic, registry::MapInfo};

/// What there is before an operation and after it, and where it may change something.
pub(crate) struct Oracle {
    pub(crate) before: Vec<MapInfo>,
    pub(crate) after: Vec<MapInfo>,
    ranges: Vec<Range<usize>>,
    /// Boundaries near the ranges, and all of them; each one with what lies beside it.
    pub(crate) near: Vec<usize>,
    pub(crate) all: Vec<usize>,
}

pub(crate) fn at(entries: &[MapInfo], address: usize) -> Option<&MapInfo> {
    let below = entries.partition_point(|info| info.start() <= address);
    let info = entries.get(below.checked_sub(1)?)?;
    (address < info.end()).then_some(info)
}

/// Entries on each side of a range that are near it.
const NEAR: usize = 3;

impl Oracle {
    pub(crate) fn new(
        before: Vec<MapInfo>,
        after: Vec<MapInfo>,
        ranges: Vec<Range<usize>>,
    ) -> Self {
        let around = |address: usize| [address.saturating_sub(1), address, address + 1];
        let mut near: Vec<usize> = Vec::new();
        for entries in [&before, &after] {
            for range in &ranges {
                let first = entries.partition_point(|info| info.end() < range.start);
                let last = entries.partition_point(|info| info.start() <= range.end);
                let shown = first.saturating_sub(NEAR)..(last + NEAR).min(entries.len());
                for info in &entries[shown] {
                    near.extend(around(info.start()));
                    near.extend(around(info.end()));
                }
            }
        }
        for range in &ranges {
            near.extend(around(range.start));
            near.extend(around(range.end));
        }
        let mut all = near.clone();
        for info in before.iter().chain(&after) {
            all.extend(around(info.start()));
            all.extend(around(info.end()));
        }
        all.extend([0, 1, usize::MAX - 1, usize::MAX]);
        for list in [&mut near, &mut all] {
            list.sort_unstable();
            list.dedup();
        }
        Self {
            before,
            after,
            ranges,
            near,
            all,
        }
    }

    /// Does an entry overlap what the operation may change, or lie beside it?
    fn touches(&self, info: &MapInfo) -> bool {
        self.ranges
            .iter()
            .any(|range| info.start() <= range.end && range.start <= info.end())
    }

    pub(crate) fn is_inside(&self, address: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&address))
    }

    /// What is wrong with this answer.
    pub(crate) fn judge(
        &self,
        address: usize,
        found: Option<&MapInfo>,
        has_acted: bool,
    ) -> Result<(), &'static str> {
        let holds = |is: bool, what| if is { Ok(()) } else { Err(what) };
        let (before, after) = (at(&self.before, address), at(&self.after, address));
        if let Some(found) = found {
            holds(
                (found.start()..found.end()).contains(&address),
                "the answer is not about the address",
            )?;
        }
        if !self.is_inside(address) {
            let Some(before) = before else {
                return holds(found.is_none(), "something where nothing ever is");
            };
            let Some(found) = found else {
                return Err("nothing where something is throughout");
            };
            if !self.touches(before) {
                return holds(
                    found == before,
                    "an entry that is not concerned is another one",
                );
            }
            holds(!found.changing(), "changing, outside of what is changed")?;
            holds(facts(found) == facts(before), "other facts, outside")?;
            return holds(
                after.is_some_and(|after| {
                    before.start().min(after.start()) <= found.start()
                        && found.end() <= before.end().max(after.end())
                }),
                "a range that is neither the old nor the new one, outside",
            );
        }
        let Some(found) = found else {
            return holds(
                before.is_none() || after.is_none(),
                "nothing, and there is something before and after",
            );
        };
        let is_old = before.is_some_and(|before| facts(before) == facts(found));
        let is_new = after.is_some_and(|after| facts(after) == facts(found));
        holds(is_old || is_new, "neither the old facts nor the new ones")?;
        holds(
            !has_acted || is_new || found.changing(),
            "the old facts, not said to be changing",
        )
    }
}

/// What was asked.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) finds: u64,
    pub(crate) nexts: u64,
}

impl Asked {
    /// Asks about addresses, in order, and judges the answers.
    pub(crate) fn ask(
        &mut self,
        ground: Ground,
        oracle: &Oracle,
        addresses: &[usize],
        has_acted: bool,
    ) -> Result<(), String> {
        // What comes after addresses at which nothing was, until something was found.
        let mut ahead: Vec<(usize, Option<MapInfo>)> = Vec::new();
        atomic::take_restarts();
        for &address in addresses {
            let found = ground.registry.find(address);
            let next = ground.registry.next(address);
            self.finds += 1;
            self.nexts += 1;
            let restarts = atomic::take_restarts();
            if restarts != 0 {
                return Err(format!(
                    "{restarts} restarts for two questions about {address:#x}"
                ));
            }
            if let Err(what) = oracle.judge(address, found.as_ref(), has_acted) {
                return Err(format!(
                    "{what}: {found:?} at {address:#x}; before {:?}, after {:?}",
                    at(&oracle.before, address),
                    at(&oracle.after, address)
                ));
            }
            if let Some(found) = found {
                if next != Some(found) {
                    return Err(format!("{found:?} at {address:#x}, and next is {next:?}"));
                }
                // What is ahead is this, or something in between that was not asked about.
                for (before, next) in ahead.drain(..) {
                    let is_next = next.is_some_and(|next| {
                        next == found
                            || next.end() <= found.start()
                                && atomic::unwatched(|| ground.registry.find(next.start()))
                                    == Some(next)
                    });
                    if !is_next {
                        return Err(format!(
                            "{next:?} comes after {before:#x}, and {found:?} was found first"
                        ));
                    }
                }
                atomic::take_restarts();
            } else {
                if let Some(next) = next
                    && next.start() <= address
                {
                    return Err(format!(
                        "{next:?} comes after {address:#x}, where nothing is"
                    ));
                }
                ahead.push((address, next));
            }
        }
        Ok(())
    }
}
