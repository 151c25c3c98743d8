//! Pipes.

use core::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

/// What a pipe holds before a writer has to wait.
pub(crate) const CAPACITY: usize = 16 << 10;

/// One end; an end is closed when the last descriptor to it is.
pub(crate) struct PipeEnd {
    pub(crate) bytes: Rc<RefCell<VecDeque<u8>>>,
    _alive: Rc<()>,
    other: Weak<()>,
}

impl PipeEnd {
    /// The end to read from, and the end to write to.
    pub(crate) fn pair() -> (Self, Self) {
        let bytes = Rc::new(RefCell::new(VecDeque::new()));
        let (reader, writer) = (Rc::new(()), Rc::new(()));
        let end = |alive: &Rc<()>, other: &Rc<()>| Self {
            bytes: Rc::clone(&bytes),
            _alive: Rc::clone(alive),
            other: Rc::downgrade(other),
        };
        (end(&reader, &writer), end(&writer, &reader))
    }

    pub(crate) fn other_is_open(&self) -> bool {
        self.other.strong_count() > 0
    }
}
