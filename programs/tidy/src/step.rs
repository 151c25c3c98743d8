//! A step: what it owns, and what came of what it tried.

use core::ops::Range;

use rawmap::{
    Errno, Inherit, Prot, Result, page_size,
    space::{AddressSpace, Attrs, Discard, Kernel, Kind, MapRequest, MoveTo, Region},
};

use crate::{
    map::{Difference, Map},
    means::{IN_OBJECT, Means, twice},
};

/// May a call have been refused?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// None: every answer is the one that is expected.
    None,
    /// One of the run.
    One,
}

/// How something is to end.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    /// It is done.
    Done,
    /// With this error.
    Error(Errno),
    /// It is done, or with this error, as the kernel was built or set up.
    DoneOr(Errno),
}

pub(crate) use Expected::{Done, DoneOr, Error};

/// What an error leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AfterError {
    /// Everything as it was.
    Unchanged,
    /// Something else in the memory that it was about.
    Unknown,
}

/// Memory that the step owns.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) region: Region,
    pub(crate) attrs: Attrs,
    /// The first and the last byte of each page; `None` if the step does not know.
    holds: Option<u8>,
    /// Whether it is known what is there, if anything is.
    is_known: bool,
}

impl Memory {
    /// The address behind it.
    pub(crate) fn end(&self) -> usize {
        self.region.start() + self.region.len()
    }

    /// Some of its pages.
    pub(crate) fn pages(&self, pages: Range<usize>) -> Region {
        pages_of(self.region, pages)
    }
}

fn pages_of(region: Region, pages: Range<usize>) -> Region {
    let (first, end) = (pages.start * page_size(), pages.end * page_size());
    // SAFETY: the pages lie within the region.
    Region::new(unsafe { region.as_non_null().byte_add(first) }, end - first)
}

/// Do the first and the last byte of each page hold this?
fn all_hold(region: Region, byte: u8) -> bool {
    let mut offsets = (0..region.len()).step_by(page_size());
    offsets.all(|first| {
        [first, first + page_size() - 1].into_iter().all(|at| {
            // SAFETY: the step's memory, which can be read.
            unsafe { region.as_ptr().cast::<u8>().add(at).read_volatile() == byte }
        })
    })
}

/// The most regions that a step owns at a time.
const MOST: usize = 8;

/// What came of a step.
pub(crate) struct Verdict {
    /// What was not as it has to be.
    pub(crate) complaint: Option<&'static str>,
    /// Whether an answer was not the expected one, so that a call had been refused.
    pub(crate) was_refused: bool,
}

/// A step while it runs.
pub(crate) struct Step<'a> {
    means: &'a Means,
    refusals: Refusals,
    memories: [Option<Memory>; MOST],
    verdict: Verdict,
}

/// Said where one mapping is more than there was, and nothing is less; whoever runs the program knows the words.
const ONE_MORE: &str = "one mapping more than before";

impl<'a> Step<'a> {
    pub(crate) const fn new(means: &'a Means, refusals: Refusals) -> Self {
        Self {
            means,
            refusals,
            memories: [None; MOST],
            verdict: Verdict {
                complaint: None,
                was_refused: false,
            },
        }
    }

    /// What every step may use.
    pub(crate) const fn means(&self) -> &'a Means {
        self.means
    }

    /// May a call of the run have been refused?
    pub(crate) fn may_be_refused(&self) -> bool {
        self.refusals == Refusals::One
    }

    /// Unmaps everything, and compares the process with what it was before the step.
    pub(crate) fn end(mut self, before: &Map) -> Verdict {
        for memory in self.memories.into_iter().flatten() {
            // SAFETY: the step's own, and nothing refers to it.
            let unmapped = twice(|| unsafe { Kernel.unmap(memory.region) });
            self.check(unmapped.is_ok(), "its memory cannot be unmapped");
        }
        self.compare(before);
        self.verdict
    }

    /// Something has to be so. The first complaint stays, but for one that a refused munmap explains.
    pub(crate) fn check(&mut self, holds: bool, complaint: &'static str) {
        let is_better = self.verdict.complaint.is_none_or(|said| said == ONE_MORE);
        if !holds && is_better {
            self.verdict.complaint = Some(complaint);
        }
    }

    fn compare(&mut self, before: &Map) {
        match Map::now(self.means).difference(before) {
            Some(Difference { more: 0, less: 0 }) => {}
            Some(Difference { more: 1, less: 0 }) => {
                if self.verdict.complaint.is_none() {
                    self.verdict.complaint = Some(ONE_MORE);
                }
            }
            Some(_) => self.check(false, "the map is not as before"),
            None => self.check(false, "the map is not known"),
        }
    }

    /// Does something, and looks at how it ended. After an error everything has to be as it was.
    pub(crate) fn attempt<T>(
        &mut self,
        expected: Expected,
        act: impl FnOnce() -> Result<T>,
    ) -> Option<T> {
        self.attempt_with(expected, AfterError::Unchanged, act)
    }

    fn attempt_with<T>(
        &mut self,
        expected: Expected,
        after_error: AfterError,
        act: impl FnOnce() -> Result<T>,
    ) -> Option<T> {
        let before = Map::now(self.means);
        let answer = act();
        let error = answer.as_ref().err().copied();
        match (expected, error) {
            (Done | DoneOr(_), None) => {}
            (Error(expected) | DoneOr(expected), Some(error)) if expected == error => {}
            (Error(_), None) => self.check(false, "it was done, which must not be"),
            (_, Some(_)) if self.may_be_refused() => self.verdict.was_refused = true,
            (_, Some(_)) => self.check(false, "another error than expected"),
        }
        if error.is_some() && after_error == AfterError::Unchanged {
            self.compare(&before);
            self.look_at_all();
        }
        answer.ok()
    }

    /// Is all memory what it is known to be?
    fn look_at_all(&mut self) {
        for memory in self.memories.into_iter().flatten() {
            if memory.is_known && self.allows(&memory) {
                self.look_at(&memory);
            }
        }
    }

    /// Does memory allow what it is known to allow?
    fn allows(&mut self, memory: &Memory) -> bool {
        let allows = self.means.access(memory.region) == memory.attrs.prot();
        self.check(allows, "memory allows something else");
        allows
    }

    /// Does memory hold what it is known to hold? Touches it.
    fn look_at(&mut self, memory: &Memory) {
        let is_readable = memory.attrs.prot().contains(Prot::READ);
        if let Some(byte) = memory.holds.filter(|_| is_readable) {
            self.check(all_hold(memory.region, byte), "memory holds something else");
        }
    }

    /// The place in which a memory is remembered.
    fn place_of(&mut self, start: usize) -> Option<&mut Option<Memory>> {
        self.memories
            .iter_mut()
            .find(|place| place.is_some_and(|memory| memory.region.start() == start))
    }

    fn remember(&mut self, memory: Memory) {
        match self.memories.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(memory),
            None => self.check(false, "there is no room to remember all memory"),
        }
    }

    /// Takes another memory for the one that began here.
    fn change(&mut self, start: usize, memory: Memory) -> Memory {
        match self.place_of(start) {
            Some(place) => *place = Some(memory),
            None => self.remember(memory),
        }
        memory
    }

    /// Maps, and owns what was mapped.
    pub(crate) fn map(&mut self, expected: Expected, request: &MapRequest<'_>) -> Option<Memory> {
        let region = self.attempt(expected, || Kernel.map(request))?;
        let attrs = request.attrs();
        let holds = match attrs.kind() {
            Kind::File { .. } => None,
            _ => Some(0),
        };
        let memory = Memory {
            region,
            attrs,
            holds,
            // Huge pages are more than there is room for to copy.
            is_known: attrs.granule() == page_size(),
        };
        self.remember(memory);
        self.look_at(&memory);
        Some(memory)
    }

    /// Anonymous memory that holds something.
    pub(crate) fn memory(&mut self, pages: usize) -> Option<Memory> {
        self.filled(&MapRequest::anonymous(pages * page_size()))
    }

    /// Such memory, which can be written, and then holds something.
    pub(crate) fn filled(&mut self, request: &MapRequest<'_>) -> Option<Memory> {
        let memory = self.map(Done, request)?;
        Some(self.fill(&memory))
    }

    /// Writes to the ends of each page.
    pub(crate) fn fill(&mut self, memory: &Memory) -> Memory {
        const BYTE: u8 = 0xa5;
        for first in (0..memory.region.len()).step_by(page_size()) {
            for at in [first, first + page_size() - 1] {
                // SAFETY: the step's memory, which can be written.
                unsafe {
                    memory
                        .region
                        .as_ptr()
                        .cast::<u8>()
                        .add(at)
                        .write_volatile(BYTE)
                };
            }
        }
        let filled = Memory {
            holds: Some(BYTE),
            ..*memory
        };
        self.change(memory.region.start(), filled)
    }

    /// Some pages of the object, shared or private.
    pub(crate) fn of_object(&mut self, pages: usize, shared: bool) -> Option<Memory> {
        let request = MapRequest::file(self.means.object(), 0, pages * page_size())
            .prot(Prot::READ | Prot::WRITE)
            .shared(shared);
        let memory = self.map(Done, &request)?;
        let known = Memory {
            holds: Some(IN_OBJECT),
            ..memory
        };
        self.look_at(&known);
        Some(self.change(memory.region.start(), known))
    }

    /// Takes the first pages of a memory for one and the others for another.
    pub(crate) fn divide(&mut self, memory: &Memory, at: usize) -> [Memory; 2] {
        let pages = memory.region.len() / page_size();
        let [first, second] = [0..at, at..pages].map(|part| Memory {
            region: memory.pages(part),
            ..*memory
        });
        self.change(memory.region.start(), first);
        self.remember(second);
        [first, second]
    }

    /// Takes two neighbours for one.
    pub(crate) fn join(&mut self, first: &Memory, second: &Memory) -> Memory {
        if let Some(place) = self.place_of(second.region.start()) {
            *place = None;
        }
        let len = first.region.len() + second.region.len();
        let joined = Memory {
            region: Region::new(first.region.as_non_null(), len),
            ..*first
        };
        self.change(first.region.start(), joined)
    }

    /// Unmaps a memory.
    pub(crate) fn unmap(&mut self, memory: &Memory) -> Option<()> {
        // SAFETY: the step's own, and nothing refers to it.
        self.attempt(Done, || unsafe { Kernel.unmap(memory.region) })?;
        if let Some(place) = self.place_of(memory.region.start()) {
            *place = None;
        }
        Some(())
    }

    /// Pages with nothing between them: the memory before the hole and the one behind it.
    pub(crate) fn around_a_hole(&mut self, pages: usize) -> Option<[Memory; 2]> {
        let memory = self.memory(pages + 2)?;
        let [before, rest] = self.divide(&memory, 1);
        let [hole, behind] = self.divide(&rest, pages);
        self.unmap(&hole)?;
        Some([before, behind])
    }

    /// Maps in place of a memory.
    pub(crate) fn map_over(
        &mut self,
        expected: Expected,
        memory: &Memory,
        request: &MapRequest<'_>,
    ) -> Option<Memory> {
        let start = memory.region.start();
        // SAFETY: the step's own, and nothing relies on what it holds.
        let act = || unsafe { Kernel.map_over(memory.region, request) };
        let Some(region) = self.attempt_with(expected, AfterError::Unknown, act) else {
            self.change(
                start,
                Memory {
                    is_known: false,
                    ..*memory
                },
            );
            return None;
        };
        let attrs = request.attrs();
        let new = Memory {
            region,
            attrs,
            holds: match attrs.kind() {
                Kind::File { .. } => Some(IN_OBJECT),
                _ => Some(0),
            },
            is_known: true,
        };
        self.look_at(&new);
        self.check(region == memory.region, "it is not where it was");
        Some(self.change(start, new))
    }

    /// Sets a protection.
    pub(crate) fn protect(
        &mut self,
        expected: Expected,
        memory: &Memory,
        prot: Prot,
    ) -> Option<Memory> {
        // SAFETY: the step's own; it is touched as this protection allows.
        self.attempt(expected, || unsafe { Kernel.protect(memory.region, prot) })?;
        let changed = Memory {
            attrs: memory.attrs.with_prot(prot),
            ..*memory
        };
        if self.allows(&changed) {
            self.look_at(&changed);
        }
        Some(self.change(memory.region.start(), changed))
    }

    /// Sets a policy for children.
    pub(crate) fn inherit(
        &mut self,
        expected: Expected,
        memory: &Memory,
        how: Inherit,
    ) -> Option<Memory> {
        // SAFETY: the step's own; the program has no children.
        self.attempt(expected, || unsafe { Kernel.inherit(memory.region, how) })?;
        let changed = Memory {
            attrs: memory.attrs.with_inherit(how),
            ..*memory
        };
        Some(self.change(memory.region.start(), changed))
    }

    /// Resizes and moves. What the old memory held is in the new one, and behind it there is fresh memory.
    pub(crate) fn remap(
        &mut self,
        expected: Expected,
        memory: &Memory,
        pages: usize,
        to: MoveTo,
    ) -> Option<Memory> {
        let len = pages * page_size();
        // SAFETY: the step's own, with these attributes, and nothing refers to it.
        let region = self.attempt(expected, || unsafe {
            Kernel.remap(memory.region, len, to, &memory.attrs)
        })?;
        let moved = Memory { region, ..*memory };
        let kept = region.len().min(memory.region.len()) / page_size();
        self.look_at(&Memory {
            region: moved.pages(0..kept),
            ..moved
        });
        let fresh = match memory.attrs.kind() {
            Kind::File { .. } => IN_OBJECT,
            _ => 0,
        };
        if kept < pages {
            self.look_at(&Memory {
                region: moved.pages(kept..pages),
                holds: Some(fresh),
                ..moved
            });
        }
        let holds = memory.holds.filter(|&byte| kept == pages || byte == fresh);
        let is_there = match to {
            MoveTo::InPlace => region.start() == memory.region.start(),
            MoveTo::FixedNoReplace(at) => region.start() == at,
            _ => true,
        };
        self.check(is_there && region.len() == len, "it is somewhere else");
        Some(self.change(memory.region.start(), Memory { holds, ..moved }))
    }

    /// Drops what a memory holds.
    pub(crate) fn discard(
        &mut self,
        expected: Expected,
        memory: &Memory,
        how: Discard,
    ) -> Option<Memory> {
        let start = memory.region.start();
        // Two systems make new memory; what they refuse before that leaves everything as it was.
        let replaces = how == Discard::Zero && !cfg!(target_os = "linux");
        let after_error = if replaces && matches!(expected, Done) {
            AfterError::Unknown
        } else {
            AfterError::Unchanged
        };
        // SAFETY: the step's own, with these attributes, and nothing relies on what it holds.
        let act = || unsafe { Kernel.discard(memory.region, how, &memory.attrs) };
        if self.attempt_with(expected, after_error, act).is_none() {
            if after_error == AfterError::Unknown {
                self.change(
                    start,
                    Memory {
                        is_known: false,
                        ..*memory
                    },
                );
            }
            return None;
        }
        let dropped = Memory {
            holds: (how == Discard::Zero).then_some(0),
            ..*memory
        };
        self.look_at(&dropped);
        Some(self.change(start, dropped))
    }
}
