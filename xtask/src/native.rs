//! The kernel of this machine.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::log::{Log, shell_status};
use crate::run::Outcome;

/// Runs a program here.
pub fn run(program: &Path, limit: Duration, log: &mut Log) -> Result<Outcome> {
    let finished = log.finish(&mut Command::new(program), Some(limit))?;
    Ok(Outcome {
        status: shell_status(finished.status),
        output: finished.output,
    })
}
