//! What the registry costs: pairs of map and unmap beside the bare calls, lookups and updates beside other trees, the
//! memory of it all, and lookups while another thread changes what they look at.
//!
//! Every form that is compared takes its turns with the others in one process, and the fastest of its rounds stands for
//! it, unless something else is said. Threads are told apart by their thread pointers
//! ([`identify_by_thread_pointer`](rawmap::registry::Registry::identify_by_thread_pointer)), which every thread here has,
//! but where a key says `tid`. Figures over their limits are reported, and no failure; what a loop finds out of order is.

mod chart;
mod contended;
mod freelist;
mod memory;
mod pairs;
mod report;
mod restarts;
mod rounds;
mod trees;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use rawmap_benches::instructions;

use report::Report;

#[derive(Parser)]
struct Arguments {
    /// One JSON object on the standard output instead of a table
    #[arg(long)]
    json: bool,
    /// Fewer rounds and no million of maps, for trying something out
    #[arg(long)]
    quick: bool,
    /// Draws time against the number of maps into this SVG file
    #[arg(long, value_name = "FILE", conflicts_with = "only")]
    chart: Option<PathBuf>,
    /// Measures this only; again for each
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    #[command(subcommand)]
    inner: Option<Inner>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Pairs,
    Instructions,
    Freelist,
    Contended,
    Trees,
    Memory,
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
        pairs::prepare_count()?;
        return instructions::run(&pairs::COUNTED, &name, pairs);
    }
    let quick = arguments.quick;
    let is_wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let mut report = Report::default();
    if is_wanted(Part::Pairs) {
        pairs::measure(&mut report, quick)?;
    }
    if is_wanted(Part::Instructions) {
        pairs::count(&mut report)?;
    }
    if is_wanted(Part::Freelist) {
        freelist::measure(&mut report, quick)?;
    }
    if is_wanted(Part::Contended) {
        contended::measure(&mut report, quick)?;
        restarts::measure(&mut report, quick)?;
    }
    if is_wanted(Part::Trees) {
        let times = trees::measure(&mut report, quick, arguments.chart.is_some())?;
        if let Some(file) = &arguments.chart {
            chart::draw(&times, file)?;
            chart::report(&times, &mut report);
        }
    }
    if is_wanted(Part::Memory) {
        memory::measure(&mut report, quick)?;
    }
    report.print(arguments.json)
}
