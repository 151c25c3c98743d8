//! The lock.

use std::sync::Arc;

use super::{
    Model,
    arena::Arena,
    identity::Identification,
    lock::{Lock, Ready},
    spawn,
};
use crate::{
    atomic::{AtomicU64, Ordering::Relaxed},
    os,
};

/// Each sees what the others did, all come to their turn, and each knows when it is inside.
pub(super) const TWO_IN_TURN: Model = Model {
    name: "lock: in turn",
    words: 16,
    interruptions: [Some(1), Some(2)],
    run: two_in_turn,
};

pub(super) const ONE_THAT_WAITS_FOR_AN_END: Model = Model {
    name: "lock: waiting for the end of an operation",
    words: 16,
    interruptions: [Some(2), Some(3)],
    run: one_that_waits_for_an_end,
};

pub(super) const SETTING_UP: Model = Model {
    name: "lock: setting up",
    words: 16,
    interruptions: [Some(2), Some(3)],
    run: setting_up,
};

struct Guarded {
    lock: Lock,
    who: Identification,
    value: AtomicU64,
}

impl Guarded {
    fn new() -> Arc<Self> {
        let who = Identification::new();
        who.set(Identification::KERNEL);
        Arc::new(Self {
            lock: Lock::new(),
            who,
            value: AtomicU64::new(0),
        })
    }

    fn add(&self, ready: Ready<'_>) {
        let me = self.who.identity();
        assert!(!ready.is_mine(me), "inside, before it is");
        let held = ready.take(me);
        assert!(!ready.forked(), "it is not set up");
        assert!(ready.is_mine(me), "not inside, while it is");
        // Relaxed: the lock alone makes one of two.
        self.value.store(self.value.load(Relaxed) + 1, Relaxed);
        drop(held);
        assert!(!ready.is_mine(me), "inside, after it was");
    }

    fn prepared(&self) -> Ready<'_> {
        self.lock.prepare(&Arena).expect("memory")
    }
}

fn two_in_turn() {
    let guarded = Guarded::new();
    let ready = guarded.prepared();
    let others = [2, 3].map(|number| {
        let guarded = Arc::clone(&guarded);
        spawn(move || {
            os::become_thread(number);
            guarded.add(guarded.prepared());
        })
    });
    guarded.add(ready);
    for other in others {
        other.join().expect("no panic");
    }
    assert_eq!(guarded.value.load(Relaxed), 3, "two were inside at a time");
}

fn one_that_waits_for_an_end() {
    let guarded = Guarded::new();
    let ready = guarded.prepared();
    guarded.value.store(1, Relaxed);
    let other = {
        let guarded = Arc::clone(&guarded);
        spawn(move || {
            os::become_thread(2);
            let me = guarded.who.identity();
            loop {
                let held = guarded.prepared().take(me);
                if guarded.value.load(Relaxed) == 0 {
                    break;
                }
                held.wait_for_an_end();
            }
        })
    };
    let held = ready.take(guarded.who.identity());
    guarded.value.store(0, Relaxed);
    held.operation_ended();
    drop(held);
    other.join().expect("no panic");
}

fn setting_up() {
    let guarded = Guarded::new();
    let other = {
        let guarded = Arc::clone(&guarded);
        spawn(move || {
            os::become_thread(2);
            guarded.add(guarded.prepared());
        })
    };
    guarded.add(guarded.prepared());
    other.join().expect("no panic");
    assert_eq!(guarded.value.load(Relaxed), 2, "two were inside at a time");
}
