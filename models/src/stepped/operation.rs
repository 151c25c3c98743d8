//! The operations that are stepped through.

use std::{
    iter,
    ops::Range,
    ptr::{NonNull, without_provenance_mut},
};

use fastrand::Rng;

use crate::{
    Advice, Errno, Inherit, Prot, Result, page_size,
    registry::{MapInfo, Registry},
    script::{self, Refusal, Script},
    space::{AddressSpace, Attrs, Discard, Kind, MapRequest, MoveTo, Placement, Region},
};

/// What a mapping is to be like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) prot: Prot,
    pub(crate) shared: bool,
    pub(crate) inherit: Inherit,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Where the kernel chooses, or at a place.
    Map(Look, bool),
    MapOver(Look),
    Unmap,
    Protect(Prot),
    /// To so many pages, at a place.
    Remap(usize, MoveTo, usize),
    Inherit(Inherit),
    Conceal(bool),
    Discard,
    /// As showing a file, or as private memory with a word.
    Track(Look, bool, u64),
    Untrack,
    SetUser(u64),
}

/// An operation on a range.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) action: Action,
    pub(crate) at: usize,
    pub(crate) pages: usize,
    pub(crate) refusal: Option<Refusal>,
}

pub(crate) const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

fn region(start: usize, len: usize) -> Region {
    let pointer = NonNull::new(without_provenance_mut(start)).expect("not at address 0");
    Region::new(pointer, len)
}

impl Look {
    pub(crate) fn any(random: &mut Rng) -> Self {
        Self {
            prot: match random.u8(..4) {
                0 => Prot::READ,
                _ => READ_WRITE,
            },
            shared: random.u8(..4) == 0,
            inherit: match random.u8(..16) {
                0 => Inherit::NONE,
                _ => Inherit::COPY,
            },
        }
    }

    fn request(self, len: usize) -> MapRequest<'static> {
        MapRequest::anonymous(len)
            .prot(self.prot)
            .max_prot(READ_WRITE)
            .shared(self.shared)
            .inherit(self.inherit)
    }

    fn attrs(self) -> Attrs {
        Attrs::new()
            .with_prot(self.prot)
            .with_max_prot(READ_WRITE)
            .with_shared(self.shared)
            .with_inherit(self.inherit)
    }
}

impl Operation {
    pub(crate) fn len(&self) -> usize {
        self.pages * page_size()
    }

    /// All addresses of which something may change.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        let range = self.at..self.at + self.len();
        match self.action {
            Action::Remap(pages, MoveTo::InPlace, _) => {
                let end = range.end.max(self.at + pages * page_size());
                iter::once(self.at..end).collect()
            }
            Action::Remap(pages, _, place) => vec![range, place..place + pages * page_size()],
            _ => vec![range],
        }
    }

    /// Would a child not find all of it?
    pub(crate) fn hides(&self) -> bool {
        match &self.action {
            Action::Map(look, _) | Action::MapOver(look) | Action::Track(look, ..) => {
                look.inherit == Inherit::NONE
            }
            Action::Inherit(how) => *how == Inherit::NONE,
            _ => false,
        }
    }

    /// Does it.
    pub(crate) fn perform(&self, registry: &Registry<Script>) -> Result<()> {
        script::refuse(self.refusal);
        let answer = self.call(registry);
        script::refuse(None);
        answer
    }

    fn call(&self, registry: &Registry<Script>) -> Result<()> {
        let len = self.len();
        let there = region(self.at, len);
        // SAFETY: nobody ever goes to memory of the script.
        unsafe {
            match &self.action {
                Action::Map(look, true) => {
                    let request = look.request(len);
                    let placement = Placement::FixedNoReplace(self.at);
                    registry.map(&request.placement(placement)).map(drop)
                }
                Action::Map(look, false) => {
                    script::place_next(self.at);
                    registry.map(&look.request(len)).map(drop)
                }
                Action::MapOver(look) => registry.map_over(there, &look.request(len)).map(drop),
                Action::Unmap => registry.unmap(there),
                Action::Protect(prot) => registry.protect(there, *prot),
                Action::Remap(pages, to, place) => {
                    script::place_next(*place);
                    let attrs = registry
                        .find(self.at)
                        .map_or_else(Attrs::new, |info| info.attrs());
                    let new_len = pages * page_size();
                    registry.remap(there, new_len, *to, &attrs).map(drop)
                }
                Action::Inherit(how) => registry.inherit(there, *how),
                Action::Conceal(true) => registry.advise(there, Advice::DONTDUMP),
                Action::Conceal(false) => registry.advise(there, Advice::DODUMP),
                Action::Discard => registry.discard(there, Discard::Zero, &Attrs::new()),
                Action::Track(look, is_file, user) => {
                    script::map_otherwise(self.at, len, &look.attrs());
                    let kind = if *is_file {
                        Kind::File { offset: 0x7000 }
                    } else {
                        Kind::Anonymous
                    };
                    let info = MapInfo::new(there, &look.attrs().with_kind(kind));
                    let answer = registry.track(info.with_user(*user));
                    if answer.is_err() {
                        script::make_foreign(self.at, len);
                    }
                    answer
                }
                Action::Untrack => {
                    let answer = registry.untrack(self.at..self.at + len);
                    if answer.is_ok() {
                        script::make_foreign(self.at, len);
                    }
                    answer
                }
                Action::SetUser(user) => registry.set_user(self.at..self.at + len, *user),
            }
        }
    }

    /// One that concerns what is there: exactly an entry, a part of one, several of them with or without cutting, or
    /// where nothing is.
    pub(crate) fn any(random: &mut Rng, entries: &[MapInfo], base: usize) -> Self {
        let page = page_size();
        let (mut at, mut pages) = (base + random.usize(..64) * page, random.usize(1..4));
        let mut within = None;
        if !entries.is_empty() {
            let first = random.usize(..entries.len());
            let start = &entries[first];
            let count = start.len() / page;
            match random.u8(..8) {
                0 | 1 => (at, pages, within) = (start.start(), count, Some(start)),
                2 => {
                    (at, pages, within) = (start.start(), random.usize(1..count + 1), Some(start));
                }
                3 => {
                    let part = random.usize(1..count + 1);
                    (at, pages, within) = (start.end() - part * page, part, Some(start));
                }
                4 if count > 2 => {
                    (at, pages, within) = (start.start() + page, count - 2, Some(start));
                }
                5 => (at, pages) = (start.end(), random.usize(1..3)),
                _ => {
                    let last = (first + random.usize(..20)).min(entries.len() - 1);
                    let end =
                        entries[last].end() - random.usize(..entries[last].len() / page) * page;
                    at = start.start() + random.usize(..count) * page;
                    if end > at {
                        pages = ((end - at) / page).min(256);
                    }
                }
            }
        }
        let refusal = match random.u8(..4) {
            0 => Some(Refusal::AtOnce),
            1 => Some(Refusal::From(at + random.usize(..pages) * page)),
            _ => None,
        };
        let prot = match random.u8(..3) {
            0 => Prot::READ,
            1 => READ_WRITE,
            _ => Prot::NONE,
        };
        let look = Look::any(random);
        let action = match random.u8(..24) {
            0..3 => Action::Map(look, random.bool()),
            3..6 => Action::MapOver(look),
            6..10 => Action::Unmap,
            10..14 => Action::Protect(prot),
            14 | 15 => match within {
                Some(_) => {
                    let new_pages = random.usize(1..pages + 3);
                    let place = base + 2048 * page + random.usize(..64) * 16 * page;
                    let to = match random.u8(..3) {
                        0 => MoveTo::InPlace,
                        1 if new_pages > pages => MoveTo::Anywhere,
                        _ => MoveTo::FixedNoReplace(place),
                    };
                    Action::Remap(new_pages, to, place)
                }
                None => Action::Unmap,
            },
            16 => Action::Inherit(if random.bool() {
                Inherit::NONE
            } else {
                Inherit::COPY
            }),
            17 => Action::Conceal(random.bool()),
            18 => Action::Discard,
            19 | 20 => Action::Track(look, random.bool(), random.u64(..2)),
            21 | 22 => Action::Untrack,
            _ => Action::SetUser(random.u64(..3)),
        };
        let refusal = match (&action, refusal) {
            (Action::Protect(prot), Some(Refusal::From(address))) if random.bool() => {
                Some(Refusal::Protection(address, *prot))
            }
            (_, refusal) => refusal,
        };
        Self {
            action,
            at,
            pages,
            refusal,
        }
    }
}

/// May a write that was begun at any moment be answered so?
pub(crate) fn is_refusal_of_a_handler(error: Errno) -> bool {
    error == Errno::EDEADLK
}
