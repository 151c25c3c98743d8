//! An address space that is an array of pages: it makes no system call, so that any address will do, and does what it is
//! told to refuse.
//!
//! The registry's own memory is real: it is mapped by the kernel.

use std::{
    cell::RefCell,
    ptr::{NonNull, without_provenance_mut},
};

use rawmap::{
    Advice, Errno, Inherit, Prot, Result,
    space::{
        AddressSpace, Attrs, Discard, Kernel, Kind, MapRequest, MoveTo, Placement, Region, SyncMode,
    },
};

pub const PAGE: usize = 4096;
/// Where the array begins.
pub const FIRST: usize = 0x10_0000_0000;
/// Enough for a tree of three levels.
pub const COUNT: usize = 600;

/// What is at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub prot: Prot,
    pub max_prot: Prot,
    pub shared: bool,
    /// Of a file, which of its bytes is the first.
    pub offset: Option<u64>,
    /// Two properties make three policies: children do not find it at all, or find it as zeros.
    pub absent: bool,
    pub wiped: bool,
    pub conceal: bool,
}

impl Page {
    fn of(attrs: &Attrs, at: usize) -> Self {
        Self {
            prot: attrs.prot(),
            max_prot: attrs.max_prot(),
            shared: attrs.shared(),
            offset: match attrs.kind() {
                Kind::File { offset } => Some(offset + (at * PAGE) as u64),
                _ => None,
            },
            absent: attrs.inherit() == Inherit::NONE,
            wiped: attrs.inherit() == Inherit::ZERO,
            conceal: attrs.conceal(),
        }
    }

    /// The page that follows in the same mapping.
    fn following(self) -> Self {
        Self {
            offset: self.offset.map(|offset| offset + PAGE as u64),
            ..self
        }
    }

    pub fn inherit(&self) -> Inherit {
        match (self.absent, self.wiped) {
            (true, _) => Inherit::NONE,
            (false, true) => Inherit::ZERO,
            (false, false) => Inherit::COPY,
        }
    }

    pub fn attrs(&self) -> Attrs {
        Attrs::new()
            .with_prot(self.prot)
            .with_max_prot(self.max_prot)
            .with_shared(self.shared)
            .with_kind(
                self.offset
                    .map_or(Kind::Anonymous, |offset| Kind::File { offset }),
            )
            .with_inherit(self.inherit())
            .with_conceal(self.conceal)
    }

    pub fn is_private_anonymous(&self) -> bool {
        !self.shared && self.offset.is_none()
    }
}

/// What the next operation meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Nothing,
    /// Its first call fails.
    Call,
    /// Protecting stops at this page, of the array. If it is stubborn, the page cannot get back what it had either.
    Protect {
        page: usize,
        to: Prot,
        stubborn: bool,
    },
}

struct State {
    pages: Vec<Option<Page>>,
    refusal: Refusal,
    /// Which of the places that are free is taken.
    choice: usize,
    calls: u64,
    /// What the registry has for itself.
    own: Vec<Region>,
}

pub struct PageArray {
    state: RefCell<State>,
}

/// A region of the array.
pub fn region(at: usize, len: usize) -> Region {
    let ptr = NonNull::new(without_provenance_mut(FIRST + at * PAGE)).expect("not null");
    Region::new(ptr, len)
}

impl State {
    fn call(&mut self) -> Result<()> {
        self.calls += 1;
        if self.refusal == Refusal::Call {
            self.refusal = Refusal::Nothing;
            return Err(Errno::EAGAIN);
        }
        Ok(())
    }

    /// The pages of a region, all within the array.
    fn range(region: Region) -> Result<std::ops::Range<usize>> {
        let at = region.start().wrapping_sub(FIRST) / PAGE;
        let end = at.saturating_add(region.len().div_ceil(PAGE));
        if region.start() < FIRST || end > COUNT {
            return Err(Errno::ENOMEM);
        }
        Ok(at..end)
    }

    fn is_free(&self, at: usize, count: usize) -> bool {
        self.pages
            .get(at..at + count)
            .is_some_and(|pages| pages.iter().all(Option::is_none))
    }

    fn gap(&self, count: usize) -> Result<usize> {
        let free = |at: &usize| self.is_free(*at, count);
        let gaps = (0..COUNT).filter(free).count();
        let choice = self.choice.checked_rem(gaps).ok_or(Errno::ENOMEM)?;
        (0..COUNT).filter(free).nth(choice).ok_or(Errno::ENOMEM)
    }

    fn fill(&mut self, at: usize, count: usize, first: Page) {
        let mut page = first;
        for slot in &mut self.pages[at..at + count] {
            *slot = Some(page);
            page = page.following();
        }
    }

    /// The first page of a range that is one mapping.
    fn one(&self, range: std::ops::Range<usize>) -> Result<Page> {
        let pages = &self.pages[range];
        let one = pages
            .windows(2)
            .all(|two| two[0].map(Page::following) == two[1]);
        match pages.first() {
            Some(&Some(page)) if one => Ok(page),
            _ => Err(Errno::ENOTSUP),
        }
    }

    fn whole(&mut self, region: Region) -> Result<impl Iterator<Item = &mut Page>> {
        let pages = &mut self.pages[Self::range(region)?];
        if pages.iter().any(Option::is_none) {
            return Err(Errno::ENOMEM);
        }
        Ok(pages.iter_mut().flatten())
    }
}

impl PageArray {
    pub fn new() -> Self {
        Self {
            state: RefCell::new(State {
                pages: vec![None; COUNT],
                refusal: Refusal::Nothing,
                choice: 0,
                calls: 0,
                own: Vec::new(),
            }),
        }
    }

    pub fn page(&self, at: usize) -> Option<Page> {
        self.state.borrow().pages[at]
    }

    /// Maps without the registry.
    pub fn put(&self, at: usize, count: usize, attrs: &Attrs) {
        self.state.borrow_mut().fill(at, count, Page::of(attrs, 0));
    }

    /// What children find of pages that they do not find yet is as at first.
    pub fn keep_on_fork(&self, pages: std::ops::Range<usize>) {
        let state = &mut self.state.borrow_mut();
        for page in state.pages[pages].iter_mut().flatten() {
            page.wiped &= !page.absent;
        }
    }

    pub fn refuse(&self, refusal: Refusal) {
        self.state.borrow_mut().refusal = refusal;
    }

    pub fn choose(&self, choice: usize) {
        self.state.borrow_mut().choice = choice;
    }

    pub fn calls(&self) -> u64 {
        self.state.borrow().calls
    }
}

impl Drop for PageArray {
    /// A registry keeps its memory for ever, for those who may still be reading there. Here nobody is.
    fn drop(&mut self) {
        for region in self.state.get_mut().own.drain(..) {
            // SAFETY: the registry that had it is gone with this one.
            unsafe { Kernel.unmap(region) }.expect("unmap");
        }
    }
}

/// Is it the page of the lock, or a slab? What is asked for from outside may become executable.
fn is_registrys_own(request: &MapRequest<'_>) -> bool {
    !request.attrs().max_prot().contains(Prot::EXEC)
}

// SAFETY: it hands out every page once, and nobody goes there: the addresses are for looking at.
unsafe impl AddressSpace for PageArray {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        if is_registrys_own(request) {
            let region = Kernel.map(request)?;
            self.state.borrow_mut().own.push(region);
            return Ok(region);
        }
        let mut state = self.state.borrow_mut();
        state.call()?;
        let count = request.requested_len().div_ceil(PAGE);
        let index = |at: usize| at.wrapping_sub(FIRST) / PAGE;
        let at = match request.requested_placement() {
            Placement::Hint(at) if state.is_free(index(at), count) => index(at),
            Placement::FixedNoReplace(at) if index(at) + count > COUNT => {
                return Err(Errno::ENOMEM);
            }
            Placement::FixedNoReplace(at) if state.is_free(index(at), count) => index(at),
            Placement::FixedNoReplace(_) => return Err(Errno::EEXIST),
            _ => state.gap(count)?,
        };
        state.fill(at, count, Page::of(&request.attrs(), 0));
        Ok(region(at, count * PAGE))
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        let mut state = self.state.borrow_mut();
        let range = State::range(at)?;
        // At one time it has unmapped already when it refuses, at another it has not.
        if state.choice.is_multiple_of(2) {
            state.pages[range.clone()].fill(None);
        }
        state.call()?;
        state.fill(range.start, range.len(), Page::of(&request.attrs(), 0));
        Ok(region(range.start, range.len() * PAGE))
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        let mut state = self.state.borrow_mut();
        state.call()?;
        state.pages[State::range(region)?].fill(None);
        Ok(())
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        let mut state = self.state.borrow_mut();
        state.call()?;
        let refusal = state.refusal;
        for at in State::range(region)? {
            if let Refusal::Protect { page, to, stubborn } = refusal
                && page == at
                && (stubborn || to == prot)
            {
                return Err(Errno::EACCES);
            }
            match &mut state.pages[at] {
                Some(page) => page.prot = prot,
                None => return Err(Errno::ENOMEM),
            }
        }
        Ok(())
    }

    unsafe fn remap(
        &self,
        old: Region,
        new_len: usize,
        to: MoveTo,
        _attrs: &Attrs,
    ) -> Result<Region> {
        let mut state = self.state.borrow_mut();
        state.call()?;
        let range = State::range(old)?;
        let count = new_len.div_ceil(PAGE);
        if count <= range.len() && !matches!(to, MoveTo::FixedNoReplace(_)) {
            // Only the end goes, whatever it is made of.
            state.pages[range.start + count..range.end].fill(None);
            return Ok(region(range.start, count * PAGE));
        }
        let first = state.one(range.clone())?;
        let in_place = count > range.len() && state.is_free(range.end, count - range.len());
        let at = match to {
            MoveTo::Anywhere | MoveTo::InPlace if in_place => range.start,
            MoveTo::InPlace => return Err(Errno::ENOMEM),
            MoveTo::FixedNoReplace(at) => {
                let at = at.wrapping_sub(FIRST) / PAGE;
                if !state.is_free(at, count) {
                    return Err(Errno::EEXIST);
                }
                at
            }
            _ => state.gap(count)?,
        };
        state.pages[range].fill(None);
        state.fill(at, count, first);
        Ok(region(at, count * PAGE))
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        let mut state = self.state.borrow_mut();
        state.call()?;
        for page in state.whole(region)? {
            match advice {
                Advice::DONTFORK => page.absent = true,
                Advice::DOFORK => page.absent = false,
                Advice::WIPEONFORK => page.wiped = true,
                Advice::KEEPONFORK => page.wiped = false,
                Advice::DONTDUMP => page.conceal = true,
                Advice::DODUMP => page.conceal = false,
                _ => {}
            }
        }
        Ok(())
    }

    unsafe fn discard(&self, region: Region, _how: Discard, _attrs: &Attrs) -> Result<()> {
        let mut state = self.state.borrow_mut();
        state.call()?;
        state.whole(region).map(drop)
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        let mut state = self.state.borrow_mut();
        state.call()?;
        for page in state.whole(region)? {
            page.absent = how == Inherit::NONE;
            page.wiped = how == Inherit::ZERO || page.absent && page.wiped;
        }
        Ok(())
    }

    /// What the registry asks to learn whether there is a hole: a question, which counts as no call and is not refused.
    fn sync(&self, region: Region, mode: SyncMode, _invalidate: bool) -> Result<()> {
        let mut state = self.state.borrow_mut();
        // To begin is what the registry asks for where it wants to know what is there.
        if mode != SyncMode::Start {
            state.call()?;
        }
        state.whole(region).map(drop)
    }
}
