//! Where FreeBSD puts a mapping whose address the program leaves open.

use core::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::limits::Resource;
use crate::pool::PAGE;
use crate::process::Process;

/// With randomization, a mapping starts at most this many pages after the first place where it fits.
const GAP_PAGES: u64 = 0x1000;

/// A mapping in search of an address.
pub(super) struct Request {
    /// 0, or a page that is a hint.
    pub(super) hint: u64,
    pub(super) size: u64,
    pub(super) alignment: u64,
    pub(super) limit: u64,
    /// Accessible private anonymous memory is kept together.
    pub(super) clusters: bool,
}

/// The addresses that are kept for the heap, as far as it may be made to grow: a hint into them is moved behind them.
pub(super) fn heap(process: &Process) -> Range<u64> {
    let personality = &process.personality;
    let room = process.limits.maximum(Resource::Data);
    personality.text_start..personality.data_start.saturating_add(room)
}

pub(super) fn choose(
    process: &mut Process,
    random: &mut ChaCha8Rng,
    request: &Request,
) -> Option<u64> {
    let clusters = request.clusters && request.hint == 0;
    let default = if request.limit < heap(process).end {
        PAGE
    } else {
        heap(process).end
    };
    let gap = |from: u64, size: u64, alignment: u64| {
        process
            .space
            .lowest_gap(from, request.limit, size, alignment)
    };
    let fit = |from: u64| gap(from, request.size, request.alignment);
    let in_cluster = process
        .personality
        .anonymous_cluster
        .filter(|_| clusters)
        .and_then(fit);
    let spread = |from: u64| {
        if !process.personality.randomizes {
            return None;
        }
        let span = GAP_PAGES * PAGE;
        gap(from, request.size.checked_add(span)?, PAGE)
    };
    let from = if request.hint == 0 {
        default
    } else {
        request.hint
    };
    let found = in_cluster
        .or_else(|| {
            let start = spread(from)?;
            fit(start + random.next_u64() % GAP_PAGES * PAGE)
        })
        .or_else(|| fit(from))
        .or_else(|| fit(default))?;
    if clusters {
        process.personality.anonymous_cluster = Some(found + request.size);
    }
    Some(found)
}
