//! What is mapped and open before and after. It holds where the test is alone in its process, on its first thread.

use std::{cell::RefCell, fs};

use crate::process_map::{Line, ProcessMap};

thread_local! {
    /// Made once: what it takes is there before and after.
    static MAP: RefCell<ProcessMap> = RefCell::new(ProcessMap::with_room(1 << 18));
}

/// What is mapped, and how many descriptors are open.
#[derive(Debug, PartialEq)]
pub struct Held {
    lines: Vec<Line>,
    descriptors: usize,
}

impl Held {
    pub fn now() -> Self {
        Self {
            lines: MAP.with_borrow_mut(|map| map.read().to_vec()),
            descriptors: fs::read_dir("/proc/self/fd").expect("descriptors").count(),
        }
    }
}

/// Does something after which everything is as it was before: no mapping more or less, and no descriptor.
#[track_caller]
pub fn leaves_nothing<T>(name: &str, what: impl FnOnce() -> T) -> T {
    // Whatever is made at the first look is made now.
    Held::now();
    let before = Held::now();
    let answer = what();
    assert_eq!(Held::now(), before, "left by {name}");
    answer
}
