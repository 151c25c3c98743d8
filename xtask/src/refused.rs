//! A program whose n-th system call fails, for every n: it has to end by itself, with its plan kept, and to leave nothing
//! mapped that it would not have mapped anyway.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::conformance;
use crate::log::Log;
use crate::machine::Machine;
use crate::run::{Outcome, Place};
use crate::tap;

/// The error that refused calls end with: one that every call may give.
const ERROR: &str = "12";

/// Which of a few refused calls a check notices is chance: where none did, so many more are refused at the most.
const MORE: usize = 48;

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refused {
    /// Runs with a refused call.
    pub runs: u64,
    /// Those in which a check noticed.
    pub noticed: u64,
}

/// Rows of which each `every`th call is refused.
#[derive(Clone, Debug)]
pub struct Part {
    /// The rows.
    pub rows: RangeInclusive<u32>,
    /// One of so many calls.
    pub every: usize,
}

/// Refuses each chosen call of the conformance program's `part` in a run of its own.
pub fn each(
    machine: &Machine,
    program: &Path,
    part: &Part,
    limit: Duration,
    log: &mut Log,
) -> Result<Refused> {
    let run = |options: &[&str], log: &mut Log| {
        let place = Place::Machine(machine.with(options));
        conformance::ask(&place, program, part.rows.clone(), limit, log)
    };
    let whole = run(&["--maps"], log)?;
    ensure!(whole.status == 0, "it fails without a refused call");
    let (mapped, calls) = (mappings(&whole)?, calls(&whole)?);
    ensure!(!mapped.is_empty(), "nothing is mapped at the end");
    let mut refused = Refused::default();
    let chosen: Vec<_> = (1..=calls).step_by(part.every).collect();
    let more = (1..=MORE).map(|number| between(number, calls));
    for (number, position) in chosen.iter().copied().chain(more).enumerate() {
        if number >= chosen.len() && refused.noticed > 0 {
            break;
        }
        let fail = format!("{position}:{ERROR}");
        let outcome = run(&["--maps", "--fail", &fail], log)?;
        judge(&outcome, &mapped).with_context(|| format!("call {position} of {calls} refused"))?;
        refused.runs += 1;
        refused.noticed += u64::from(outcome.status == 1);
    }
    ensure!(refused.runs > 0, "no call was refused");
    ensure!(refused.noticed > 0, "no check noticed a refused call");
    Ok(refused)
}

/// The `number`th of positions that lie ever closer: the digits of the number in base 2, behind the point and in reverse
/// order, are where it lies between the first call and the last.
fn between(number: usize, calls: usize) -> usize {
    let part = number.reverse_bits() >> (usize::BITS / 2);
    1 + (((calls - 1) * part) >> (usize::BITS / 2))
}

/// How many mappings there are of a length, with a protection. Not where: the machine chooses addresses by chance, and
/// makes another choice after a refused call.
pub type Mappings = BTreeMap<(u64, String), usize>;

fn judge(outcome: &Outcome, mapped: &Mappings) -> Result<()> {
    match outcome.status {
        0 => {}
        // Checks failed; all were made, but where the program could not even count them.
        1 => {
            if outcome.output.lines().any(|line| line.contains("ok ")) {
                tap::parse(&outcome.output)?;
            }
        }
        status => bail!("it ended with status {status}"),
    }
    for ((len, protection), count) in mappings(outcome)? {
        let expected = mapped.get(&(len, protection.clone())).copied().unwrap_or(0);
        ensure!(
            count <= expected,
            "it left {count} mappings of {len:#x} bytes, {protection}, where there are {expected}"
        );
    }
    Ok(())
}

/// The mappings at the end, as the machine prints them: `START-END PROTECTION …`.
pub fn mappings(outcome: &Outcome) -> Result<Mappings> {
    let mut mappings = Mappings::new();
    for line in machine_lines(outcome) {
        let mut words = line.split(' ');
        let range = words.next().and_then(|word| word.split_once('-'));
        let (Some((start, end)), Some(protection)) = (range, words.next()) else {
            continue;
        };
        let address = |digits| u64::from_str_radix(digits, 16);
        let (Ok(start), Ok(end)) = (address(start), address(end)) else {
            continue;
        };
        let len = end.checked_sub(start).context("a mapping's length")?;
        *mappings.entry((len, protection.to_owned())).or_default() += 1;
    }
    Ok(mappings)
}

/// How many calls the program made.
pub fn calls(outcome: &Outcome) -> Result<usize> {
    machine_lines(outcome)
        .find_map(|line| line.split_once(" system calls")?.0.rsplit(' ').next())
        .context("the machine did not say how many calls there were")?
        .parse()
        .context("the number of calls")
}

fn machine_lines(outcome: &Outcome) -> impl Iterator<Item = &str> {
    outcome
        .output
        .lines()
        // Behind the program's own, where the newline that ends it was the call that was refused.
        .filter_map(|line| line.split_once("machine: "))
        .map(|(_, said)| said)
}

#[cfg(test)]
mod tests {
    use super::{Mappings, between, calls, judge, mappings};
    use crate::run::Outcome;

    const MAPPED: &str = "machine: 0000000000200000-0000000000203000 r--p --\n";
    const MOVED: &str = "machine: 0000000000400000-0000000000403000 r--p --\n";

    fn outcome(status: i32, output: &str) -> Outcome {
        Outcome {
            status,
            output: output.to_owned(),
        }
    }

    fn mapped() -> Mappings {
        Mappings::from([((0x3000, "r--p".to_owned()), 1)])
    }

    #[test]
    fn what_the_machine_says_is_read() {
        let end = "machine: netbsd x86_64, 2230 system calls (write 1), exit 0\n";
        let whole = outcome(0, &format!("ok 1\n1..1\n{MAPPED}{end}"));
        assert_eq!(mappings(&whole).unwrap(), mapped());
        let glued = outcome(0, &format!("ok 1\n1..1{MAPPED}{end}"));
        assert_eq!(mappings(&glued).unwrap(), mapped());
        assert_eq!(calls(&whole).unwrap(), 2230);
    }

    #[test]
    fn more_positions_lie_between_those_before() {
        let positions: Vec<_> = (1..8).map(|number| between(number, 801)).collect();
        assert_eq!(positions, [401, 201, 601, 101, 501, 301, 701]);
    }

    #[test]
    fn a_death_a_lost_plan_and_a_leak_are_found() {
        let judge = |status, output: &str| judge(&outcome(status, output), &mapped()).is_ok();
        assert!(judge(1, "not ok 1 - x\n1..1\n"));
        assert!(judge(0, MOVED));
        assert!(!judge(139, "ok 1\n1..1\n"));
        assert!(!judge(1, "not ok 1 - x\n"));
        assert!(!judge(0, &format!("{MAPPED}{MOVED}")));
        assert!(!judge(0, &MAPPED.replace("r--p", "rw-p")));
    }
}
