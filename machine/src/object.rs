//! Memory objects: what a mapping shows. Anonymous memory, files and shared-memory objects are all of this kind.

use core::cell::RefCell;
use core::ops::Range;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::pool::{Frame, PAGE, Pool};

/// An object that several mappings and descriptors can hold.
pub(crate) type ObjectReference = Rc<RefCell<Object>>;

/// Why an object has no frame for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    BeyondEnd,
    NoMemory,
}

/// Pages that appear when they are first asked for.
pub(crate) struct Object {
    pool: Rc<Pool>,
    pages: BTreeMap<u64, Frame>,
    /// What untouched pages hold; zero after its end.
    initial: Rc<[u8]>,
    /// The size in bytes, for an object that has one.
    length: Option<u64>,
    /// What may no longer be done to it, in the numbers of `F_ADD_SEALS`.
    pub(crate) seals: u32,
}

impl Object {
    /// Memory without a size, zero at first.
    pub(crate) fn anonymous(pool: &Rc<Pool>) -> Self {
        Self::new(pool, Rc::from([]), None)
    }

    /// An object as long as `contents`.
    pub(crate) fn sized(pool: &Rc<Pool>, contents: Rc<[u8]>) -> Self {
        let length = contents.len() as u64;
        Self::new(pool, contents, Some(length))
    }

    fn new(pool: &Rc<Pool>, initial: Rc<[u8]>, length: Option<u64>) -> Self {
        Self {
            pool: Rc::clone(pool),
            pages: BTreeMap::new(),
            initial,
            length,
            seals: 0,
        }
    }

    pub(crate) fn shared(self) -> ObjectReference {
        Rc::new(RefCell::new(self))
    }

    /// Whether this is memory without a size.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.length.is_none()
    }

    pub(crate) fn length(&self) -> u64 {
        self.length.unwrap_or(0)
    }

    /// The frame of a page, made if there is none yet.
    pub(crate) fn page(&mut self, index: u64) -> Result<Frame, Missing> {
        let start = index.checked_mul(PAGE).ok_or(Missing::BeyondEnd)?;
        if self.length.is_some_and(|length| start >= length) {
            return Err(Missing::BeyondEnd);
        }
        if let Some(&frame) = self.pages.get(&index) {
            return Ok(frame);
        }
        let frame = self.pool.allocate().ok_or(Missing::NoMemory)?;
        let from = (self.initial.len() as u64).min(start) as usize;
        let to = (self.initial.len() as u64).min(start + PAGE) as usize;
        self.pool.write(frame, 0, &self.initial[from..to]);
        self.pages.insert(index, frame);
        Ok(frame)
    }

    /// The frame of a page that was touched already.
    pub(crate) fn present(&self, index: u64) -> Option<Frame> {
        self.pages.get(&index).copied()
    }

    /// A page of this object's own, with the contents of a page of another.
    pub(crate) fn copy_in(&mut self, index: u64, source: Frame) -> Result<Frame, Missing> {
        let frame = self.pool.duplicate(source).ok_or(Missing::NoMemory)?;
        if let Some(former) = self.pages.insert(index, frame) {
            self.pool.release(former);
        }
        Ok(frame)
    }

    /// Forgets what was written to the pages.
    pub(crate) fn discard(&mut self, pages: Range<u64>) {
        let indices: Vec<u64> = self.pages.range(pages).map(|(&index, _)| index).collect();
        for index in indices {
            if let Some(frame) = self.pages.remove(&index) {
                self.pool.release(frame);
            }
        }
    }

    /// A private copy of some pages, under the same indices.
    pub(crate) fn duplicate(&self, pages: Range<u64>) -> Result<Self, Missing> {
        let mut copy = Self::new(&self.pool, Rc::clone(&self.initial), self.length);
        for (&index, &frame) in self.pages.range(pages) {
            copy.copy_in(index, frame)?;
        }
        Ok(copy)
    }

    /// Cuts or extends; what lies beyond the new end is gone, and reads as zero if the object grows again.
    pub(crate) fn resize(&mut self, length: u64) {
        let shrinks = length < self.length();
        if shrinks {
            self.discard(length.div_ceil(PAGE)..u64::MAX);
            let kept = self.initial.len().min(length as usize);
            self.initial = Rc::from(&self.initial[..kept]);
            if let Some(frame) = self.present(length / PAGE) {
                let tail = length % PAGE;
                self.pool
                    .write(frame, tail, &[0; PAGE as usize][tail as usize..]);
            }
        }
        self.length = Some(length);
    }

    /// Reads up to the end; the number of bytes read.
    pub(crate) fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, Missing> {
        let available = self.length().saturating_sub(offset);
        let count = (into.len() as u64).min(available) as usize;
        let mut done = 0;
        while done < count {
            let at = offset + done as u64;
            let part = (count - done).min((PAGE - at % PAGE) as usize);
            let frame = self.page(at / PAGE)?;
            self.pool
                .read(frame, at % PAGE, &mut into[done..done + part]);
            done += part;
        }
        Ok(count)
    }

    /// Writes, and extends the object to hold what is written.
    pub(crate) fn write_at(&mut self, offset: u64, from: &[u8]) -> Result<(), Missing> {
        let end = offset + from.len() as u64;
        if end > self.length() {
            self.resize(end);
        }
        let mut done = 0;
        while done < from.len() {
            let at = offset + done as u64;
            let part = (from.len() - done).min((PAGE - at % PAGE) as usize);
            let frame = self.page(at / PAGE)?;
            self.pool.write(frame, at % PAGE, &from[done..done + part]);
            done += part;
        }
        Ok(())
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        for &frame in self.pages.values() {
            self.pool.release(frame);
        }
    }
}
