//! User instructions a pair, counted by callgrind: a run of many pairs less a run of none.

use std::{env, fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::pair::{Pair, empty, repeat};

const FEW: u32 = 1000;
const MANY: u32 = 9000;

/// What callgrind looks at: so many pairs of this name, or of nothing.
pub fn run(known: &[Pair], name: &str, pairs: u32) -> Result<()> {
    let nothing = ("empty", empty as fn());
    let (_, pair) = known
        .iter()
        .chain([&nothing])
        .find(|(known, _)| *known == name)
        .with_context(|| format!("no pair is called {name}"))?;
    repeat(*pair, pairs);
    Ok(())
}

/// Instructions a pair, by name. The program is run again for each, and has to answer `count NAME PAIRS` by [`run`].
pub fn measure(pairs: &[Pair]) -> Result<Vec<(&'static str, u64)>> {
    let per_call = per_iteration("empty")?;
    pairs
        .iter()
        .map(|(name, _)| {
            let whole = per_iteration(name)?;
            let pair = whole
                .checked_sub(per_call)
                .with_context(|| format!("{name}: fewer than no pair"))?;
            Ok((*name, pair))
        })
        .collect()
}

/// Two runs of different length: what they differ by is the loop's, but for a few instructions of start-up code that
/// follow the length of an argument, and vanish in the rounding.
fn per_iteration(name: &str) -> Result<u64> {
    let difference = total(name, MANY)? - total(name, FEW)?;
    let pairs = u64::from(MANY - FEW);
    Ok((difference + pairs / 2) / pairs)
}

/// All instructions of a run.
fn total(name: &str, pairs: u32) -> Result<u64> {
    let output = env::temp_dir().join(format!("rawmap-callgrind-{}", std::process::id()));
    let run = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            &format!("--callgrind-out-file={}", output.display()),
        ])
        .arg(env::current_exe()?)
        .args(["count", name, &pairs.to_string()])
        .output()
        .context("valgrind is needed: the Debian package valgrind has it")?;
    if !run.status.success() {
        bail!(
            "{name} under callgrind: {}",
            String::from_utf8_lossy(&run.stderr)
        );
    }
    let profile = fs::read_to_string(&output)?;
    fs::remove_file(&output)?;
    profile
        .lines()
        .find_map(|line| line.strip_prefix("summary: "))
        .context("callgrind wrote no summary")?
        .trim()
        .parse()
        .context("callgrind's summary is no number")
}
