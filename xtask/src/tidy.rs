//! The program that does everything an address space can do, with each of its calls refused in a run of its own: it has
//! to go on, and to leave the process as it was.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::log::Log;
use crate::machine::Machine;
use crate::refused::{self, Mappings, mappings};
use crate::run::{Outcome, Place};
use crate::tap;

/// The package of the program.
pub const PROGRAM: &str = "rawmap-tidy";

/// What the program is told, so that it takes an error that it does not expect for a refused call.
const REFUSED: &str = "refused";
/// What it is told to do nothing.
const IDLE: &str = "idle";
/// What it says of a step in which it met such an error.
const NOTICE: &str = "# refused";
/// What it says of a step after which one mapping is more than before, and none is less.
const ONE_MORE: &str = "one mapping more than before";

/// The calls by which the program looks and speaks. It asks again when they are refused, and the library makes none of
/// them.
const ITS_OWN: [&str; 3] = ["pread", "pwrite", "write"];

/// Errors that a kernel could give, by their names and numbers, which are the same everywhere: one that the library passes
/// on, and two that it may take for a lack of something else.
pub const ERRORS: [(&str, i32); 3] = [("ENOMEM", 12), ("EINVAL", 22), ("EPERM", 1)];

/// Which calls are refused.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The first, counted from 0.
    pub first: usize,
    /// One of so many.
    pub every: usize,
    /// Also those by which the program looks and speaks.
    pub with_its_own: bool,
}

impl Choice {
    /// Each call.
    pub const ALL: Choice = Choice {
        first: 0,
        every: 1,
        with_its_own: true,
    };
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refused {
    /// Runs with a refused call.
    pub runs: u64,
    /// Those in which a step noticed.
    pub noticed: u64,
    /// Those in which a mapping was left since unmapping it was what was refused.
    pub left: u64,
}

impl Refused {
    /// In words; no run, and no run that a step noticed, prove nothing.
    pub fn summary(self) -> Result<String> {
        let Refused {
            runs,
            noticed,
            left,
        } = self;
        ensure!(runs > 0, "no call was refused");
        ensure!(noticed > 0, "no step noticed a refused call");
        Ok(format!(
            "{runs} runs with a refused call, noticed by a step in {noticed}; a refused munmap left a mapping in {left}"
        ))
    }
}

/// A run in which nothing was refused.
struct Whole {
    /// The names of its calls.
    calls: Vec<String>,
    /// What the process has at its end if it does nothing, where the machine says so.
    mapped: Option<Mappings>,
}

/// Refuses the chosen calls with an error, each in a run of its own.
pub fn each(
    place: &Place,
    program: &Path,
    error: i32,
    choice: Choice,
    limit: Duration,
    log: &mut Log,
) -> Result<Refused> {
    let whole = whole(place, program, limit, log)?;
    let positions: Vec<usize> = (1..=whole.calls.len())
        .filter(|&position| {
            choice.with_its_own || !ITS_OWN.contains(&whole.calls[position - 1].as_str())
        })
        .skip(choice.first)
        .step_by(choice.every)
        .collect();
    let mut refused = Refused::default();
    for position in positions {
        let call = &whole.calls[position - 1];
        let outcome = with_a_refused_call(place, program, (position, error), call, limit, log)?;
        let left = judge(&outcome, call, whole.mapped.as_ref()).with_context(|| {
            format!(
                "call {position} of {}, {call}, refused with error {error}",
                whole.calls.len()
            )
        });
        if left.is_err() {
            log.note(&outcome.output)?;
        }
        refused.left += u64::from(left?);
        refused.runs += 1;
        refused.noticed += u64::from(outcome.output.contains(NOTICE));
    }
    Ok(refused)
}

/// Runs the program without refusing anything: every step has to be fine, and what is mapped at the end has to be what is
/// mapped anyway.
fn whole(place: &Place, program: &Path, limit: Duration, log: &mut Log) -> Result<Whole> {
    let (outcome, calls, mapped) = match place {
        Place::Machine(machine) => {
            let mut run = |option, word| on_machine(machine, &[option], program, word, limit, log);
            let idle = run("--maps", IDLE)?;
            idle.verdict().context("the idle run")?;
            let outcome = run("--maps", REFUSED)?;
            let calls = traced_calls(&run("--trace", REFUSED)?);
            let made = refused::calls(&outcome)?;
            ensure!(
                calls.len() == made,
                "{} of {made} calls were traced",
                calls.len()
            );
            (outcome, calls, Some(mappings(&idle)?))
        }
        _ => natively(program, None, limit)?,
    };
    outcome
        .verdict()
        .context("the run without a refused call")?;
    ensure!(
        !outcome.output.contains(NOTICE),
        "it speaks of a refused call where there is none"
    );
    if let Some(mapped) = &mapped {
        ensure!(!mapped.is_empty(), "nothing is mapped at the end");
        let left = difference(&mappings(&outcome)?, mapped);
        ensure!(
            left == Difference::default(),
            "without a refused call it left {left:?}"
        );
    }
    ensure!(!calls.is_empty(), "it made no call");
    Ok(Whole { calls, mapped })
}

/// Refuses the call at a position with an error. It has to be the call that it was in the run in which nothing was
/// refused.
fn with_a_refused_call(
    place: &Place,
    program: &Path,
    refusal: (usize, i32),
    call: &str,
    limit: Duration,
    log: &mut Log,
) -> Result<Outcome> {
    if let Place::Machine(machine) = place {
        let (position, error) = refusal;
        let fail = format!("{position}:{error}");
        let options = ["--maps", "--fail", &fail];
        return on_machine(machine, &options, program, REFUSED, limit, log);
    }
    let (outcome, calls, _) = natively(program, Some(refusal), limit)?;
    let refused = calls.get(refusal.0 - 1).map(String::as_str);
    ensure!(
        refused == Some(call),
        "call {} was {refused:?}, and {call} in the run before",
        refusal.0
    );
    Ok(outcome)
}

fn on_machine(
    machine: &Machine,
    options: &[&str],
    program: &Path,
    word: &str,
    limit: Duration,
    log: &mut Log,
) -> Result<Outcome> {
    machine
        .with(options)
        .run(program, &[Path::new(word)], limit, log)
}

/// An outcome, the calls up to the refused one, and what the machine alone says.
type Followed = (Outcome, Vec<String>, Option<Mappings>);

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn natively(program: &Path, refusal: Option<(usize, i32)>, limit: Duration) -> Result<Followed> {
    use crate::refuser::{self, Refusal};

    let refusal = refusal.map(|(position, error)| Refusal { position, error });
    let run = refuser::run(program, &[REFUSED], refusal, limit)?;
    let calls = run.calls.into_iter().map(str::to_owned).collect();
    Ok((run.outcome, calls, None))
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn natively(_: &Path, _: Option<(usize, i32)>, _: Duration) -> Result<Followed> {
    bail!("calls are refused natively on x86_64 Linux alone")
}

/// The names in the machine's trace: `PROCESS: NAME(…) = …`. What the program prints may stand before it in the line.
fn traced_calls(outcome: &Outcome) -> Vec<String> {
    let name = |line: &str| {
        let (process, name) = line.split_once('(')?.0.rsplit_once(": ")?;
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let is_call = process.ends_with(|last: char| last.is_ascii_digit());
        (is_call && name.chars().all(is_name)).then(|| name.to_owned())
    };
    outcome.output.lines().filter_map(name).collect()
}

/// Is the process as it was, but for a mapping that could not be unmapped? Says whether that is there.
fn judge(outcome: &Outcome, refused: &str, mapped: Option<&Mappings>) -> Result<bool> {
    ensure!(
        matches!(outcome.status, 0 | 1),
        "it ended with status {}",
        outcome.status
    );
    // A refused write is a row less, or the plan.
    if refused != "write" {
        tap::parse(&outcome.output)?;
    }
    let mut left = 0;
    for row in outcome.output.lines() {
        if !row.starts_with("not ok ") {
            continue;
        }
        let said = row.trim_end_matches(NOTICE).trim_end();
        if !said.ends_with(ONE_MORE) {
            bail!("{row}");
        }
        left += 1;
    }
    if let Some(mapped) = mapped {
        let difference = difference(&mappings(outcome)?, mapped);
        ensure!(difference.less == 0, "a mapping is gone: {difference:?}");
        left += difference.more;
    }
    match left {
        0 => Ok(false),
        1 if refused == "munmap" => Ok(true),
        _ => bail!("it left {left} mappings"),
    }
}

/// How many mappings are more and how many are less.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Difference {
    more: usize,
    less: usize,
}

fn difference(now: &Mappings, before: &Mappings) -> Difference {
    let missing = |from: &Mappings, of: &Mappings| {
        of.iter()
            .map(|(kind, count)| count.saturating_sub(from.get(kind).copied().unwrap_or(0)))
            .sum()
    };
    Difference {
        more: missing(before, now),
        less: missing(now, before),
    }
}

#[cfg(test)]
mod tests {
    use super::{judge, mappings, traced_calls};
    use crate::run::Outcome;

    const MAPPED: &str = "machine: 0000000000200000-0000000000203000 r--p --\n";
    const MORE: &str = "machine: 0000000000400000-0000000000401000 rw-p --\n";

    fn outcome(status: i32, output: &str) -> Outcome {
        Outcome {
            status,
            output: output.to_owned(),
        }
    }

    fn left(status: i32, output: &str, refused: &str) -> Option<bool> {
        let mapped = mappings(&outcome(0, MAPPED)).unwrap();
        judge(&outcome(status, output), refused, Some(&mapped)).ok()
    }

    #[test]
    fn a_refused_munmap_alone_may_leave_a_mapping() {
        let fine = format!("ok 1 - x # refused\n1..1\n{MAPPED}");
        assert_eq!(left(0, &fine, "mmap"), Some(false));
        assert_eq!(left(0, &format!("{fine}{MORE}"), "mmap"), None);
        assert_eq!(left(0, &format!("{fine}{MORE}"), "munmap"), Some(true));
        assert_eq!(left(0, &format!("{fine}{MORE}{MORE}"), "munmap"), None);
        assert_eq!(left(0, &fine.replace("r--p", "rw-p"), "munmap"), None);
    }

    #[test]
    fn a_step_says_by_itself_that_a_mapping_is_more() {
        let said = |what: &str, refused| {
            let rows = format!("not ok 1 - x: {what} # refused\n1..1\n");
            judge(&outcome(1, &rows), refused, None).ok()
        };
        assert_eq!(said("one mapping more than before", "munmap"), Some(true));
        assert_eq!(said("one mapping more than before", "mmap"), None);
        assert_eq!(said("the map is not as before", "munmap"), None);
    }

    #[test]
    fn a_death_and_a_lost_plan_are_found() {
        assert_eq!(left(139, &format!("1..0\n{MAPPED}"), "mmap"), None);
        assert_eq!(left(0, &format!("ok 1 - x\n{MAPPED}"), "mmap"), None);
        assert_eq!(
            left(0, &format!("ok 1 - x\n{MAPPED}"), "write"),
            Some(false)
        );
    }

    #[test]
    fn names_are_read_from_a_trace() {
        let trace = "9: mmap(0x0, 0x1000) = errno 12\nok 1 - x9: exit(0x0)\n9: exit 0\n\
            machine: netbsd x86_64, 2 system calls (mmap 1, exit 1), exit 0\n";
        assert_eq!(traced_calls(&outcome(0, trace)), ["mmap", "exit"]);
    }
}
