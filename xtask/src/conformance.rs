//! The conformance program: what it asks and skips is pinned for each place, and one line a target says how it went.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;

use crate::log::Log;
use crate::project::Project;
use crate::run::{Outcome, Place};
use crate::tap::Counts;
use crate::target::{TARGETS, Target};

/// The package of the program.
pub const PROGRAM: &str = "rawmap-conformance";

/// The folder for files that the machine has, whatever this system has.
pub const MACHINE_FOLDER: &str = "/tmp";

/// Where the pins are.
const PINS: &str = "tests/data/conformance-skips.toml";

/// What is asked on each target, and what is skipped where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    rows: Vec<Rows>,
    place: Vec<Pin>,
}

/// The rows that some targets are asked, in their order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    targets: Vec<String>,
    numbers: Vec<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    name: String,
    targets: Vec<String>,
    skips: BTreeSet<Skip>,
}

/// A check that is not made.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(deny_unknown_fields)]
struct Skip {
    row: u32,
    part: String,
    reason: String,
}

impl fmt::Display for Skip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "row {}: {}: {}",
            self.row, self.part, self.reason
        )
    }
}

/// Asks so many of the program's rows, where it can be given arguments.
pub fn ask(
    place: &Place,
    program: &Path,
    rows: RangeInclusive<u32>,
    limit: Duration,
    log: &mut Log,
) -> Result<Outcome> {
    let folder = TempDir::with_prefix("rawmap-conformance-")?;
    let rows = format!("{}-{}", rows.start(), rows.end());
    let arguments = [folder_at(place, folder.path())?, Path::new(&rows)];
    place.run_with(program, &arguments, limit, log)
}

/// The folder for the program's files, if it is given one: the machine's files are its own, and it has this one.
fn folder_at<'a>(place: &Place, here: &'a Path) -> Result<&'a Path> {
    match place {
        Place::Native => Ok(here),
        Place::Machine(_) => Ok(Path::new(MACHINE_FOLDER)),
        Place::Kernel(_) => bail!("an init is given no arguments"),
    }
}

impl Pins {
    /// Those of the project.
    pub fn read(project: &Project) -> Result<Pins> {
        let text = fs::read_to_string(project.root.join(PINS)).context(PINS)?;
        toml::from_str(&text).context(PINS)
    }

    /// The program's counts, if all its checks held, it asked the rows of this target, and skipped what is pinned for
    /// this place, no more and no less.
    pub fn judge(&self, target: Target, place: &str, outcome: &Outcome) -> Result<Counts> {
        let counts = outcome.verdict()?;
        let expected = only(
            self.rows
                .iter()
                .filter(|rows| rows.targets.iter().any(|name| name == target.triple)),
        )
        .with_context(|| format!("{PINS}: rows of {target}"))?;
        let asked = asked(&outcome.output)?;
        ensure!(
            asked == expected.numbers,
            "the rows {asked:?} were asked, and not {:?}",
            expected.numbers
        );
        let pin = only(self.place.iter().filter(|pin| {
            pin.name == place && pin.targets.iter().any(|name| name == target.triple)
        }))
        .with_context(|| format!("{PINS}: {place} of {target}"))?;
        let skipped = skipped(&outcome.output)?;
        let lists = [
            ("skipped, and not pinned", skipped.difference(&pin.skips)),
            ("pinned, and not skipped", pin.skips.difference(&skipped)),
        ];
        let mut differences = Vec::new();
        for (what, skips) in lists {
            differences.extend(skips.map(|skip| format!("{what}: {skip}")));
        }
        if differences.is_empty() {
            Ok(counts)
        } else {
            bail!("{}", differences.join("; "))
        }
    }
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Result<T> {
    let first = found.next().context("there is none")?;
    ensure!(found.next().is_none(), "there is more than one");
    Ok(first)
}

/// The row and the rest of each line that a check left.
fn checks(output: &str) -> impl Iterator<Item = Result<(u32, &str)>> {
    output.lines().filter_map(|line| {
        let checked = line.strip_prefix("not ").unwrap_or(line);
        let (_, what) = checked.strip_prefix("ok ")?.split_once(" - ")?;
        Some(row(what).with_context(|| line.to_owned()))
    })
}

fn row(what: &str) -> Result<(u32, &str)> {
    let (row, part) = what
        .strip_prefix("row ")
        .and_then(|row| row.split_once(": "))
        .context("the line names no row")?;
    Ok((row.parse()?, part))
}

/// The rows in the order in which they were asked.
fn asked(output: &str) -> Result<Vec<u32>> {
    let mut rows = checks(output)
        .map(|check| check.map(|(row, _)| row))
        .collect::<Result<Vec<_>>>()?;
    rows.dedup();
    Ok(rows)
}

fn skipped(output: &str) -> Result<BTreeSet<Skip>> {
    let mut skips = BTreeSet::new();
    for check in checks(output) {
        let (row, text) = check?;
        if let Some((part, reason)) = text.split_once(" # SKIP ") {
            skips.insert(Skip {
                row,
                part: part.to_owned(),
                reason: reason.trim_end().to_owned(),
            });
        }
    }
    Ok(skips)
}

/// How it went for each target.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    target: Target,
    places: Vec<String>,
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Table {
    /// Adds a run to its target's row.
    pub fn add(&mut self, target: Target, place: String, result: &Result<Counts>) {
        let at = match self.rows.iter().position(|row| row.target == target) {
            Some(at) => at,
            None => {
                self.rows.push(Row {
                    target,
                    places: Vec::new(),
                    passed: 0,
                    failed: 0,
                    skipped: 0,
                });
                self.rows.len() - 1
            }
        };
        let row = &mut self.rows[at];
        row.places.push(place);
        match result {
            Ok(counts) => {
                row.passed += counts.passed;
                row.failed += counts.failed;
                row.skipped += counts.skipped;
            }
            Err(_) => row.failed += 1,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:<26} {:>6} {:>6} {:>7}  where",
            "target", "passed", "failed", "skipped"
        )?;
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| TARGETS.iter().position(|target| *target == row.target));
        for row in rows {
            write!(
                formatter,
                "\n{:<26} {:>6} {:>6} {:>7}  {}",
                row.target.triple,
                row.passed,
                row.failed,
                row.skipped,
                row.places.join("; ")
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Pins, Table};
    use crate::run::Outcome;
    use crate::target::TARGETS;

    const OUTPUT: &str = "ok 1 - row 1: length 0\nok 2 - row 1: twice\nok 3 - row 9: a pipe # SKIP no pipe here\n1..3\n";

    fn judge(rows: &str, skips: &str) -> Result<(u64, u64), String> {
        let triple = TARGETS[0].triple;
        let text = format!(
            "[[rows]]\ntargets = ['{triple}']\nnumbers = [{rows}]\n\
             [[place]]\nname = 'native'\ntargets = ['{triple}']\nskips = [{skips}]\n"
        );
        let pins: Pins = toml::from_str(&text).unwrap();
        let outcome = Outcome {
            status: 0,
            output: OUTPUT.to_owned(),
        };
        pins.judge(TARGETS[0], "native", &outcome)
            .map(|counts| (counts.passed, counts.skipped))
            .map_err(|error| error.to_string())
    }

    const PIPE: &str = "{ row = 9, part = 'a pipe', reason = 'no pipe here' }";

    #[test]
    fn what_is_pinned_is_skipped() {
        assert_eq!(judge("1, 9", PIPE), Ok((2, 1)));
    }

    #[test]
    fn one_more_or_one_fewer_fails() {
        assert_eq!(
            judge("1, 9", ""),
            Err("skipped, and not pinned: row 9: a pipe: no pipe here".to_owned())
        );
        let more = format!("{PIPE}, {{ row = 3, part = 'x', reason = 'y' }}");
        assert_eq!(
            judge("1, 9", &more),
            Err("pinned, and not skipped: row 3: x: y".to_owned())
        );
    }

    #[test]
    fn a_row_that_is_not_asked_fails() {
        assert_eq!(
            judge("1, 3, 9", PIPE),
            Err("the rows [1, 9] were asked, and not [1, 3, 9]".to_owned())
        );
    }

    #[test]
    fn a_place_without_pins_fails() {
        let pins: Pins = toml::from_str("rows = []\nplace = []").unwrap();
        let outcome = Outcome {
            status: 0,
            output: OUTPUT.to_owned(),
        };
        assert!(pins.judge(TARGETS[0], "native", &outcome).is_err());
    }

    #[test]
    fn a_row_for_each_target() {
        let mut table = Table::default();
        table.add(TARGETS[0], "here".to_owned(), &Err(anyhow::anyhow!("no")));
        table.add(TARGETS[0], "there".to_owned(), &Ok(Default::default()));
        let text = table.to_string();
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with("here; there"));
    }
}
