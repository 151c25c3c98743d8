//! Real operations on addresses of a test's own, where neither the kernel nor anybody else maps.

use std::{
    ops::Range,
    ptr::{NonNull, with_exposed_provenance_mut},
};

use rawmap::{
    Advice, Errno, Inherit, MemfdFlags, OwnedFd, Prot, Result, raw,
    registry::Registry,
    space::{AddressSpace, Discard, Kind, MapRequest, MoveTo, Placement, Region},
};

pub const PAGE: usize = 4096;

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
const PROTECTIONS: [Prot; 3] = [Prot::NONE, Prot::READ, READ_WRITE];
/// Pages of the object that is mapped.
const OBJECT: usize = 1 << 12;

/// A generator of numbers that are the same in every run.
pub struct Numbers(u64);

impl Numbers {
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

/// An operation on an arena.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Map(Style),
    MapOver(Style),
    Unmap,
    Protect(Prot),
    /// To so many pages; where to, of the arena's pages.
    Remap(usize, Option<usize>),
    Discard(Discard),
    Inherit(Inherit),
    Advise(Advice),
    /// Forgotten, and recorded again as it was.
    Retrack,
    SetUser(u64),
}

/// How a new mapping is.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    prot: Prot,
    shared: bool,
    /// Of the object, in pages.
    offset: Option<usize>,
}

/// An operation and the pages that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub operation: Operation,
    pub at: usize,
    pub count: usize,
}

/// Where, and what can be mapped there.
pub struct Arena {
    start: usize,
    pages: usize,
    object: OwnedFd,
}

pub fn region(start: usize, len: usize) -> Region {
    let ptr = NonNull::new(with_exposed_provenance_mut(start));
    Region::new(ptr.expect("not null"), len)
}

impl Style {
    fn any(numbers: &mut Numbers) -> Self {
        let plain = Self {
            prot: READ_WRITE,
            shared: false,
            offset: None,
        };
        match numbers.below(8) {
            0 => Self {
                prot: PROTECTIONS[numbers.below(3)],
                ..plain
            },
            1 => Self {
                shared: true,
                ..plain
            },
            2 | 3 => Self {
                shared: numbers.below(2) == 0,
                offset: Some(numbers.below(OBJECT / 2)),
                ..plain
            },
            _ => plain,
        }
    }
}

impl Arena {
    pub fn new(start: usize, pages: usize) -> Self {
        // SAFETY: the name is a string that ends with a zero.
        let raw = unsafe { raw::memfd_create(c"arena".as_ptr(), MemfdFlags::CLOEXEC) };
        let raw = raw.expect("an object");
        // SAFETY: the descriptor is this code's.
        let grown = unsafe { libc::ftruncate(raw, (OBJECT * PAGE) as i64) };
        assert_eq!(grown, 0);
        Self {
            start,
            pages,
            // SAFETY: nobody else has it.
            object: unsafe { OwnedFd::from_raw(raw) },
        }
    }

    pub fn range(&self, at: usize, count: usize) -> Range<usize> {
        self.start + at * PAGE..self.start + (at + count) * PAGE
    }

    pub fn region(&self, at: usize, count: usize) -> Region {
        region(self.start + at * PAGE, count * PAGE)
    }

    fn request(&self, style: Style, count: usize) -> MapRequest<'_> {
        let request = match style.offset {
            Some(offset) => {
                MapRequest::file(self.object.borrow(), (offset * PAGE) as u64, count * PAGE)
            }
            None => MapRequest::anonymous(count * PAGE),
        };
        request
            .prot(style.prot)
            .max_prot(READ_WRITE)
            .shared(style.shared)
    }

    /// Something that can be done.
    pub fn any(&self, numbers: &mut Numbers, longest: usize) -> Step {
        let at = numbers.below(self.pages);
        let count = (1 + numbers.below(longest)).min(self.pages - at);
        let operation = match numbers.below(24) {
            0..=4 => Operation::Map(Style::any(numbers)),
            5..=7 => Operation::MapOver(Style::any(numbers)),
            8..=11 => Operation::Unmap,
            12..=15 => Operation::Protect(PROTECTIONS[numbers.below(3)]),
            16..=18 => {
                let to = 1 + numbers.below(longest);
                let fixed = numbers.below(3) != 0;
                Operation::Remap(to, fixed.then(|| numbers.below(self.pages - longest)))
            }
            19 => Operation::Discard([Discard::Lazy, Discard::Zero][numbers.below(2)]),
            20 => {
                Operation::Inherit([Inherit::COPY, Inherit::NONE, Inherit::ZERO][numbers.below(3)])
            }
            21 => Operation::Advise(
                [Advice::DONTDUMP, Advice::DODUMP, Advice::WILLNEED][numbers.below(3)],
            ),
            22 => Operation::SetUser(numbers.below(4) as u64),
            _ => Operation::Retrack,
        };
        Step {
            operation,
            at,
            count,
        }
    }

    /// Does it.
    pub fn run<A: AddressSpace>(&self, registry: &Registry<A>, step: &Step) -> Result<()> {
        let Step {
            operation,
            at,
            count,
        } = *step;
        let region = self.region(at, count);
        // SAFETY: the arena is the test's, and nothing refers to it, here and below.
        unsafe {
            match operation {
                Operation::Map(style) => {
                    let place = Placement::FixedNoReplace(region.start());
                    registry
                        .map(&self.request(style, count).placement(place))
                        .map(drop)
                }
                Operation::MapOver(style) => registry
                    .map_over(region, &self.request(style, count))
                    .map(drop),
                Operation::Unmap => registry.unmap(region),
                Operation::Protect(prot) => registry.protect(region, prot),
                Operation::Remap(pages, to) => {
                    let info = registry.find(region.start()).ok_or(Errno::ENOENT)?;
                    // Behind the last page of the arena is not the arena.
                    if to.is_none() && at + pages > self.pages {
                        return Err(Errno::ENOENT);
                    }
                    let to = match to {
                        Some(at) => MoveTo::FixedNoReplace(self.region(at, 1).start()),
                        None => MoveTo::InPlace,
                    };
                    registry
                        .remap(region, pages * PAGE, to, &info.attrs())
                        .map(drop)
                }
                Operation::Discard(how) => {
                    let info = registry.find(region.start()).ok_or(Errno::ENOENT)?;
                    registry.discard(region, how, &info.attrs())
                }
                Operation::Inherit(how) => {
                    self.is_alike(registry, step)?;
                    registry.inherit(region, how)
                }
                Operation::Advise(advice) => {
                    self.is_alike(registry, step)?;
                    registry.advise(region, advice)
                }
                Operation::Retrack => {
                    let info = registry.find(region.start()).ok_or(Errno::ENOENT)?;
                    registry.untrack(info.start()..info.end())?;
                    registry.track(info)
                }
                Operation::SetUser(user) => registry.set_user(self.range(at, count), user),
            }
        }
    }

    /// Is it all known, and private anonymous? What else there is takes no policy, and the kernel would say so half-way.
    fn is_alike<A: AddressSpace>(&self, registry: &Registry<A>, step: &Step) -> Result<()> {
        let range = self.range(step.at, step.count);
        let mut from = range.start;
        while from < range.end {
            let info = registry.find(from).ok_or(Errno::ENOENT)?;
            if info.shared() || !matches!(info.kind(), Kind::Anonymous) {
                return Err(Errno::ENOENT);
            }
            from = info.end();
        }
        Ok(())
    }

    /// Takes everything away, known or not.
    pub fn clear<A: AddressSpace>(&self, registry: &Registry<A>) {
        // SAFETY: as above.
        unsafe { registry.unmap(self.region(0, self.pages)) }.expect("unmap");
    }
}
