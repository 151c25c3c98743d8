//! The one block of memory that all pages of all processes come from: the machine's physical memory.

use core::cell::RefCell;
use std::collections::BTreeSet;
use std::io;

use memmap2::{MmapOptions, MmapRaw};

/// The size of a page and of a frame.
pub(crate) const PAGE: u64 = 4096;

/// A page of the pool, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Frame(u32);

impl Frame {
    /// The address by which the emulated processor knows the frame.
    pub(crate) fn physical(self) -> u64 {
        u64::from(self.0) * PAGE
    }
}

/// Frames, handed out zeroed.
///
/// The emulated processor writes to the memory while it runs, so Rust never holds a reference into it: every access here
/// copies through a raw pointer, and only while the processor stands still.
pub(crate) struct Pool {
    memory: MmapRaw,
    capacity: u32,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// Frames from here on were never handed out, and are zero as the host gave them.
    untouched: u32,
    free: Vec<Frame>,
    /// Frames that were given out for execution: translated code may exist for them.
    executed: BTreeSet<Frame>,
    stale_code: bool,
}

impl Pool {
    pub(crate) fn new(bytes: u64) -> io::Result<Self> {
        let capacity = u32::try_from(bytes / PAGE).map_err(io::Error::other)?;
        let length = usize::try_from(u64::from(capacity) * PAGE).map_err(io::Error::other)?;
        let memory = MmapOptions::new()
            .len(length)
            .no_reserve_swap()
            .map_anon()?;
        Ok(Self {
            memory: memory.into(),
            capacity,
            state: RefCell::default(),
        })
    }

    pub(crate) fn base(&self) -> *mut u8 {
        self.memory.as_mut_ptr()
    }

    pub(crate) fn length(&self) -> u64 {
        u64::from(self.capacity) * PAGE
    }

    /// A zeroed frame, or `None` when the pool is used up.
    pub(crate) fn allocate(&self) -> Option<Frame> {
        let recycled = self.state.borrow_mut().free.pop();
        if let Some(frame) = recycled {
            self.write(frame, 0, &[0; PAGE as usize]);
            return Some(frame);
        }
        let mut state = self.state.borrow_mut();
        if state.untouched == self.capacity {
            return None;
        }
        let frame = Frame(state.untouched);
        state.untouched += 1;
        Some(frame)
    }

    /// A new frame with the contents of another.
    pub(crate) fn duplicate(&self, source: Frame) -> Option<Frame> {
        let copy = self.allocate()?;
        let mut contents = [0; PAGE as usize];
        self.read(source, 0, &mut contents);
        self.write(copy, 0, &contents);
        Some(copy)
    }

    pub(crate) fn release(&self, frame: Frame) {
        self.state.borrow_mut().free.push(frame);
    }

    pub(crate) fn read(&self, frame: Frame, offset: u64, into: &mut [u8]) {
        let start = self.locate(frame, offset, into.len());
        // SAFETY: `locate` checked that the bytes lie in one frame of this pool, `into` is not part of the pool (no
        // reference into it exists), and the processor, which runs on this thread, stands still.
        unsafe { start.copy_to_nonoverlapping(into.as_mut_ptr(), into.len()) }
    }

    pub(crate) fn write(&self, frame: Frame, offset: u64, from: &[u8]) {
        let start = self.locate(frame, offset, from.len());
        // SAFETY: as in `read`; the memory is mapped writable.
        unsafe { start.copy_from_nonoverlapping(from.as_ptr(), from.len()) }
        let mut state = self.state.borrow_mut();
        if state.executed.remove(&frame) {
            state.stale_code = true;
        }
    }

    /// Remembers that the processor may keep a translation of what the frame holds now.
    pub(crate) fn note_execution(&self, frame: Frame) {
        self.state.borrow_mut().executed.insert(frame);
    }

    /// Whether a frame with translated code was written since this was asked last.
    pub(crate) fn take_stale_code(&self) -> bool {
        core::mem::take(&mut self.state.borrow_mut().stale_code)
    }

    fn locate(&self, frame: Frame, offset: u64, length: usize) -> *mut u8 {
        assert!(
            frame.0 < self.capacity && offset + length as u64 <= PAGE,
            "an access leaves its frame"
        );
        self.memory
            .as_mut_ptr()
            .wrapping_add((frame.physical() + offset) as usize)
    }
}
