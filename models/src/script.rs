//! A kernel that does what it is told: it keeps a table of pages, and refuses where a test wants it to.
//!
//! Memory that the registry needs for itself is real.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    ptr::{self, NonNull, without_provenance_mut},
};

use crate::{
    Advice, Errno, Inherit, Prot, Result, page_size,
    space::{
        AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Placement, Region, SyncMode,
    },
};

/// Where the registry maps for itself.
const ITS_OWN: Range<usize> = 0x1000_0000_0000..0x5000_0000_0000;

/// What the table knows of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) prot: Prot,
    pub(crate) inherit: Inherit,
    pub(crate) shared: bool,
}

/// What the next call is refused for, and what it has done by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing.
    AtOnce,
    /// To pages below this address what was asked for. Where everything is replaced, everything is gone.
    From(usize),
    /// As before, but of protections only this one.
    Protection(usize, Prot),
}

#[derive(Clone, Default)]
struct State {
    pages: BTreeMap<usize, Page>,
    /// Where the next mapping without a place goes.
    next: usize,
    refusal: Option<Refusal>,
    /// Did a call succeed in the operation that is watched?
    has_acted: bool,
    /// What the registry was told to forget.
    foreign: BTreeSet<usize>,
    /// What the registry mapped for itself.
    own: Vec<(usize, usize)>,
}

thread_local! {
    /// All memory that was ever mapped for registries.
    static OWN: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
    static STATE: RefCell<State> = RefCell::new(State::default());
}

fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    STATE.with(|state| act(&mut state.borrow_mut()))
}

/// The state, to be put back.
#[derive(Clone)]
pub(crate) struct Saved(State);

pub(crate) fn save() -> Saved {
    Saved(with(|state| state.clone()))
}

pub(crate) fn restore(saved: &Saved) {
    with(|state| *state = saved.0.clone());
}

/// Forgets everything; the next mapping without a place goes to this address.
pub(crate) fn begin(next: usize) {
    with(|state| {
        *state = State {
            next,
            ..State::default()
        };
    });
}

pub(crate) fn place_next(next: usize) {
    with(|state| state.next = next);
}

pub(crate) fn refuse(refusal: Option<Refusal>) {
    with(|state| state.refusal = refusal);
}

pub(crate) fn set_has_acted(has_acted: bool) {
    with(|state| state.has_acted = has_acted);
}

pub(crate) fn has_acted() -> bool {
    with(|state| state.has_acted)
}

/// The table.
pub(crate) fn pages() -> BTreeMap<usize, Page> {
    with(|state| state.pages.clone())
}

/// Mapped by somebody who does not ask the registry.
pub(crate) fn map_otherwise(start: usize, len: usize, attrs: &Attrs) {
    with(|state| state.map(start, len, attrs));
}

/// The registry is not to know of it any more.
pub(crate) fn make_foreign(start: usize, len: usize) {
    with(|state| state.foreign.extend(each(start, len)));
}

/// What the registry need not know of.
pub(crate) fn foreign() -> BTreeSet<usize> {
    with(|state| state.foreign.clone())
}

/// A forked child does not have everything.
pub(crate) fn become_child() {
    with(|state| {
        state.pages.retain(|_, page| page.inherit != Inherit::NONE);
    });
}

/// What the registry mapped for itself: start and length of each; the first one is the lock's.
pub(crate) fn own() -> Vec<(usize, usize)> {
    with(|state| state.own.clone())
}

/// Is all of a range mapped?
pub(crate) fn is_mapped(start: usize, len: usize) -> Result<()> {
    with(|state| {
        let all = each(start, len).all(|page| state.pages.contains_key(&page));
        if all { Ok(()) } else { Err(Errno::ENOMEM) }
    })
}

fn each(start: usize, len: usize) -> impl Iterator<Item = usize> {
    (start..start + len).step_by(page_size())
}

/// Real memory, which is taken again when the state that has it was put back.
fn own_memory(len: usize) -> Result<Region> {
    let taken = own();
    let free = OWN.with(|all| {
        let all = all.borrow();
        let mut free = all
            .iter()
            .filter(|own| own.1 == len && !taken.contains(own));
        free.next().copied()
    });
    let own = match free {
        Some((start, len)) => {
            // SAFETY: the registry that had it was put back to where it had not.
            unsafe { ptr::write_bytes(ptr::with_exposed_provenance_mut::<u8>(start), 0, len) };
            (start, len)
        }
        None => {
            let new = Kernel.map(&MapRequest::anonymous(len))?;
            OWN.with(|all| {
                all.borrow_mut()
                    .push((new.as_ptr().expose_provenance(), len))
            });
            (new.start(), len)
        }
    };
    with(|state| state.own.push(own));
    let pointer = NonNull::new(ptr::with_exposed_provenance_mut(own.0));
    Ok(Region::new(pointer.expect("not at address 0"), len))
}

fn region(start: usize, len: usize) -> Region {
    let pointer = NonNull::new(without_provenance_mut(start)).expect("not at address 0");
    Region::new(pointer, len)
}

fn rounded(len: usize) -> usize {
    len.next_multiple_of(page_size())
}

impl State {
    fn map(&mut self, start: usize, len: usize, attrs: &Attrs) {
        for page in each(start, len) {
            let new = Page {
                prot: attrs.prot(),
                inherit: attrs.inherit(),
                shared: attrs.shared(),
            };
            self.pages.insert(page, new);
        }
    }

    fn unmap(&mut self, start: usize, len: usize) {
        for page in each(start, len) {
            self.pages.remove(&page);
        }
    }

    fn is_free(&self, start: usize, len: usize) -> bool {
        each(start, len).all(|page| !self.pages.contains_key(&page))
    }

    /// How much of a range is done before the refusal, and the answer.
    fn answer(&mut self, start: usize, len: usize) -> (usize, Result<()>) {
        match self.refusal {
            None => {
                self.has_acted = true;
                (len, Ok(()))
            }
            Some(Refusal::AtOnce) => (0, Err(Errno::ENOMEM)),
            // Asked for something else.
            Some(Refusal::Protection(..)) => (len, Ok(())),
            Some(Refusal::From(address)) if (start..start + len).contains(&address) => {
                (address - start, Err(Errno::EACCES))
            }
            Some(Refusal::From(address)) if address < start => (0, Err(Errno::EACCES)),
            Some(Refusal::From(_)) => (len, Ok(())),
        }
    }
}

/// The space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script;

impl Script {
    /// Of what is no protection, a refusal has changed nothing.
    fn change(&self, region: Region, change: impl Fn(&mut Page)) -> Result<()> {
        let (start, len) = (region.start(), rounded(region.len()));
        is_mapped(start, len)?;
        with(|state| state.answer(start, len).1)?;
        with(|state| {
            for page in each(start, len) {
                change(state.pages.get_mut(&page).ok_or(Errno::ENOMEM)?);
            }
            Ok(())
        })
    }

    /// Pages before one that is not mapped, or is refused, have changed.
    fn change_as_far(&self, region: Region, change: impl Fn(&mut Page)) -> Result<()> {
        with(|state| {
            let (start, len) = (region.start(), rounded(region.len()));
            let (done, answer) = state.answer(start, len);
            for page in each(start, done) {
                change(state.pages.get_mut(&page).ok_or(Errno::ENOMEM)?);
            }
            answer
        })
    }
}

// SAFETY: nobody ever goes to the memory, but for the registry's own, which the kernel has given.
unsafe impl AddressSpace for Script {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        let len = rounded(request.requested_len());
        let placement = request.requested_placement();
        let is_own = match placement {
            Placement::FixedNoReplace(at) => ITS_OWN.contains(&at),
            _ => request.attrs().inherit() == Inherit::ZERO,
        };
        if is_own {
            return own_memory(len);
        }
        with(|state| {
            let start = match placement {
                Placement::FixedNoReplace(at) => at,
                _ => state.next,
            };
            state.answer(start, len).1?;
            if !state.is_free(start, len) {
                return Err(Errno::EEXIST);
            }
            state.map(start, len, &request.attrs());
            Ok(region(start, len))
        })
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        with(|state| {
            let len = rounded(at.len());
            if let (_, Err(error)) = state.answer(at.start(), len) {
                // Of a kernel, all of it is gone or nothing.
                if state.refusal != Some(Refusal::AtOnce) {
                    state.unmap(at.start(), len);
                }
                return Err(error);
            }
            state.map(at.start(), at.len(), &request.attrs());
            Ok(at)
        })
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        with(|state| {
            let len = rounded(region.len());
            state.answer(region.start(), len).1?;
            state.unmap(region.start(), len);
            Ok(())
        })
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        let refusal = with(|state| state.refusal);
        if let Some(Refusal::Protection(address, bad)) = refusal
            && bad == prot
        {
            refuse(Some(Refusal::From(address)));
        }
        let answer = self.change_as_far(region, |page| page.prot = prot);
        refuse(refusal);
        answer
    }

    unsafe fn remap(
        &self,
        from: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        with(|state| {
            let (start, len, new_len) = (from.start(), rounded(from.len()), rounded(new_len));
            state.answer(start, len).1?;
            let target = match to {
                MoveTo::InPlace => start,
                MoveTo::Anywhere if new_len <= len => start,
                MoveTo::Anywhere => state.next,
                MoveTo::FixedNoReplace(at) => at,
            };
            let old = *state.pages.get(&start).ok_or(Errno::EFAULT)?;
            state.unmap(start, len);
            if !state.is_free(target, new_len) {
                state.map(start, len, attrs);
                return Err(Errno::ENOMEM);
            }
            state.map(target, new_len, attrs);
            for page in each(target, new_len) {
                state.pages.insert(page, old);
            }
            Ok(region(target, new_len))
        })
    }

    unsafe fn advise(&self, region: Region, _: Advice) -> Result<()> {
        self.change(region, |_| {})
    }

    unsafe fn discard(&self, region: Region, _: Discard, _: &Attrs) -> Result<()> {
        self.change(region, |_| {})
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        self.change(region, |page| page.inherit = how)
    }

    fn sync(&self, region: Region, _: SyncMode, _: bool) -> Result<()> {
        is_mapped(region.start(), rounded(region.len()))
    }
}
