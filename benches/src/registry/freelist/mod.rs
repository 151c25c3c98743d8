//! Taking a descriptor from the list of free ones and giving it back, beside other lists.

mod atomic;
mod bare;
mod pool;

use std::{
    ptr::addr_of_mut,
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use heapless::{object_pool, pool::object::ObjectBlock};
use rawmap_benches::failed;

use crate::{
    report::{Limit, Report},
    rounds::{Form, fastest},
};
use bare::Stack;
use pool::{Freelist, Links};

const DESCRIPTORS: usize = 1024;
const PAIRS: usize = 20_000;
/// So many lists of each kind take turns, so that where one happens to lie decides nothing.
const PLACES: usize = 16;

/// The words that link them.
struct Words([AtomicU64; DESCRIPTORS]);

impl Links for Words {
    #[inline(always)]
    fn next(&self, index: u32) -> Option<&AtomicU64> {
        self.0.get(index as usize)
    }
}

/// A list and its words, which lie alike within the pages of each kind.
#[repr(align(4096))]
struct Apart<L> {
    list: L,
    words: Words,
}

impl<L> Apart<L> {
    fn new(list: L) -> Box<Self> {
        let words = Words([const { AtomicU64::new(0) }; DESCRIPTORS]);
        Box::new(Self { list, words })
    }
}

object_pool!(Objects: u64);

/// Nothing has to be hidden from the compiler: it elides no atomic.
fn timed(mut pair: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..PAIRS {
        pair();
    }
    start.elapsed()
}

#[inline(never)]
fn ours(Apart { list, words }: &Apart<Freelist>) -> Duration {
    timed(|| {
        let Some(index) = list.pop(words) else {
            failed()
        };
        list.push(words, index, index);
    })
}

#[inline(never)]
fn barest(Apart { list, words }: &Apart<Stack>) -> Duration {
    timed(|| {
        // SAFETY: what was pushed are indices of these words.
        let popped = unsafe { list.pop(&words.0) };
        let Some(index) = popped else { failed() };
        // SAFETY: it is one of them.
        unsafe { list.push(&words.0, index) };
    })
}

#[inline(never)]
fn heapless() -> Duration {
    timed(|| {
        let Some(object) = Objects.request() else {
            failed()
        };
        drop(object);
    })
}

/// The same list twice, with all descriptors.
fn filled() -> (Box<Apart<Freelist>>, Box<Apart<Stack>>) {
    let registry = Apart::new(Freelist::new(AtomicU64::new(0)));
    let bare = Apart::new(Stack::new());
    for index in 0..DESCRIPTORS as u32 {
        registry.list.push(&registry.words, index, index);
        // SAFETY: there are so many.
        unsafe { bare.list.push(&bare.words.0, index) };
    }
    (registry, bare)
}

pub(crate) fn measure(report: &mut Report, quick: bool) -> Result<()> {
    static mut BLOCKS: [ObjectBlock<u64>; DESCRIPTORS] =
        [const { ObjectBlock::new(0) }; DESCRIPTORS];

    let (registry, bare): (Vec<_>, Vec<_>) = (0..PLACES).map(|_| filled()).unzip();
    // SAFETY: the only borrow that there ever is: this is called once.
    for block in unsafe { &mut *addr_of_mut!(BLOCKS) } {
        Objects.manage(block);
    }

    let mut bare_in_turn = bare.iter().cycle();
    let mut registry_in_turn = registry.iter().cycle();
    let mut forms: [Form<'_>; 3] = [
        Box::new(|| {
            bare_in_turn
                .next()
                .map_or(Duration::MAX, |list| barest(list))
        }),
        Box::new(|| {
            registry_in_turn
                .next()
                .map_or(Duration::MAX, |list| ours(list))
        }),
        Box::new(heapless),
    ];
    let rounds = if quick { 500 } else { 4000 };
    let [barest, ours, heapless] = fastest(rounds, &mut forms)[..] else {
        unreachable!("one time for each form")
    };
    drop(forms);
    for Apart { list, words } in registry.iter().map(|apart| &**apart) {
        let mut free = 0;
        list.each(words, |_| {
            free += 1;
            free <= DESCRIPTORS
        });
        ensure!(free == DESCRIPTORS, "{free} descriptors are in a list");
    }

    report.add("registry.freelist", ours / barest, Limit::AtMost(1.1));
    report.add("registry.freelist.heapless", heapless / barest, Limit::None);
    let each = barest / PAIRS as f64 * 1e9;
    report.add("registry.freelist.bare_ns", each, Limit::None);
    report.done("registry.done.freelist", (rounds * 3 * PAIRS) as u64)
}
