//! What Rust's test programs say of their tests.

use anyhow::{Result, bail};

use crate::run::Outcome;
use crate::tap::Counts;

/// The sum over all test programs of one `cargo test`, or of one of them; it must have run at least one test.
pub fn counts(outcome: &Outcome) -> Result<Counts> {
    let counts = sum(&outcome.output);
    if outcome.status != 0 && counts.failed == 0 {
        bail!("the tests ended with status {}", outcome.status);
    }
    if counts.passed == 0 && counts.failed == 0 {
        bail!("no test was run");
    }
    Ok(counts)
}

fn sum(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines() {
        if let Some(result) = line.strip_prefix("test result: ") {
            counts.passed += number_before(result, " passed");
            counts.failed += number_before(result, " failed");
            counts.skipped += number_before(result, " ignored");
        } else if line.starts_with("test ") && line.ends_with("... FAILED") {
            counts.first_failure.get_or_insert_with(|| line.to_owned());
        }
    }
    counts
}

fn number_before(line: &str, word: &str) -> u64 {
    let before = line
        .split(word)
        .next()
        .filter(|before| before.len() < line.len());
    let number = before.and_then(|before| before.rsplit(' ').next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::sum;
    use crate::tap::Counts;

    #[test]
    fn adds_up_all_programs() {
        let output = "test a ... ok\ntest b ... FAILED\n\
            test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        let expected = Counts {
            passed: 13,
            failed: 1,
            skipped: 2,
            first_failure: Some("test b ... FAILED".to_owned()),
        };
        assert_eq!(sum(output), expected);
    }
}
