//! User instructions a pair of each size, counted.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use rawmap::{
    Prot,
    space::{AddressSpace, MapRequest},
};
use rawmap_benches::{Pair, instructions};

use super::{
    forms::{Bare, Maps},
    registry,
    world::{LIVE, PAGE, SIZES},
};
use crate::report::{Limit, Report};

/// The kinds of pairs by name: the bare one, and the registered one of each size.
pub(crate) const COUNTED: [Pair; 4] = [
    ("bare", bare_pair),
    ("4k", registered::<0>),
    ("1m", registered::<1>),
    ("1g", registered::<2>),
];

#[inline(always)]
fn pair<M: Maps>(maps: &M, len: usize) {
    let at = maps.map(len, Prot::EXEC);
    // SAFETY: it was mapped just now.
    unsafe { maps.unmap(at, len) };
}

#[inline(never)]
fn bare_pair() {
    pair(&Bare, black_box(PAGE));
}

#[inline(never)]
fn registered<const SIZE: usize>() {
    pair(&super::REGISTRY, black_box(SIZES[SIZE].unit));
}

/// Live mappings for the pairs to be made among, none of which is like them: where a kernel puts them. (Callgrind has
/// not as many addresses as a kernel.)
pub(crate) fn prepare_count() -> Result<()> {
    let registry = registry();
    for number in 0..LIVE {
        let prot = if number % 2 == 0 {
            Prot::READ
        } else {
            Prot::NONE
        };
        AddressSpace::map(registry, &MapRequest::anonymous(PAGE).prot(prot))?;
    }
    ensure!(registry.len() == LIVE, "live mappings were merged");
    Ok(())
}

/// What the registry adds to a pair.
pub(crate) fn count(report: &mut Report) -> Result<()> {
    let counted = instructions::measure(&COUNTED)?;
    let (_, bare) = counted[0];
    let mut first = None;
    for (name, whole) in &counted[1..] {
        let added = whole.checked_sub(bare).context("fewer than a bare pair")? as f64;
        let limit = first.map_or(Limit::None, Limit::AtMost);
        first = first.or(Some(added));
        report.add(format!("registry.pair.instructions.{name}"), added, limit);
    }
    Ok(())
}
