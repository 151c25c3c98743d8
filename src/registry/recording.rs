//! Mapping, and recording it: what the registry does as an address space, but for tracing.

use core::ops::Range;

use super::{
    MapInfo, Registry,
    change::{Change, Marked},
    index::Attributes,
    info::Facts,
    operations::Conflict,
    recover::Presence,
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
    let len = check::region(region, check::granule(granule, page_size())?)?;
    if len == 0 {
        return Err(Errno::EINVAL);
    }
    let start = region.start() as u64;
    Ok(start..start + len as u64)
}

impl<A: AddressSpace> Registry<A> {
    /// An operation whose facts are unchanged by it: a handler that interrupted a change of the same range may not.
    fn pass(&self, range: &Range<u64>) -> Result<()> {
        let me = self.identity();
        let inside = self.lock.ready().is_some_and(|ready| ready.is_mine(me));
        match self.operations.conflict(range, me) {
            Some(Conflict::Mine) => Err(Errno::EDEADLK),
            _ if inside => Err(Errno::EDEADLK),
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
        match (advice.sets_inheritance(), advice.sets_conceal()) {
            (None, None) => self.pass(&range).and_then(|()| call()),
            (inheritance, conceal) => self.change_facts(range, call, |facts| {
                let facts = inheritance.map_or(facts, |how| facts.advised(how));
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
                    return self.is_mapped(start, len as usize) != Some(false);
                }
            }
        }
        true
    }

    /// How many bytes of a range are recorded.
    pub(super) fn recorded_in(&self, range: &Range<u64>) -> u64 {
        let mut bytes = 0;
        let mut from = range.start;
        while let Some(info) = self.next(from as usize) {
            let start = (info.start() as u64).max(from);
            let end = (info.end() as u64).min(range.end);
            if start >= end {
                break;
            }
            bytes += end - start;
            from = end;
        }
        bytes
    }

    /// Sets the protection of one entry after the other until one is refused, or there is a hole: which have it, and of
    /// which even that is unknown. The kernel may hold the refused one in several pieces, of which some have changed: they
    /// get back what they had.
    fn protect_one_by_one(
        &self,
        range: &Range<u64>,
        prot: Prot,
        protect: impl Fn(Region, Prot) -> Result<()>,
    ) -> (Range<u64>, Option<Range<u64>>) {
        let mut reached = range.start;
        while let Some(info) = self.next(reached as usize) {
            let (start, end) = (info.start() as u64, info.end() as u64);
            if start >= range.end {
                break;
            }
            // What is not recorded may be mapped; if it is not, the kernel came no further.
            if start > reached
                && self.is_mapped(reached as usize, (start - reached) as usize) == Some(false)
            {
                return (range.start..reached, None);
            }
            let Some(part) = info.region() else {
                break;
            };
            if protect(part, prot).is_err() {
                let old = info.prot().filter(|old| protect(part, *old).is_ok());
                return (range.start..start, old.is_none().then_some(start..end));
            }
            reached = end;
        }
        (range.clone(), None)
    }

    /// Finishes a change of protection, which may have been refused on the way.
    pub(super) fn finish_protect(
        &self,
        mut change: Change<'_, A>,
        marked: &Marked,
        prot: Prot,
        answer: Result<()>,
        protect: impl Fn(Region, Prot) -> Result<()>,
    ) -> Result<()> {
        let (changed, unknown) = match answer {
            Ok(()) => (marked.range.clone(), None),
            Err(_) => self.protect_one_by_one(&marked.range, prot, protect),
        };
        let mut section = change.finish([marked]);
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
        let mut change = Change::begin(self, CHANGE, 0)?;
        let marked = change.mark(range)?;
        let answer = call();
        match answer {
            Ok(()) => {
                let mut section = change.finish([&marked]);
                section.change_marked(&marked.range, facts);
                section.mark(&marked.range, false);
                section.merge(&marked.range);
            }
            Err(_) => change.unmark(&marked),
        }
        answer
    }
}

impl<A: AddressSpace> Section<'_, '_, A> {
    /// Records a mapping.
    pub(super) fn insert_info(&mut self, info: &MapInfo) -> Result<()> {
        let (facts, detail) = info.facts()?;
        let range = info.start() as u64..info.end() as u64;
        self.insert_with(range, Attributes::new(facts.word()), detail)
    }

    /// After a replacement was refused: what it took away before is taken out, and the rest is as it was.
    pub(super) fn forget_what_is_gone(&mut self, range: &Range<u64>) {
        let mut from = range.start;
        while let Some(entry) = self.first(from..range.end) {
            from = entry.end;
            let part = entry.start..entry.end;
            if entry.marked && self.registry.presence(&entry) == Presence::Unmapped {
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
        let facts = Facts::new(&attrs)?;
        let bytes = check::length(request.requested_len(), attrs.granule())? as u64;
        if facts.is_private_anonymous()
            && let Some(mapped) = self
                .0
                .map_quickly(facts.attributes(), || self.0.space.map(request))
        {
            return mapped;
        }
        let need = if facts.is_private_anonymous() {
            MAP.without_record()
        } else {
            MAP
        };
        let mut change = Change::begin(self.0, need, bytes)?;
        let region = self.0.space.map(request)?;
        let (_, detail) = MapInfo::new(region, &attrs).facts()?;
        let start = region.start() as u64;
        change
            .enter()
            .insert_with(
                start..start + region.len() as u64,
                facts.attributes(),
                detail,
            )
            .map(|()| region)
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        let attrs = request.attrs();
        let range = pages(at, attrs.granule())?;
        Facts::new(&attrs)?;
        let more = (range.end - range.start).saturating_sub(self.0.recorded_in(&range));
        let mut change = Change::begin(self.0, REPLACE, more)?;
        let marked = change.mark(range)?;
        // SAFETY: the caller's contract.
        let mapped = unsafe { self.0.space.map_over(at, request) };
        let mut section = change.finish([&marked]);
        match mapped {
            Ok(region) => section.insert_info(&MapInfo::new(region, &attrs))?,
            Err(_) => section.forget_what_is_gone(&marked.range),
        }
        mapped
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        let range = pages(region, page_size())?;
        // SAFETY: the caller's contract.
        let unmap = || unsafe { self.0.space.unmap(region) };
        if let Some(unmapped) = self.0.unmap_quickly(&range, unmap) {
            return unmapped;
        }
        let mut change = Change::begin(self.0, Need::NOTHING, 0)?;
        let marked = change.mark_frugally(range)?;
        // SAFETY: the caller's contract.
        let unmapped = unsafe { self.0.space.unmap(region) };
        match unmapped {
            Ok(()) => change.finish([&marked]).clear_marked(&marked.range),
            Err(_) => change.unmark(&marked),
        }
        unmapped
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        check::protection(prot)?;
        if region.is_empty() {
            return check::region(region, page_size()).map(drop);
        }
        let mut change = Change::begin(self.0, CHANGE, 0)?;
        let marked = change.mark(pages(region, page_size())?)?;
        if !self.0.is_whole(&marked.range) {
            change.unmark(&marked);
            return Err(Errno::ENOMEM);
        }
        // SAFETY: the caller's contract; what is set back is what was there.
        let protect = |part, prot| unsafe { self.0.space.protect(part, prot) };
        let answer = protect(region, prot);
        self.0
            .finish_protect(change, &marked, prot, answer, protect)
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        let range = pages(region, attrs.granule())?;
        let len = check::length(new_len, attrs.granule())? as u64;
        Facts::new(attrs)?;
        let more = len.saturating_sub(range.end - range.start);
        let mut change = Change::begin(self.0, REPLACE, more)?;
        let marked = change.mark(range)?;
        // What is recorded of it moves with it; what is not is recorded from now on. Read when nobody else changes it.
        let known = self.0.find(region.start());
        let several = known.is_some_and(|info| (info.end() as u64) < marked.range.end);
        let stays = more == 0 && !matches!(to, MoveTo::FixedNoReplace(_));
        let moved = if several && !stays {
            // On systems too where the kernel would move them.
            Err(Errno::ENOTSUP)
        } else {
            // SAFETY: the caller's contract.
            unsafe { self.0.space.remap(region, new_len, to, attrs) }
        };
        let Ok(new) = moved else {
            change.unmark(&marked);
            return moved;
        };
        let mut section = change.finish([&marked]);
        if new.start() == region.start() && more == 0 {
            let tail = marked.range.start + len..marked.range.end;
            section.cut(&tail);
            section.clear_marked(&tail);
            section.mark(&marked.range, false);
            section.merge(&marked.range);
            return Ok(new);
        }
        let info = known.unwrap_or_else(|| MapInfo::new(region, attrs));
        let recorded = section.insert_info(&info.moved(region, new));
        section.clear_marked(&marked.range);
        recorded.map(|()| new)
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
        if how == Discard::Lazy {
            return self.0.pass(&range).and_then(|()| call());
        }
        // It may be new memory that comes in place of the old.
        let mut change = Change::begin(self.0, CHANGE, 0)?;
        let marked = change.mark(range)?;
        let answer = call();
        match answer {
            Ok(()) => change.unmark(&marked),
            Err(_) => change.finish([&marked]).forget_what_is_gone(&marked.range),
        }
        answer
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
