//! What owning a mapping adds to the calls: to a pair of mmap and munmap of an anonymous page, whose length is known to the
//! compiler or not, and to calls on a part that the compiler does not know.

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
            ("mapping.instructions", over("mapping", "raw")),
            (
                "mapping.instructions.constant",
                over("mapping_constant", "raw_constant"),
            ),
            ("mapping.instructions.kept", over("mapping_kept", "raw")),
            ("mapping.instructions.unmap", over("mapping_unmap", "raw")),
            ("mapping.instructions.memmap2", over("memmap2", "raw")),
            (
                "mapping.range_instructions",
                over("mapping_protect", "raw_mprotect"),
            ),
            (
                "mapping.range_instructions.over_space",
                over("mapping_protect", "space_protect"),
            ),
            (
                "mapping.range_instructions.advise",
                over("mapping_advise", "raw_madvise"),
            ),
            (
                "mapping.range_instructions.advise.over_space",
                over("mapping_advise", "space_advise"),
            ),
            (
                "mapping.range_instructions.sync",
                over("mapping_sync", "raw_msync"),
            ),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(instructions.map(|(name, count)| {
            (
                format!("mapping.instructions.whole.{name}"),
                Value::from(*count),
            )
        }))
        .chain(ratios.map(|(name, ratio)| (format!("mapping.ratio.{name}"), rounded(*ratio))))
        .collect()
    })
}
