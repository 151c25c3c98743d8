//! What a pair of mmap and munmap costs beside bare assembly and other crates. The pairs all map one anonymous page and
//! unmap it again.

mod pairs;

use anyhow::Result;
use rawmap_benches::{rounded, run};
use serde_json::Value;

fn main() -> Result<()> {
    run(&pairs::PAIRS, |measured| {
        let instructions = measured.instructions.iter();
        let ratios = measured.ratios.iter();
        instructions
            .map(|(name, count)| (format!("raw.instructions.{name}"), Value::from(*count)))
            .chain(ratios.map(|(name, ratio)| (format!("raw.ratio.{name}"), rounded(*ratio))))
            .collect()
    })
}
