//! The mappings among which pairs are made: ten thousand, with holes between them, so that what is mapped for a test has
//! neighbours all over the tree.
//!
//! ```text
//! low   25 live  hole of 16 GiB  25 live  hole …  25 live  hole of 16 MiB  25 live  …  hole of 64 KiB  25 live   high
//! ```
//!
//! The kernel takes the highest hole in which a mapping fits. Small mappings therefore fill the small holes, which lie
//! highest, and larger ones those of their own size, each from the top: the upper neighbour of a test mapping is a live
//! one or another test mapping, and both neighbours of a hole have the base protection of its size.

use anyhow::{Context, Result, ensure};
use rawmap::{
    Prot,
    registry::Registry,
    space::{AddressSpace, Kernel, MapRequest, Placement},
};

use super::forms::Locked;

pub(crate) const LIVE: usize = 10_000;
const LIVE_A_GROUP: usize = 25;
const GROUPS: usize = LIVE / LIVE_A_GROUP;
pub(crate) const PAGE: usize = 4096;
/// Linux aligns what could be made of huge pages to them, and then leaves a gap unless a hole begins and ends there and
/// has that much to spare.
const HUGE: usize = 2 << 20;

/// How large test mappings are: 1 to 16 units.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) unit: usize,
    /// What live mappings beside its holes have, and test mappings that are to be merged with them. Memory that may be
    /// written is counted by the kernel, which would refuse that many gigabytes.
    pub(crate) base: Prot,
}

pub(crate) const MOST_UNITS: usize = 16;

/// From the highest holes to the lowest: units of 4 KiB, 1 MiB and 1 GiB.
pub(crate) const SIZES: [Size; 3] = [
    Size {
        unit: PAGE,
        base: Prot::READ.union(Prot::WRITE),
    },
    Size {
        unit: 1 << 20,
        base: Prot::READ,
    },
    Size {
        unit: 1 << 30,
        base: Prot::READ,
    },
];

impl Size {
    const fn hole(self) -> usize {
        let largest = MOST_UNITS * self.unit;
        if largest < HUGE {
            largest
        } else {
            largest + HUGE
        }
    }
}

/// The size of the hole above a group; above the highest there is none of ours.
fn above(group: usize) -> Size {
    SIZES[SIZES.len() - 1 - (group * SIZES.len() / GROUPS).min(SIZES.len() - 1)]
}

/// Maps everything, by way of the registry, and tells the other one too.
pub(crate) fn make(registry: &Registry, locked: &Locked) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(1);
    // A place for all of it, which is empty but for what is made there now.
    let group_bytes = (LIVE_A_GROUP * MOST_UNITS * PAGE).next_multiple_of(HUGE);
    let total: usize = (0..GROUPS)
        .map(|group| group_bytes + above(group).hole())
        .sum();
    let request = MapRequest::anonymous(total).prot(Prot::NONE).align(HUGE);
    let place = Kernel.map(&request).context("no place for the mappings")?;
    // SAFETY: it was made just now.
    unsafe { Kernel.unmap(place) }?;

    let mut at = place.start();
    for group in 0..GROUPS {
        let below = above(group.saturating_sub(1)).base;
        let end = at + group_bytes;
        for number in 0..LIVE_A_GROUP {
            let is_last = number == LIVE_A_GROUP - 1;
            let prot = match number {
                _ if is_last => above(group).base,
                _ if number % 2 == 1 => Prot::NONE,
                _ => below,
            };
            let len = match is_last {
                true => end - at,
                false => random.usize(1..=MOST_UNITS) * PAGE,
            };
            let request = MapRequest::anonymous(len).prot(prot);
            let region = registry
                .map(&request.placement(Placement::FixedNoReplace(at)))
                .with_context(|| format!("live mapping {number} of group {group}"))?;
            locked.record(region.start(), len, prot);
            at += len;
        }
        at += above(group).hole();
    }
    ensure!(registry.len() == LIVE, "live mappings were merged");
    ensure!(locked.len() == LIVE, "live mappings are missing");
    Ok(())
}
