//! What a pair of mmap and munmap costs: user instructions under callgrind, and time as a ratio to bare assembly.
//!
//! The pairs all map one anonymous page and unmap it again. Every one of them looks at both results and ends the
//! process if one is an error, but for `rawmap_discarded`, whose name says what it leaves out.

mod instructions;
mod pairs;
mod ratio;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde_json::{Map, Value};

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

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Inner::Count { name, pairs }) = arguments.inner {
        return instructions::run(&name, pairs);
    }
    let mut figures = Map::new();
    for (name, instructions) in instructions::measure()? {
        figures.insert(
            format!("raw.instructions.{name}"),
            Value::from(instructions),
        );
    }
    for (name, ratio) in ratio::measure() {
        figures.insert(
            format!("raw.ratio.{name}"),
            Value::from((ratio * 1000.0).round() / 1000.0),
        );
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        for (key, value) in &figures {
            println!("{key:<36} {value:>8}");
        }
    }
    Ok(())
}
