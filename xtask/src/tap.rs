//! What a program says of its checks: the Test Anything Protocol.

use anyhow::{Result, bail};

/// The checks of one run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Those that held.
    pub passed: u64,
    /// Those that did not.
    pub failed: u64,
    /// Those that could not be made.
    pub skipped: u64,
    /// The line of the first that did not hold.
    pub first_failure: Option<String>,
}

/// Whether the plan is there and as many checks were made as it says, so that nothing more will come.
pub fn is_complete(output: &str) -> bool {
    parse(output).is_ok()
}

/// Counts the checks; there must be as many as the plan says.
pub fn parse(output: &str) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut plan = None;
    for line in output.lines() {
        if let Some(count) = line.strip_prefix("1..") {
            let count = count.split_whitespace().next().unwrap_or_default();
            plan = count.parse::<u64>().ok();
        } else if is_result(line, "not ok") {
            counts.failed += 1;
            counts.first_failure.get_or_insert_with(|| line.to_owned());
        } else if is_result(line, "ok") {
            if line.to_ascii_uppercase().contains("# SKIP") {
                counts.skipped += 1;
            } else {
                counts.passed += 1;
            }
        }
    }
    let made = counts.passed + counts.failed + counts.skipped;
    match plan {
        Some(plan) if plan == made => Ok(counts),
        Some(plan) => bail!("{made} of {plan} checks were made; {}", last_line(output)),
        None => bail!("no plan of checks (1..N); {}", last_line(output)),
    }
}

fn is_result(line: &str, word: &str) -> bool {
    line.strip_prefix(word)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn last_line(output: &str) -> String {
    match output.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!("the last line: {line}"),
        None => "it printed nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, parse};

    #[test]
    fn counts_each_kind() {
        let output =
            "ok 1 - maps\nnoise\nnot ok 2 - unmaps\nok 3 # SKIP no huge pages\nokay\n1..3\n";
        let expected = Counts {
            passed: 1,
            failed: 1,
            skipped: 1,
            first_failure: Some("not ok 2 - unmaps".to_owned()),
        };
        assert_eq!(parse(output).unwrap(), expected);
    }

    #[test]
    fn a_run_that_stops_early_is_an_error() {
        let early = parse("1..2\nok 1\npanicked\n").unwrap_err().to_string();
        assert_eq!(early, "1 of 2 checks were made; the last line: panicked");
        assert_eq!(
            parse("ok 1\n").unwrap_err().to_string(),
            "no plan of checks (1..N); the last line: ok 1"
        );
        assert_eq!(
            parse("").unwrap_err().to_string(),
            "no plan of checks (1..N); it printed nothing"
        );
    }
}
