//! What was done, and that nothing was left out.

use std::collections::BTreeMap;

use super::choice::NAMES;

/// Of one kind, with one fan-out.
#[derive(Clone, Copy, Default)]
struct Done {
    in_place: u64,
    by_copies: u64,
    refused: u64,
}

#[derive(Default)]
pub(super) struct Shape {
    pub(super) most_entries: usize,
    pub(super) highest: usize,
    pub(super) up: u64,
    pub(super) down: u64,
    pub(super) merges: u64,
    pub(super) emptied: u64,
}

#[derive(Default)]
pub(super) struct Counts {
    operations: BTreeMap<(&'static str, usize), Done>,
    pub(super) shapes: BTreeMap<usize, Shape>,
    pub(super) finds: u64,
    pub(super) nexts: u64,
    pub(super) gaps: u64,
    pub(super) gaps_found: u64,
    /// Changes for which nodes were lacking.
    pub(super) lacking: u64,
    /// May a leaf be at the end of its versions?
    pub(super) is_near_the_end: bool,
    pub(super) ends: Ends,
    pub(super) children: BTreeMap<usize, Children>,
}

/// What was seen near the end of versions and of lives.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) leaves_aged: u64,
    pub(super) nodes_aged: u64,
    /// Leaves at the end of their versions that got a new life, and that were changed where they stand.
    pub(super) renewed: u64,
    pub(super) unmarked: u64,
    pub(super) removed: u64,
    /// States of leaves that were compared with one that looks the same.
    pub(super) alike: u64,
    pub(super) lives: u64,
    pub(super) last_lives: u64,
    /// The most versions that any leaf had behind the limit.
    pub(super) most_behind: u64,
}

/// What forked children found.
#[derive(Default)]
pub(super) struct Children {
    pub(super) operations: u64,
    pub(super) stores: u64,
    /// In how many of them what was before was found, what is after, and something in between.
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) between: u64,
    pub(super) finds: u64,
    pub(super) overlaps: u64,
    pub(super) went_on: u64,
}

impl Counts {
    pub(super) fn operation(
        &mut self,
        fan_out: usize,
        name: &'static str,
        is_refused: bool,
        in_place: bool,
    ) {
        let done = self.operations.entry((name, fan_out)).or_default();
        *match (is_refused, in_place) {
            (true, _) => &mut done.refused,
            (false, true) => &mut done.in_place,
            (false, false) => &mut done.by_copies,
        } += 1;
    }

    /// What a kind has to have shown: done in place, done by copies, refused.
    fn expected(name: &str) -> [bool; 3] {
        match name {
            "insert" | "splice" | "cut" | "adjust" | "merge" | "clear" => [true, true, true],
            "mark whole" | "remove those" | "remove whole" | "remove plain" => [true, false, true],
            "tidy" => [false, true, true],
            "renew" => [true, true, false],
            _ => [true, false, false],
        }
    }

    pub(super) fn report(&self, fan_outs: &[usize]) {
        let mut missing = Vec::new();
        for name in NAMES {
            let mut line = Vec::new();
            for &fan_out in fan_outs {
                let done = self.operations.get(&(name, fan_out));
                let done = done.copied().unwrap_or_default();
                let numbers = [done.in_place, done.by_copies, done.refused];
                line.push(format!(
                    "{fan_out}: {} in place, {} by copies, {} refused",
                    numbers[0], numbers[1], numbers[2]
                ));
                let is_there = numbers.iter().zip(Self::expected(name));
                if is_there.clone().any(|(number, is)| is && *number == 0) {
                    missing.push(format!("{name} with fan-out {fan_out}"));
                }
            }
            println!("differential: {name}: {}", line.join("; "));
        }
        for &fan_out in fan_outs {
            let Some(shape) = self.shapes.get(&fan_out) else {
                panic!("no tree of fan-out {fan_out}");
            };
            let Shape {
                most_entries,
                highest,
                up,
                down,
                merges,
                emptied,
            } = shape;
            println!(
                "differential: fan-out {fan_out}: up to {most_entries} entries and {highest} levels, {up} levels came and \
                 {down} went, {merges} leaves became one with a neighbour or went, {emptied} trees were emptied"
            );
            if [*up, *down, *merges, *emptied].contains(&0) || *highest < 3 {
                missing.push(format!("shapes with fan-out {fan_out}"));
            }
        }
        let Self {
            finds,
            nexts,
            gaps,
            gaps_found,
            lacking,
            ..
        } = self;
        println!(
            "differential: {finds} finds and {nexts} nexts compared, {gaps} searches for gaps of which {gaps_found} found one, \
             {lacking} changes for which nodes were lacking"
        );
        if [
            *finds,
            *nexts,
            *gaps,
            *gaps_found,
            gaps - gaps_found,
            *lacking,
        ]
        .contains(&0)
        {
            missing.push("questions".to_owned());
        }
        self.ends.report(&mut missing);
        for (fan_out, children) in &self.children {
            children.report(*fan_out, &mut missing);
        }
        if self.children.is_empty() {
            missing.push("children".to_owned());
        }
        assert!(missing.is_empty(), "nothing was shown of {missing:?}");
    }
}

impl Ends {
    fn report(&self, missing: &mut Vec<String>) {
        let Self {
            leaves_aged,
            nodes_aged,
            renewed,
            unmarked,
            removed,
            alike,
            lives,
            last_lives,
            most_behind,
        } = self;
        println!(
            "differential: near the end: {leaves_aged} leaves made old, {renewed} renewed, {unmarked} unmarked and {removed} \
             emptied of entries where they stand, at most {most_behind} versions behind the limit; {alike} states of leaves \
             were seen again; {nodes_aged} nodes made old, {lives} lives, {last_lives} last ones"
        );
        let all = [
            *leaves_aged,
            *nodes_aged,
            *renewed,
            *unmarked,
            *removed,
            *alike,
            *lives,
            *last_lives,
            *most_behind,
        ];
        if all.contains(&0) {
            missing.push("the end of versions and lives".to_owned());
        }
    }
}

impl Children {
    fn report(&self, fan_out: usize, missing: &mut Vec<String>) {
        let Self {
            operations,
            stores,
            before,
            after,
            between,
            finds,
            overlaps,
            went_on,
        } = self;
        println!(
            "differential: forked, fan-out {fan_out}: {operations} operations, {stores} stores stepped, of which {before} show \
             what was before, {after} what is after, {between} something between; {overlaps} children had ends to repair, \
             {went_on} went on; {finds} finds"
        );
        let all = [
            *operations,
            *stores,
            *before,
            *after,
            *between,
            *finds,
            *overlaps,
            *went_on,
        ];
        if all.contains(&0) {
            missing.push(format!("children with fan-out {fan_out}"));
        }
    }
}
