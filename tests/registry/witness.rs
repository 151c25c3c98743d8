//! Judges what a registry answered during a change, when what was before and what came afterwards are known.

use std::ops::Range;

use rawmap::{Inherit, Prot, registry::MapInfo, space::Kind};

/// What is true of one address, whatever the extent of the entry that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    prot: Option<Prot>,
    max_prot: Prot,
    shared: bool,
    offset: Option<u64>,
    inherit: Inherit,
    conceal: bool,
    user: u64,
}

impl Facts {
    fn of(info: &MapInfo, addr: usize) -> Self {
        Self {
            prot: info.prot(),
            max_prot: info.max_prot(),
            shared: info.shared(),
            offset: match info.kind() {
                Kind::File { offset } => Some(offset + (addr - info.start()) as u64),
                _ => None,
            },
            inherit: info.inherit(),
            conceal: info.conceal(),
            user: info.user(),
        }
    }
}

/// How far a change had come when an answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Before,
    Changing,
    After,
}

/// What was, what came, and which addresses the change was about.
pub struct Witness<'a> {
    pub before: &'a [MapInfo],
    pub after: &'a [MapInfo],
    pub ranges: &'a [Range<usize>],
}

fn at(maps: &[MapInfo], addr: usize) -> Option<&MapInfo> {
    let below = maps.partition_point(|info| info.start() <= addr);
    maps[..below].last().filter(|info| addr < info.end())
}

impl Witness<'_> {
    fn is_touched(&self, addr: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&addr))
    }

    /// Begins and ends an entry only where one began or ended before or afterwards, or where the change does?
    fn has_lawful_bounds(&self, info: &MapInfo) -> bool {
        let is_bound = |addr: usize| {
            let of = |maps: &[MapInfo]| {
                at(maps, addr).is_some_and(|info| info.start() == addr)
                    || at(maps, addr - 1).is_some_and(|info| info.end() == addr)
            };
            let of_range = |range: &Range<usize>| range.start == addr || range.end == addr;
            self.ranges.iter().any(of_range) || of(self.before) || of(self.after)
        };
        is_bound(info.start()) && is_bound(info.end())
    }

    /// Judges what `find` said. The stage is none where it cannot be told.
    pub fn judge_find(
        &self,
        addr: usize,
        answer: &Option<MapInfo>,
    ) -> Result<Option<Stage>, &'static str> {
        let facts = |maps| at(maps, addr).map(|info| Facts::of(info, addr));
        let (before, after) = (facts(self.before), facts(self.after));
        let Some(info) = answer else {
            return match (before, after) {
                (None, None) => Ok(None),
                (None, Some(_)) => Ok(Some(Stage::Before)),
                (Some(_), None) => Ok(Some(Stage::After)),
                (Some(_), Some(_)) => Err("nothing, where something was throughout"),
            };
        };
        if !(info.start()..info.end()).contains(&addr) {
            return Err("an entry that the address is not in");
        }
        if !self.has_lawful_bounds(info) {
            return Err("an entry of no lawful extent");
        }
        let said = Some(Facts::of(info, addr));
        if !self.is_touched(addr) {
            if info.changing() {
                return Err("changing, which nobody touches");
            }
            return if said == before && said == after {
                Ok(None)
            } else {
                Err("other facts of what nobody touches")
            };
        }
        if info.changing() {
            return if said == before {
                Ok(Some(Stage::Changing))
            } else if said == after {
                // The facts are changed where they stand, and then the mark goes.
                Ok(None)
            } else {
                Err("changing, with facts of neither side")
            };
        }
        match (said == before, said == after) {
            (true, true) => Ok(None),
            (true, false) => Ok(Some(Stage::Before)),
            (false, true) => Ok(Some(Stage::After)),
            (false, false) => Err("facts of neither side"),
        }
    }

    /// The first address from there on at which something was throughout.
    fn first_throughout(&self, mut addr: usize) -> Option<usize> {
        let from = |maps: &[MapInfo], addr: usize| {
            let at = maps.partition_point(|info| info.end() <= addr);
            maps.get(at).map(|info| info.start().max(addr))
        };
        loop {
            let before = from(self.before, addr)?;
            let both = from(self.after, before)?;
            if before == both {
                return Some(both);
            }
            addr = both;
        }
    }

    /// Judges what `next` said.
    pub fn judge_next(&self, addr: usize, answer: &Option<MapInfo>) -> Result<(), &'static str> {
        let throughout = self.first_throughout(addr);
        let Some(info) = answer else {
            return match throughout {
                None => Ok(()),
                Some(_) => Err("no next one, where something was throughout"),
            };
        };
        if info.end() <= addr {
            return Err("a next one that ends below");
        }
        if throughout.is_some_and(|known| info.start() > known) {
            return Err("skipped what was there throughout");
        }
        self.judge_find(info.start().max(addr), answer).map(drop)
    }
}
