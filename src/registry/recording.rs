//! Mapping, and recording it: what the registry does as an address space, but for tracing.

use core::ops::Range;

use super::{
    MapInfo, Registry,
    change::{Change, Marked},
    index::{Attributes, Entry},
    info::Facts,
    operations::Conflict,
    recover::{Presence, is_mapped, presence},
    section::Section,
    supply::Need,
};
use crate::{
    Advice, Errno, Inherit, Prot, Result, page_size,
    space::{AddressSpace, Attrs, Discard, MapRequest, MoveTo, Region, SyncMode, check},
};

/// A new entry.
pub(super) const MAP: Need = Need {
    cuts: 0,
    finishes: 1,
    records: 1,
};
/// Both ends cut, and taken out or changed.
pub(super) const CHANGE: Need = Need {
    cuts: 2,
    finishes: 1,
    records: 0,
};
/// Both ends cut, a new entry, and taken out.
pub(super) const REPLACE: Need = Need {
    cuts: 2,
    finishes: 2,
    records: 1,
};

/// The range of a region that is not empty.
fn pages(region: Region, granule: usize) -> Result<Range<u64>> {
    let len = check::region(region, granule)?;
    if len == 0 {
        return Err(Errno::EINVAL);
    }
    let start = region.start() as u64;
    Ok(start..start + len as u64)
}

impl<A: AddressSpace> Registry<A> {
    /// Records what was mapped, which is nobody else's.
    fn record(&self, mut change: Change<'_, A>, region: Region, attrs: &Attrs) -> Result<()> {
        let mut section = change.enter()?;
        section.insert_info(&MapInfo::new(region, attrs))
    }

    /// An operation whose facts are unchanged by it: a handler that interrupted a change of the same range may not.
    fn pass(&self, range: &Range<u64>) -> Result<()> {
        let me = self.identity();
        if self.lock.is_mine(me) {
            return Err(Errno::EDEADLK);
        }
        match self.operations.conflict(range, me) {
            Some(Conflict::Mine) => Err(Errno::EDEADLK),
            _ => Ok(()),
        }
    }

    /// Advice, and what it changes of what is known.
    pub(super) fn advise_and_record(
        &self,
        range: Range<u64>,
        advice: Advice,
        call: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        match (advice.sets_inherit(), advice.sets_conceal()) {
            (None, None) => self.pass(&range).and_then(|()| call()),
            (inherit, conceal) => self.change_facts(range, call, |facts| {
                let facts = inherit.map_or(facts, |how| facts.with_inherit(how));
                conceal.map_or(facts, |conceal| facts.with_conceal(conceal))
            }),
        }
    }

    /// Is all of a range mapped, as far as is known, or as the kernel says of what is not?
    fn is_whole(&self, range: &Range<u64>) -> bool {
        let mut from = range.start as usize;
        while (from as u64) < range.end {
            match self.next(from) {
                Some(info) if info.start() <= from => from = info.end(),
                _ => {
                    let (start, len) = (range.start as usize, range.end - range.start);
                    return is_mapped(start, len as usize) != Some(false);
                }
            }
        }
        true
    }

    /// Sets the protection of one entry after the other until one is refused: which have it, and whether of the refused
    /// one even that is unknown. The kernel may hold that in several pieces, of which some have changed: they get back
    /// what they had.
    ///
    /// # Safety
    ///
    /// As for `protect`.
    unsafe fn protect_one_by_one(
        &self,
        range: &Range<u64>,
        prot: Prot,
    ) -> (Range<u64>, Option<Range<u64>>) {
        let mut from = range.start as usize;
        while let Some(info) = self
            .next(from)
            .filter(|info| (info.start() as u64) < range.end)
        {
            from = info.end();
            let Some(part) = info.region() else {
                continue;
            };
            // SAFETY: the caller's contract; what is set back is what was there.
            unsafe {
                if self.space.protect(part, prot).is_err() {
                    let old = info
                        .prot()
                        .filter(|old| self.space.protect(part, *old).is_ok());
                    let refused = info.start() as u64..info.end() as u64;
                    let changed = range.start..refused.start;
                    return (changed, old.is_none().then_some(refused));
                }
            }
        }
        (range.clone(), None)
    }

    /// Finishes a change of protection, which may have been refused on the way.
    ///
    /// # Safety
    ///
    /// As for `protect`.
    pub(super) unsafe fn finish_protect(
        &self,
        mut change: Change<'_, A>,
        marked: &Marked,
        prot: Prot,
        answer: Result<()>,
    ) -> Result<()> {
        let (changed, unknown) = match answer {
            Ok(()) => (marked.range.clone(), None),
            // SAFETY: the caller's contract.
            Err(_) => unsafe { self.protect_one_by_one(&marked.range, prot) },
        };
        let mut section = change.finish(marked)?;
        section.change_marked(&changed, |facts| facts.with_prot(Some(prot)));
        if let Some(unknown) = unknown {
            section.change_marked(&unknown, |facts| facts.with_prot(None));
        }
        section.mark(&marked.range, false);
        section.merge(&marked.range);
        answer
    }

    /// Marks, calls, and changes the facts of what is marked.
    pub(super) fn change_facts(
        &self,
        range: Range<u64>,
        call: impl FnOnce() -> Result<()>,
        facts: impl Fn(Facts) -> Facts,
    ) -> Result<()> {
        let mut change = Change::begin(self, CHANGE)?;
        let marked = change.mark(range)?;
        match call() {
            Ok(()) => {
                let mut section = change.finish(&marked)?;
                section.change_marked(&marked.range, facts);
                section.mark(&marked.range, false);
                section.merge(&marked.range);
                Ok(())
            }
            Err(error) => {
                change.refuse(&marked);
                Err(error)
            }
        }
    }
}

impl<A: AddressSpace> Section<'_, '_, A> {
    /// Records a mapping.
    pub(super) fn insert_info(&mut self, info: &MapInfo) -> Result<()> {
        let (facts, detail) = info.facts()?;
        let record = match detail {
            Some(detail) => Some(self.supply.supply.record(detail).ok_or(Errno::ENOMEM)?),
            None => None,
        };
        self.insert(Entry {
            start: info.start() as u64,
            end: info.end() as u64,
            attributes: Attributes::new(facts.word()).with_record(record),
            marked: false,
        });
        Ok(())
    }

    /// After a replacement was refused: what it took away before is taken out, and the rest is as it was.
    pub(super) fn forget_what_is_gone(&mut self, range: &Range<u64>) {
        let mut from = range.start;
        while let Some(entry) = self.first(from..range.end) {
            from = entry.end;
            let part = entry.start..entry.end;
            if entry.marked && presence(&entry) == Presence::Unmapped {
                self.clear_marked(&part);
            } else {
                self.mark(&part, false);
            }
        }
        self.merge(range);
    }
}

/// The registry, as what records.
pub(super) struct Recording<'r, A>(pub(super) &'r Registry<A>);

// SAFETY: the space beneath maps, unmaps and moves; what is recorded of it changes none of that. Nothing panics.
unsafe impl<A: AddressSpace> AddressSpace for Recording<'_, A> {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        let attrs = request.attrs();
        Facts::new(&attrs)?;
        let bytes = check::length(request.requested_len(), attrs.granule())? as u64;
        let change = Change::begin(self.0, MAP)?;
        self.0.promise_bytes(bytes)?;
        let mapped = self.0.space.map(request).and_then(|region| {
            // Neither can be refused: what it takes was promised, and this thread is not inside the section.
            self.0.record(change, region, &attrs)?;
            Ok(region)
        });
        // What was recorded counts by itself.0.
        self.0.release_bytes(bytes);
        mapped
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        let attrs = request.attrs();
        let range = pages(at, attrs.granule())?;
        Facts::new(&attrs)?;
        let mut change = Change::begin(self.0, REPLACE)?;
        let bytes = range.end - range.start;
        self.0.promise_bytes(bytes)?;
        let marked = change
            .mark(range)
            .inspect_err(|_| self.0.release_bytes(bytes))?;
        // SAFETY: the caller's contract.
        let mapped = unsafe { self.0.space.map_over(at, request) };
        let mut section = change.finish(&marked)?;
        let answer = match mapped {
            Ok(region) => section
                .insert_info(&MapInfo::new(region, &attrs))
                .map(|()| region),
            Err(error) => {
                section.forget_what_is_gone(&marked.range);
                Err(error)
            }
        };
        drop(section);
        self.0.release_bytes(bytes);
        answer
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        let range = pages(region, page_size())?;
        let mut change = Change::begin(self.0, CHANGE)?;
        let marked = change.mark(range)?;
        // SAFETY: the caller's contract.
        match unsafe { self.0.space.unmap(region) } {
            Ok(()) => {
                change.finish(&marked)?.clear_marked(&marked.range);
                Ok(())
            }
            Err(error) => {
                change.refuse(&marked);
                Err(error)
            }
        }
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        check::protection(prot)?;
        if region.is_empty() {
            return check::region(region, page_size()).map(drop);
        }
        let mut change = Change::begin(self.0, CHANGE)?;
        let marked = change.mark(pages(region, page_size())?)?;
        if !self.0.is_whole(&marked.range) {
            change.refuse(&marked);
            return Err(Errno::ENOMEM);
        }
        // SAFETY: the caller's contract.
        unsafe {
            let answer = self.0.space.protect(region, prot);
            self.0.finish_protect(change, &marked, prot, answer)
        }
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        let range = pages(region, attrs.granule())?;
        let bytes = check::length(new_len, attrs.granule())? as u64;
        // What is recorded of it moves with it; what is not is recorded from now on.
        let known = self.0.find(region.start());
        let info = known.unwrap_or_else(|| MapInfo::new(region, attrs));
        info.facts()?;
        let mut change = Change::begin(self.0, REPLACE)?;
        self.0.promise_bytes(bytes)?;
        let moved = change.mark(range).and_then(|marked| {
            let moved = if known.is_some_and(|info| (info.end() as u64) < marked.range.end) {
                // Several pieces, on systems too where the kernel would move them.
                Err(Errno::ENOTSUP)
            } else {
                // SAFETY: the caller's contract.
                unsafe { self.0.space.remap(region, new_len, to, attrs) }
            };
            let Ok(new) = moved else {
                change.refuse(&marked);
                return moved;
            };
            let mut section = change.finish(&marked)?;
            section.insert_info(&info.moved(region, new))?;
            section.clear_marked(&marked.range);
            Ok(new)
        });
        self.0.release_bytes(bytes);
        moved
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        if region.is_empty() {
            return check::region(region, page_size()).map(drop);
        }
        let range = pages(region, page_size())?;
        // SAFETY: the caller's contract.
        let call = || unsafe { self.0.space.advise(region, advice) };
        self.0.advise_and_record(range, advice, call)
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        if region.is_empty() {
            return check::region(region, page_size()).map(drop);
        }
        let range = pages(region, attrs.granule())?;
        // SAFETY: the caller's contract.
        let call = || unsafe { self.0.space.discard(region, how, attrs) };
        match how {
            Discard::Lazy => self.0.pass(&range).and_then(|()| call()),
            // It may be new memory that comes in place of the old.
            Discard::Zero => self.0.change_facts(range, call, |facts| facts),
        }
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        if region.is_empty() {
            return check::region(region, page_size()).map(drop);
        }
        let range = pages(region, page_size())?;
        // SAFETY: the caller's contract.
        let call = || unsafe { self.0.space.inherit(region, how) };
        self.0
            .change_facts(range, call, |facts| facts.with_inherit(how))
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        self.0.space.sync(region, mode, invalidate)
    }

    unsafe fn lock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.0.space.lock(region) }
    }

    unsafe fn unlock(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.0.space.unlock(region) }
    }
}
