//! The address space of a process: its mappings, and with them its page table.

use core::ops::Range;
use std::collections::BTreeMap;
use std::rc::Rc;

use bitflags::bitflags;
use rangemap::RangeSet;

use crate::object::{Missing, Object, ObjectReference};
use crate::pool::{Frame, PAGE, Pool};

bitflags! {
    /// What a mapping allows; the bits are those of `PROT_READ`, `PROT_WRITE` and `PROT_EXEC` on both systems.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Protection: u8 {
        /// Loads.
        const READ = 1;
        /// Stores.
        const WRITE = 2;
        /// Instruction fetches.
        const EXECUTE = 4;
    }
}

/// What a child gets of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inheritance {
    Share,
    Copy,
    Nothing,
    Zero,
}

/// The pages behind a mapping.
#[derive(Clone)]
pub(crate) struct Memory {
    /// The object that stores go to.
    pub(crate) top: ObjectReference,
    /// The page of `top` at the start of the mapping.
    pub(crate) top_page: u64,
    /// For a private mapping of an object: where a page comes from until it is stored to.
    pub(crate) below: Option<(ObjectReference, u64)>,
    pub(crate) shared: bool,
}

/// What stands at a range of addresses.
#[derive(Clone)]
pub(crate) enum Contents {
    /// Reserved addresses that nothing can open but a new mapping.
    Guard,
    /// Reserved addresses that the stack above grows into as it is used.
    StackRoom,
    Memory(Memory),
}

/// A range of addresses with one behaviour.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) end: u64,
    pub(crate) protection: Protection,
    /// What `mprotect` may give at most.
    pub(crate) maximum: Protection,
    pub(crate) inheritance: Inheritance,
    pub(crate) wired: bool,
    /// Whether the kernel made this for a stack.
    pub(crate) stack: bool,
    pub(crate) contents: Contents,
}

/// How memory is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    Fetch,
}

/// Why an access fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    Unmapped,
    Protected,
    BeyondEnd,
    NoMemory,
}

/// A frame, and what may be done with it without asking again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Translation {
    pub(crate) frame: Frame,
    pub(crate) protection: Protection,
}

/// All mappings of a process, by their start.
pub(crate) struct AddressSpace {
    pool: Rc<Pool>,
    entries: BTreeMap<u64, Entry>,
    /// The addresses that no entry holds, kept because every placement asks for them.
    free: RangeSet<u64>,
    limits: Range<u64>,
    /// How many bytes of addresses are taken.
    taken: u64,
    /// What the processor allows besides what was asked for.
    implications: &'static [Implication],
}

/// A protection that the processor can't keep apart from a lesser one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Implication {
    pub(crate) given: Protection,
    pub(crate) also: Protection,
}

/// The start of the page that an address lies in.
pub(crate) fn page_start(address: u64) -> u64 {
    address & !(PAGE - 1)
}

/// The least page boundary that is not below an address; it wraps to 0 as the kernels' arithmetic does.
pub(crate) fn page_end(address: u64) -> u64 {
    page_start(address.wrapping_add(PAGE - 1))
}

impl From<Missing> for Denial {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::BeyondEnd => Self::BeyondEnd,
            Missing::NoMemory => Self::NoMemory,
        }
    }
}

impl Access {
    fn needs(self) -> Protection {
        match self {
            Self::Read => Protection::READ,
            Self::Write => Protection::WRITE,
            Self::Fetch => Protection::EXECUTE,
        }
    }
}

impl Memory {
    pub(crate) fn anonymous(pool: &Rc<Pool>, shared: bool) -> Self {
        Self {
            top: Object::anonymous(pool).shared(),
            top_page: 0,
            below: None,
            shared,
        }
    }

    pub(crate) fn of_object(
        pool: &Rc<Pool>,
        object: &ObjectReference,
        page: u64,
        shared: bool,
    ) -> Self {
        if shared {
            return Self {
                top: Rc::clone(object),
                top_page: page,
                below: None,
                shared,
            };
        }
        Self {
            below: Some((Rc::clone(object), page)),
            ..Self::anonymous(pool, shared)
        }
    }

    /// What follows after `pages` pages of this: more of the same object, or fresh anonymous memory.
    pub(crate) fn continuation(&self, pool: &Rc<Pool>, pages: u64) -> Self {
        if let Some((object, page)) = &self.below {
            return Self::of_object(pool, object, page + pages, false);
        }
        if self.top.borrow().is_anonymous() {
            return Self::anonymous(pool, self.shared);
        }
        Self::of_object(pool, &self.top, self.top_page + pages, self.shared)
    }

    fn advance(&mut self, pages: u64) {
        self.top_page += pages;
        if let Some((_, page)) = &mut self.below {
            *page += pages;
        }
    }

    fn translate(
        &self,
        page: u64,
        access: Access,
        allowed: Protection,
    ) -> Result<Translation, Missing> {
        let index = self.top_page + page;
        let mut top = self.top.borrow_mut();
        let Some((below, below_page)) = &self.below else {
            return Ok(Translation {
                frame: top.page(index)?,
                protection: allowed,
            });
        };
        if let Some(frame) = top.present(index) {
            return Ok(Translation {
                frame,
                protection: allowed,
            });
        }
        let source = below.borrow_mut().page(below_page + page)?;
        if access == Access::Write {
            return Ok(Translation {
                frame: top.copy_in(index, source)?,
                protection: allowed,
            });
        }
        // Without WRITE the first store asks again, and gets its copy.
        Ok(Translation {
            frame: source,
            protection: allowed - Protection::WRITE,
        })
    }

    fn resident(&self, page: u64) -> bool {
        self.top.borrow().present(self.top_page + page).is_some()
            || self
                .below
                .as_ref()
                .is_some_and(|(below, start)| below.borrow().present(start + page).is_some())
    }

    fn inherit(
        &self,
        pool: &Rc<Pool>,
        pages: u64,
        inheritance: Inheritance,
    ) -> Result<Option<Self>, Missing> {
        Ok(match inheritance {
            Inheritance::Nothing => None,
            Inheritance::Share => Some(self.clone()),
            Inheritance::Zero => Some(Self::anonymous(pool, false)),
            Inheritance::Copy => {
                let copy = self
                    .top
                    .borrow()
                    .duplicate(self.top_page..self.top_page + pages)?;
                Some(Self {
                    top: copy.shared(),
                    shared: false,
                    ..self.clone()
                })
            }
        })
    }
}

impl Entry {
    fn translate(
        &self,
        page: u64,
        access: Access,
        implications: &[Implication],
    ) -> Result<Translation, Denial> {
        let allowed = implications
            .iter()
            .filter(|implication| self.protection.contains(implication.given))
            .fold(self.protection, |allowed, implication| {
                allowed | implication.also
            });
        match &self.contents {
            Contents::Memory(memory) if allowed.contains(access.needs()) => {
                Ok(memory.translate(page, access, allowed)?)
            }
            _ => Err(Denial::Protected),
        }
    }
}

impl AddressSpace {
    pub(crate) fn new(
        pool: &Rc<Pool>,
        limits: Range<u64>,
        implications: &'static [Implication],
    ) -> Self {
        Self {
            pool: Rc::clone(pool),
            entries: BTreeMap::new(),
            free: RangeSet::from([limits.clone()]),
            limits,
            taken: 0,
            implications,
        }
    }

    /// How many bytes of addresses are taken.
    pub(crate) fn size(&self) -> u64 {
        self.taken
    }

    /// How many bytes can be accessed in any way.
    pub(crate) fn accessible(&self) -> u64 {
        self.iter()
            .filter(|(_, entry)| !entry.protection.is_empty())
            .map(|(start, entry)| entry.end - start)
            .sum()
    }

    /// How many bytes are locked.
    pub(crate) fn wired(&self) -> u64 {
        self.iter()
            .filter(|(_, entry)| entry.wired)
            .map(|(start, entry)| entry.end - start)
            .sum()
    }

    /// The addresses of the entry at or below an address, or else of the first one.
    pub(crate) fn nearest(&self, address: u64) -> Option<Range<u64>> {
        let below = self.entries.range(..=address).next_back();
        below
            .or_else(|| self.entries.first_key_value())
            .map(|(&start, entry)| start..entry.end)
    }

    /// The addresses that a mapping can have.
    pub(crate) fn limits(&self) -> Range<u64> {
        self.limits.clone()
    }

    pub(crate) fn contains_range(&self, range: &Range<u64>) -> bool {
        range.start <= range.end && self.limits.start <= range.start && range.end <= self.limits.end
    }

    /// The entry that an address lies in, and its start.
    pub(crate) fn find(&self, address: u64) -> Option<(u64, &Entry)> {
        let (&start, entry) = self.entries.range(..=address).next_back()?;
        (address < entry.end).then_some((start, entry))
    }

    /// The entries that a range touches.
    pub(crate) fn overlapping(&self, range: Range<u64>) -> impl Iterator<Item = (u64, &Entry)> {
        let first = self
            .find(range.start)
            .map_or(range.start, |(start, _)| start);
        self.entries
            .range(first..range.end.max(first))
            .map(|(&start, entry)| (start, entry))
    }

    pub(crate) fn is_free(&self, range: Range<u64>) -> bool {
        self.overlapping(range).next().is_none()
    }

    /// The first address of a range that no entry holds.
    pub(crate) fn first_hole(&self, range: Range<u64>) -> Option<u64> {
        let mut reached = range.start;
        for (start, entry) in self.overlapping(range.clone()) {
            if start > reached {
                return Some(reached);
            }
            reached = entry.end;
        }
        (reached < range.end).then_some(reached)
    }

    /// The parts of entries inside a range, cut out so that they can be changed by themselves.
    pub(crate) fn within_mut(
        &mut self,
        range: Range<u64>,
    ) -> impl Iterator<Item = (u64, &mut Entry)> {
        self.cut(range.start);
        self.cut(range.end);
        self.entries
            .range_mut(range.start..range.end.max(range.start))
            .map(|(&start, entry)| (start, entry))
    }

    /// Puts an entry where it belongs, instead of whatever was there.
    pub(crate) fn insert(&mut self, start: u64, entry: Entry) {
        let range = start..entry.end;
        self.remove(range.clone());
        self.taken += range.end - range.start;
        self.free.remove(range);
        self.entries.insert(start, entry);
    }

    /// Leaves nothing in a range.
    pub(crate) fn remove(&mut self, range: Range<u64>) {
        self.cut(range.start);
        self.cut(range.end);
        let starts: Vec<u64> = self
            .entries
            .range(range.start..range.end.max(range.start))
            .map(|(&start, _)| start)
            .collect();
        for start in starts {
            if let Some(entry) = self.entries.remove(&start) {
                self.taken -= entry.end - start;
                self.free.insert(start..entry.end);
            }
        }
    }

    fn cut(&mut self, at: u64) {
        let Some((start, entry)) = self.find(at) else {
            return;
        };
        if start == at {
            return;
        }
        let mut upper = entry.clone();
        if let Contents::Memory(memory) = &mut upper.contents {
            memory.advance((at - start) / PAGE);
        }
        self.entries.insert(at, upper);
        if let Some(lower) = self.entries.get_mut(&start) {
            lower.end = at;
        }
    }

    /// The lowest free range that starts at `from` or above and ends by `until`.
    pub(crate) fn lowest_gap(
        &self,
        from: u64,
        until: u64,
        length: u64,
        alignment: u64,
    ) -> Option<u64> {
        if from >= until {
            return None;
        }
        self.free.overlapping(from..until).find_map(|gap| {
            let start = gap.start.max(from).checked_next_multiple_of(alignment)?;
            let end = start.checked_add(length)?;
            (end <= gap.end.min(until)).then_some(start)
        })
    }

    /// The highest free range that starts at `at_most` or below.
    pub(crate) fn highest_gap(&self, at_most: u64, length: u64, alignment: u64) -> Option<u64> {
        let candidates = self.free.overlapping(0..at_most.saturating_add(1));
        candidates.rev().find_map(|gap| {
            let start = gap.end.checked_sub(length)?.min(at_most) & !(alignment - 1);
            (start >= gap.start).then_some(start)
        })
    }

    /// The frame behind an address.
    pub(crate) fn translate(&self, address: u64, access: Access) -> Result<Translation, Denial> {
        let (start, entry) = self.find(address).ok_or(Denial::Unmapped)?;
        entry.translate((address - start) / PAGE, access, self.implications)
    }

    /// Makes every page of a range present, as wiring does.
    pub(crate) fn populate(&self, range: Range<u64>) -> Result<(), Denial> {
        for (start, entry) in self.overlapping(range.clone()) {
            let access = match entry.protection {
                allowed if allowed.contains(Protection::WRITE) => Access::Write,
                allowed if allowed.contains(Protection::READ) => Access::Read,
                _ => Access::Fetch,
            };
            let pages =
                (range.start.max(start) - start) / PAGE..(range.end.min(entry.end) - start) / PAGE;
            for page in pages {
                entry.translate(page, access, self.implications)?;
            }
        }
        Ok(())
    }

    /// Whether the page at a mapped address was touched.
    pub(crate) fn is_resident(&self, address: u64) -> bool {
        self.find(address)
            .is_some_and(|(start, entry)| match &entry.contents {
                Contents::Guard | Contents::StackRoom => false,
                Contents::Memory(memory) => memory.resident((address - start) / PAGE),
            })
    }

    /// Copies bytes to the kernel, as the process could read them.
    pub(crate) fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Denial> {
        for (at, part) in parts(address, into.len())? {
            let frame = self.translate(at, Access::Read)?.frame;
            self.pool.read(frame, at % PAGE, &mut into[part]);
        }
        Ok(())
    }

    /// Copies bytes from the kernel, as the process could write them.
    pub(crate) fn write(&self, address: u64, from: &[u8]) -> Result<(), Denial> {
        for (at, part) in parts(address, from.len())? {
            let frame = self.translate(at, Access::Write)?.frame;
            self.pool.write(frame, at % PAGE, &from[part]);
        }
        Ok(())
    }

    /// The instruction at an address.
    pub(crate) fn fetch_word(&self, address: u64) -> Result<u32, Denial> {
        let mut bytes = [0; 4];
        for (at, part) in parts(address, bytes.len())? {
            let frame = self.translate(at, Access::Fetch)?.frame;
            self.pool.read(frame, at % PAGE, &mut bytes[part]);
        }
        Ok(u32::from_le_bytes(bytes))
    }

    pub(crate) fn read_word(&self, address: u64) -> Result<u64, Denial> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// What a child starts with.
    pub(crate) fn fork(&self) -> Result<Self, Missing> {
        let mut child = Self::new(&self.pool, self.limits(), self.implications);
        for (&start, entry) in &self.entries {
            let contents = match &entry.contents {
                Contents::Guard => Some(Contents::Guard),
                Contents::StackRoom => Some(Contents::StackRoom),
                Contents::Memory(memory) => memory
                    .inherit(&self.pool, (entry.end - start) / PAGE, entry.inheritance)?
                    .map(Contents::Memory),
            };
            if let Some(contents) = contents {
                let entry = Entry {
                    contents,
                    wired: false,
                    ..entry.clone()
                };
                child.insert(start, entry);
            }
        }
        Ok(child)
    }

    /// All mappings in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.entries.iter().map(|(&start, entry)| (start, entry))
    }
}

/// Splits a range of bytes where pages end: the address of each part, and where it stands in the buffer.
fn parts(address: u64, length: usize) -> Result<impl Iterator<Item = (u64, Range<usize>)>, Denial> {
    address.checked_add(length as u64).ok_or(Denial::Unmapped)?;
    let mut done = 0;
    Ok(core::iter::from_fn(move || {
        let at = address + done as u64;
        let count = (length - done).min((PAGE - at % PAGE) as usize);
        let part = done..done + count;
        done += count;
        (count > 0).then_some((at, part))
    }))
}
