//! The kernel of this machine.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::log::Log;
use crate::run::Outcome;

/// As `uname -r` has it.
pub fn release() -> Result<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(release.trim_end().to_owned())
}

/// Runs a program here.
pub fn run(program: &Path, arguments: &[&Path], limit: Duration, log: &mut Log) -> Result<Outcome> {
    let finished = log.finish(Command::new(program).args(arguments), Some(limit))?;
    Ok(Outcome::from(finished))
}
