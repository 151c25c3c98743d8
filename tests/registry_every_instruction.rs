//! The shipped machine code, with a handler after every instruction inside a change: what it finds is what was before,
//! flagged where the change is on its way, or what comes afterwards; and it may change other mappings itself.
//!
//! The processor's trap flag makes a SIGTRAP of each instruction.
#![cfg(all(target_os = "linux", target_arch = "x86_64", feature = "registry"))]

#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/arena.rs"]
mod arena;
#[path = "registry/touched.rs"]
mod touched;
#[path = "registry/watch.rs"]
mod watch;
#[path = "registry/witness.rs"]
mod witness;

use std::arch::asm;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use watch::Counts;

/// After one of so many instructions the handler changes mappings itself. A find that was interrupted begins again after
/// that, and needs fewer.
const WRITE_EVERY: u64 = if cfg!(debug_assertions) { 1_499 } else { 709 };
/// How many maps there are besides, and how many changes are stepped: trees of none to four levels. Code with checks has
/// more instructions, and is not what is shipped.
const SERIES: [(usize, u64); 6] = if cfg!(debug_assertions) {
    [(0, 8), (6, 8), (14, 8), (120, 8), (900, 8), (2000, 8)]
} else {
    [(0, 30), (6, 30), (14, 30), (120, 30), (900, 30), (2000, 20)]
};

/// Runs something with the trap flag set.
fn stepped(run: &mut dyn FnMut()) {
    // SAFETY: SIGTRAP has a handler, and what it changes is restored.
    unsafe { asm!("pushfq", "or dword ptr [rsp], 0x100", "popfq") };
    run();
    // SAFETY: as above.
    unsafe { asm!("pushfq", "and dword ptr [rsp], 0xfffffeff", "popfq") };
}

fn answers_at_every_instruction() {
    let handler = SigHandler::Handler(watch::look);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler uses nothing but what is prepared for it.
    unsafe { sigaction(Signal::SIGTRAP, &action) }.expect("sigaction");
    let mut counts = Counts::default();
    for (fillers, changes) in SERIES {
        let until = counts.changes + changes;
        let wanted = |counts: &Counts| counts.changes < until;
        watch::series(fillers, WRITE_EVERY, &mut counts, wanted, stepped);
    }
    counts.judge();
    assert!(counts.entries >= 100_000);
}

fn main() {
    alone::run([("answers_at_every_instruction", answers_at_every_instruction)]);
}
