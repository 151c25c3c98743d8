//! The kernel's own calls, recorded: below the checks of the portable layer.
//!
//! What a program asks for is what the kernel is asked, and what the kernel answers is what the program gets; only what
//! the registry itself has to refuse comes besides: `EDEADLK`, and `ENOMEM` for descriptors or over the limit. What
//! is marked and recorded are the pages that the kernels touch for such arguments.

use core::{ffi::c_void, ops::Range, ptr};

use super::{
    MapInfo, Registry,
    change::Change,
    recording::{CHANGE, MAP, REPLACE},
    supply::Need,
};
use crate::{
    Advice, Errno, Inherit, MapFlags, Prot, RawFd, RemapFlags, Result, os, page_size, raw,
    space::{AddressSpace, Attrs, Kind, Region},
};

/// Two ranges cut at both ends, one taken out, and a new entry.
const MOVE: Need = Need {
    cuts: 4,
    finishes: 2,
    records: 1,
};

/// The accesses that are recorded of a protection.
const ACCESSES: Prot = Prot::READ.union(Prot::WRITE).union(Prot::EXEC);

/// The pages that a kernel touches when it is given these bytes; `None` if there are none, or none that it can touch.
fn touched(addr: usize, len: usize) -> Option<Range<u64>> {
    let mask = page_size() - 1;
    let end = addr.checked_add(len)?.checked_next_multiple_of(mask + 1)?;
    let start = addr & !mask;
    let has_bytes = len != 0 || os::TOUCHES_EMPTY_RANGES;
    (has_bytes && start < end).then_some(start as u64..end as u64)
}

/// The mapping that a kernel made of these bytes.
fn made(at: *mut c_void, len: usize, attrs: &Attrs) -> Option<MapInfo> {
    let pages = touched(at.addr(), len)?;
    let start = at.map_addr(|addr| addr & !(page_size() - 1));
    let len = (pages.end - pages.start) as usize;
    Some(MapInfo::new(
        Region::new(ptr::NonNull::new(start)?, len),
        attrs,
    ))
}

/// What is recorded of a new mapping. The maximum protection is what nobody has ruled out.
fn attrs_of(prot: Prot, flags: MapFlags, offset: u64) -> Attrs {
    let kind = if flags.maps_no_file() {
        Kind::Anonymous
    } else {
        Kind::File {
            offset: offset & !(page_size() as u64 - 1),
        }
    };
    Attrs::new()
        .with_prot(prot.intersection(ACCESSES))
        .with_max_prot(ACCESSES)
        .with_shared(flags.is_shared())
        .with_kind(kind)
}

impl<A: AddressSpace> Registry<A> {
    /// [`raw::mmap`], recorded.
    ///
    /// # Errors
    ///
    /// The kernel's; `EDEADLK` for a fixed range that an interrupted frame of this thread is changing, or inside the
    /// recording of a change; `ENOMEM` over the [limit](Self::set_limit) or without memory for the record.
    ///
    /// # Safety
    ///
    /// As for [`raw::mmap`].
    pub unsafe fn mmap(
        &self,
        addr: *mut c_void,
        len: usize,
        prot: Prot,
        flags: MapFlags,
        fd: RawFd,
        offset: u64,
    ) -> Result<*mut c_void> {
        // SAFETY: the caller's contract.
        let call = || unsafe { raw::mmap(addr, len, prot, flags, fd, offset) };
        let attrs = attrs_of(prot, flags, offset);
        let Some(pages) = touched(addr.addr(), len).filter(|_| flags.replaces()) else {
            let bytes = touched(0, len).map_or(0, |pages| pages.end);
            let mut change = Change::begin(self, MAP, bytes)?;
            let at = call()?;
            if let Some(info) = made(at, len, &attrs) {
                change.enter().insert_info(&info)?;
            }
            return Ok(at);
        };
        let more = (pages.end - pages.start).saturating_sub(self.recorded_in(&pages));
        let mut change = Change::begin(self, REPLACE, more)?;
        let marked = change.mark(pages)?;
        let mapped = call();
        let mut section = change.finish([&marked]);
        match mapped.ok().and_then(|at| made(at, len, &attrs)) {
            Some(info) => section.insert_info(&info)?,
            None => section.forget_what_is_gone(&marked.range),
        }
        mapped
    }

    /// [`raw::munmap`], recorded.
    ///
    /// # Errors
    ///
    /// As for [`mmap`](Self::mmap).
    ///
    /// # Safety
    ///
    /// As for [`raw::munmap`].
    pub unsafe fn munmap(&self, addr: *mut c_void, len: usize) -> Result<()> {
        // SAFETY: the caller's contract.
        let call = || unsafe { raw::munmap(addr, len) };
        let Some(pages) = touched(addr.addr(), len) else {
            return call();
        };
        let mut change = Change::begin(self, CHANGE, 0)?;
        let marked = change.mark(pages)?;
        let unmapped = call();
        match unmapped {
            Ok(()) => change.finish([&marked]).clear_marked(&marked.range),
            Err(_) => change.unmark(&marked),
        }
        unmapped
    }

    /// [`raw::mprotect`], recorded.
    ///
    /// # Errors
    ///
    /// As for [`mmap`](Self::mmap).
    ///
    /// # Safety
    ///
    /// As for [`raw::mprotect`].
    pub unsafe fn mprotect(&self, addr: *mut c_void, len: usize, prot: Prot) -> Result<()> {
        // SAFETY: the caller's contract.
        let call = || unsafe { raw::mprotect(addr, len, prot) };
        let Some(pages) = touched(addr.addr(), len) else {
            return call();
        };
        let mut change = Change::begin(self, CHANGE, 0)?;
        let marked = change.mark(pages)?;
        let answer = call();
        if answer == Err(Errno::EINVAL) && addr.addr() & (page_size() - 1) != 0 {
            // A kernel that does not round has changed nothing, and would not refuse the whole pages one by one.
            change.unmark(&marked);
            return answer;
        }
        // SAFETY: the caller's contract; what is set back is what was there.
        let protect =
            |part: Region, prot| unsafe { raw::mprotect(part.as_ptr(), part.len(), prot) };
        self.finish_protect(change, &marked, prot, answer, protect)
    }

    /// [`raw::madvise`], recorded: what advice changes of what is known.
    ///
    /// # Errors
    ///
    /// As for [`mmap`](Self::mmap).
    ///
    /// # Safety
    ///
    /// As for [`raw::madvise`].
    pub unsafe fn madvise(&self, addr: *mut c_void, len: usize, advice: Advice) -> Result<()> {
        // SAFETY: the caller's contract.
        let call = || unsafe { raw::madvise(addr, len, advice) };
        match touched(addr.addr(), len) {
            Some(pages) => self.advise_and_record(pages, advice, call),
            None => call(),
        }
    }

    /// [`raw::minherit`], recorded.
    ///
    /// # Errors
    ///
    /// As for [`mmap`](Self::mmap).
    ///
    /// # Safety
    ///
    /// As for [`raw::minherit`].
    pub unsafe fn minherit(&self, addr: *mut c_void, len: usize, inherit: Inherit) -> Result<()> {
        // SAFETY: the caller's contract.
        let call = || unsafe { raw::minherit(addr, len, inherit) };
        match touched(addr.addr(), len) {
            Some(pages) => self.change_facts(pages, call, |facts| facts.with_inherit(inherit)),
            None => call(),
        }
    }

    /// [`raw::mremap`], recorded.
    ///
    /// Where several mappings move with one call, what is recorded at the new place has the attributes of the first.
    ///
    /// # Errors
    ///
    /// As for [`mmap`](Self::mmap).
    ///
    /// # Safety
    ///
    /// As for [`raw::mremap`].
    pub unsafe fn mremap(
        &self,
        old_addr: *mut c_void,
        old_len: usize,
        new_len: usize,
        flags: RemapFlags,
        new_addr: *mut c_void,
    ) -> Result<*mut c_void> {
        // SAFETY: the caller's contract.
        let call = || unsafe { raw::mremap(old_addr, old_len, new_len, flags, new_addr) };
        // Of a length of 0, Linux makes a second mapping of the same pages; the page at its start says which.
        let duplicates = old_len == 0 || flags.keeps_source();
        let Some(source) = touched(old_addr.addr(), old_len.max(1)) else {
            return call();
        };
        let target = touched(new_addr.addr(), new_len).filter(|_| flags.replaces());
        // Ranges that overlap are refused by the kernel.
        let target = target.filter(|to| to.end <= source.start || source.end <= to.start);
        let bytes = touched(0, new_len).map_or(0, |pages| pages.end);
        let more = match duplicates {
            true => bytes,
            false => bytes.saturating_sub(source.end - source.start),
        };
        let mut change = Change::begin(self, MOVE, more)?;
        let (source, target) = match target {
            Some(target) => {
                let [source, target] = change.mark_all([source, target])?;
                (source, Some(target))
            }
            None => (change.mark(source)?, None),
        };
        // Read when nobody else changes it.
        let known = self.find(old_addr.addr());
        let moved = call();
        let mut section = change.finish([&source].into_iter().chain(&target));
        let Ok(at) = moved else {
            section.mark(&source.range, false);
            section.merge(&source.range);
            if let Some(target) = &target {
                section.forget_what_is_gone(&target.range);
            }
            return moved;
        };
        let from = Region::new(
            ptr::NonNull::new(old_addr).unwrap_or(ptr::NonNull::dangling()),
            old_len,
        );
        let new = made(at, new_len, &Attrs::new()).and_then(|new| new.region());
        if let (Some(info), Some(new)) = (known, new) {
            // In place of the target in the same step, where there is one.
            section.insert_info(&info.moved(from, new))?;
        }
        if let Some(target) = &target {
            section.clear_marked(&target.range);
        }
        if duplicates {
            section.mark(&source.range, false);
            section.merge(&source.range);
        } else {
            section.clear_marked(&source.range);
        }
        moved
    }
}
