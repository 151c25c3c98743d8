//! What a registry says of a range, compared with what the kernel says of it.

use std::ops::Range;

use rawmap::{registry::Registry, space::Kind};

use crate::process_map::Line;

/// How much was compared.
#[derive(Debug, Default)]
pub struct Agreed {
    pub lines: usize,
    pub entries: usize,
    pub bytes: usize,
}

/// Compares everything in a range, which nobody maps in but the registry. The error says where they differ.
pub fn agree<A>(
    registry: &Registry<A>,
    lines: &[Line],
    within: &Range<usize>,
) -> Result<Agreed, String> {
    let mut agreed = Agreed::default();
    let mut entries = registry
        .iter()
        .skip_while(|info| info.end() <= within.start)
        .take_while(|info| info.start() < within.end);
    let mut entry = entries.next();
    // Up to where the entry was compared.
    let mut compared = entry.map(|info| info.start());
    for line in lines {
        let mut from = line.start.max(within.start);
        let end = line.end.min(within.end);
        agreed.lines += usize::from(from < end);
        while from < end {
            let Some(info) = entry.filter(|info| info.start() <= from) else {
                return Err(format!("{from:#x} of {line:x?} is unknown"));
            };
            if compared != Some(from) {
                return Err(format!("{info}: not all of it is mapped"));
            }
            let at = (from - line.start) as u64;
            let is_same = match info.kind() {
                Kind::File { offset } => offset + (from - info.start()) as u64 == line.offset + at,
                _ => info.shared() || line.inode == 0,
            };
            if info.changing()
                || info.prot() != Some(line.prot)
                || info.shared() != line.shared
                || !is_same
            {
                return Err(format!("{info} is {line:x?}"));
            }
            let to = info.end().min(end);
            agreed.bytes += to - from;
            from = to;
            if to == info.end() {
                agreed.entries += 1;
                entry = entries.next();
                compared = entry.map(|info| info.start());
            } else {
                compared = Some(to);
            }
        }
    }
    match entry {
        Some(info) => Err(format!("{info}: not mapped")),
        None => Ok(agreed),
    }
}
