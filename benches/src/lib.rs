//! What the benchmarks have in common: user instructions under callgrind, and time as a ratio, of kinds of pairs.
//!
//! A pair maps something and unmaps it again; every one of them looks at both results and ends the process if one is an
//! error, but for those whose name says what they leave out.

pub mod instructions;
mod pair;
mod ratio;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde_json::{Map, Value};

pub use pair::{Pair, failed};

#[derive(Parser)]
struct Arguments {
    /// One JSON object on the standard output instead of a table.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    inner: Option<Inner>,
}

#[derive(Subcommand)]
enum Inner {
    /// Runs one kind of pair: what callgrind looks at.
    Count {
        /// Which one.
        name: String,
        /// How often.
        pairs: u32,
    },
}

/// What was measured.
pub struct Measured {
    /// User instructions a pair, by name.
    pub instructions: Vec<(&'static str, u64)>,
    /// Time as a ratio to the first kind, by name.
    pub ratios: Vec<(&'static str, f64)>,
}

impl Measured {
    /// The instructions of a kind.
    #[must_use]
    pub fn instructions_of(&self, name: &str) -> u64 {
        let found = self.instructions.iter().find(|(known, _)| *known == name);
        found.map_or(0, |(_, instructions)| *instructions)
    }
}

/// The whole of a benchmark of pairs: `figures` names what is printed.
pub fn run(pairs: &[Pair], figures: fn(&Measured) -> Vec<(String, Value)>) -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Inner::Count { name, pairs: count }) = arguments.inner {
        return instructions::run(pairs, &name, count);
    }
    let measured = Measured {
        instructions: instructions::measure(pairs)?,
        ratios: ratio::measure(pairs),
    };
    let figures: Map<String, Value> = figures(&measured).into_iter().collect();
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        for (key, value) in &figures {
            println!("{key:<36} {value:>8}");
        }
    }
    Ok(())
}

/// A ratio with three digits.
#[must_use]
pub fn rounded(ratio: f64) -> Value {
    Value::from((ratio * 1000.0).round() / 1000.0)
}
