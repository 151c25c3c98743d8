//! What the memory calls of both systems do to an address space, once their rules have been applied.

use core::ops::Range;
use std::rc::Rc;

use crate::errno::Errno;
use crate::object::ObjectReference;
use crate::pool::PAGE;
use crate::space::{
    Contents, Denial, Entry, Inheritance, Memory, Protection, page_end, page_start,
};

use super::{Interruption, Kernel, OUT_OF_MEMORY};

/// A mapping that is about to be made.
pub(crate) struct NewMapping {
    pub(crate) protection: Protection,
    pub(crate) maximum: Protection,
    pub(crate) contents: Contents,
    pub(crate) wired: bool,
    pub(crate) stack: bool,
}

/// The pages that a range of bytes touches; `None` if it wraps.
pub(crate) fn touched_pages(address: u64, length: u64) -> Option<Range<u64>> {
    let start = page_start(address);
    let bytes = length.checked_add(address - start)?;
    let size = page_end(bytes);
    if size < bytes {
        return None;
    }
    Some(start..start.checked_add(size)?)
}

/// The protection in the low bits of a `PROT_` argument.
pub(crate) fn protection(bits: u64) -> Protection {
    Protection::from_bits_truncate(bits as u8)
}

impl Kernel {
    /// Puts a mapping at a range, replacing what is there.
    pub(super) fn map(
        &mut self,
        range: Range<u64>,
        mapping: NewMapping,
    ) -> Result<(), Interruption> {
        let wired = mapping.wired || self.process().wires_future;
        let shared = matches!(&mapping.contents, Contents::Memory(memory) if memory.shared);
        let entry = Entry {
            end: range.end,
            protection: mapping.protection,
            maximum: mapping.maximum,
            inheritance: if shared {
                Inheritance::Share
            } else {
                Inheritance::Copy
            },
            wired: false,
            stack: mapping.stack,
            contents: mapping.contents,
        };
        let accessible = !mapping.protection.is_empty();
        self.process_mut().space.insert(range.start, entry);
        if wired && accessible {
            self.wire(range)?;
        }
        Ok(())
    }

    /// Brings pages in and locks them.
    pub(super) fn wire(&mut self, range: Range<u64>) -> Result<(), Interruption> {
        let space = &mut self.process_mut().space;
        match space.populate(range.clone()) {
            Ok(()) => {}
            Err(Denial::NoMemory) => return Err(OUT_OF_MEMORY),
            Err(_) => return Err(Errno::ENOMEM.into()),
        }
        for (_, entry) in space.within_mut(range) {
            entry.wired = true;
        }
        Ok(())
    }

    pub(super) fn unwire(&mut self, range: Range<u64>) {
        for (_, entry) in self.process_mut().space.within_mut(range) {
            entry.wired = false;
        }
    }

    /// `mlockall`: everything that can be brought in is, and locked.
    pub(super) fn wire_everything(&mut self) -> Result<(), Interruption> {
        let accessible: Vec<Range<u64>> = self
            .process()
            .space
            .iter()
            .filter(|(_, entry)| !entry.protection.is_empty())
            .map(|(start, entry)| start..entry.end)
            .collect();
        accessible
            .into_iter()
            .try_for_each(|range| self.wire(range))
    }

    pub(super) fn unwire_everything(&mut self) {
        let process = self.process_mut();
        process.wires_future = false;
        let limits = process.space.limits();
        self.unwire(limits);
    }

    /// New anonymous memory, or a view of an object.
    pub(super) fn contents(
        &self,
        object: Option<(&ObjectReference, u64)>,
        shared: bool,
    ) -> Contents {
        Contents::Memory(match object {
            None => Memory::anonymous(&self.pool, shared),
            Some((object, page)) => Memory::of_object(&self.pool, object, page, shared),
        })
    }

    /// Changes protections, or nothing if one entry does not allow it.
    pub(super) fn protect(
        &mut self,
        range: Range<u64>,
        protection: Protection,
        maximum: Option<Protection>,
    ) -> Result<(), Errno> {
        let space = &mut self.process_mut().space;
        let asked = protection | maximum.unwrap_or(Protection::empty());
        let closed = space.overlapping(range.clone()).any(|(_, entry)| {
            matches!(entry.contents, Contents::Memory(_)) && !entry.maximum.contains(asked)
        });
        if closed {
            return Err(Errno::EACCES);
        }
        for (_, entry) in space.within_mut(range) {
            if matches!(entry.contents, Contents::Memory(_)) {
                entry.protection = protection;
                entry.maximum = maximum.unwrap_or(entry.maximum);
            }
        }
        Ok(())
    }

    /// Discards what anonymous memory in a range holds, unless another mapping has a part of it.
    pub(super) fn discard(&mut self, range: Range<u64>) {
        for (start, entry) in self.process().space.overlapping(range.clone()) {
            if let Contents::Memory(memory) = &entry.contents
                && memory.top.borrow().is_anonymous()
                && Rc::strong_count(&memory.top) == 1
            {
                let from = memory.top_page + (range.start.max(start) - start) / PAGE;
                let until = memory.top_page + (range.end.min(entry.end) - start) / PAGE;
                memory.top.borrow_mut().discard(from..until);
            }
        }
    }

    pub(super) fn inherit(&mut self, range: Range<u64>, inheritance: Inheritance) {
        for (_, entry) in self.process_mut().space.within_mut(range) {
            entry.inheritance = inheritance;
        }
    }
}
