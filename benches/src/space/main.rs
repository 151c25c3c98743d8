//! What the portable layer adds to a pair of mmap and munmap, of an anonymous mapping whose length is known to the
//! compiler or not.

mod pairs;

use anyhow::Result;
use rawmap_benches::{rounded, run};
use serde_json::Value;

fn main() -> Result<()> {
    run(&pairs::PAIRS, |measured| {
        let over = |name, reference| {
            Value::from(
                measured.instructions_of(name) as i64 - measured.instructions_of(reference) as i64,
            )
        };
        let instructions = measured.instructions.iter();
        let ratios = measured.ratios.iter();
        [
            ("space.instructions".to_owned(), over("kernel", "raw")),
            (
                "space.instructions.constant".to_owned(),
                over("kernel_constant", "raw_constant"),
            ),
            (
                "space.instructions.dyn".to_owned(),
                over("kernel_dyn", "raw"),
            ),
        ]
        .into_iter()
        .chain(instructions.map(|(name, count)| {
            (
                format!("space.instructions.whole.{name}"),
                Value::from(*count),
            )
        }))
        .chain(ratios.map(|(name, ratio)| (format!("space.ratio.{name}"), rounded(*ratio))))
        .collect()
    })
}
