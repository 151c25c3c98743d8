//! The figures, and what they are to be.

use anyhow::{Result, ensure};
use rawmap_benches::rounded;
use serde_json::{Map, Value};

/// What a figure is to be.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// Whatever it is: it is there to be compared with.
    None,
    AtMost(f64),
    /// And what would be better still.
    AtMostAim(f64, f64),
    AtLeast(f64),
}

impl Limit {
    /// The limit in words, and whether the value keeps it.
    fn judge(self, value: f64) -> Option<(String, bool)> {
        match self {
            Self::None => None,
            Self::AtMost(limit) => Some((format!("at most {}", rounded(limit)), value <= limit)),
            Self::AtMostAim(limit, aim) => {
                Some((format!("at most {limit}, aim {aim}"), value <= limit))
            }
            Self::AtLeast(limit) => Some((format!("at least {limit}"), value >= limit)),
        }
    }
}

/// All figures, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Report {
    figures: Vec<(String, f64, Limit)>,
    done: Vec<(String, u64)>,
}

impl Report {
    pub(crate) fn add(&mut self, key: impl Into<String>, value: f64, limit: Limit) {
        self.figures.push((key.into(), value, limit));
    }

    /// How often something was done and found to be right; never is an error.
    pub(crate) fn done(&mut self, key: impl Into<String>, count: u64) -> Result<()> {
        let key = key.into();
        ensure!(count != 0, "{key}: nothing was done");
        self.done.push((key, count));
        Ok(())
    }

    pub(crate) fn print(&self, json: bool) -> Result<()> {
        if json {
            let figures = self
                .figures
                .iter()
                .map(|(key, value, _)| (key.clone(), rounded(*value)));
            let done = self
                .done
                .iter()
                .map(|(key, count)| (key.clone(), Value::from(*count)));
            let object: Map<String, Value> = figures.chain(done).collect();
            println!("{}", serde_json::to_string_pretty(&object)?);
            return Ok(());
        }
        for (key, value, limit) in &self.figures {
            let shown = rounded(*value).to_string();
            match limit.judge(*value) {
                None => println!("{key:<44} {shown:>10}"),
                Some((limit, kept)) => {
                    let verdict = if kept { "ok" } else { "OVER" };
                    println!("{key:<44} {shown:>10}  {verdict:<4}  {limit}");
                }
            }
        }
        for (key, count) in &self.done {
            println!("{key:<44} {count:>10}");
        }
        Ok(())
    }
}
