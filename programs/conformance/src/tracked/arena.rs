//! Addresses of a row's own, and a registry that has mappings nowhere else.

use core::{fmt, ops::Range, ptr};

use rawmap::{
    Errno, Inherit, Prot, page_size, raw,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Attrs, Discard, MapRequest, MoveTo, Placement, Region},
};

use super::state::{self, State};
use crate::{
    pages::{PRIVATE, Pages, READ_WRITE},
    placed::{self, FAR},
    portable::owned::{answer, region},
    report::{Row, Unable},
};

/// So many pages at addresses where nothing else goes, and the registry.
#[derive(Clone, Copy)]
pub(super) struct Arena {
    pub(super) registry: &'static Registry,
    pub(super) pages: Pages,
}

impl Arena {
    /// Addresses where nothing is.
    pub(super) fn free(count: usize) -> Self {
        Self::of(Registry::global(), count)
    }

    /// The same for another registry.
    pub(super) fn of(registry: &'static Registry, count: usize) -> Self {
        // What a registry maps for itself may go anywhere: it does so before there is anything that it could be next to.
        if let Ok(region) = registry.map(&anonymous(1)) {
            // SAFETY: it was made just now. If it stays, every state shows it.
            let _ = unsafe { registry.unmap(region) };
        }
        Self::known(registry, count)
    }

    /// One that is there already.
    pub(super) fn known(registry: &'static Registry, count: usize) -> Self {
        let start = ptr::with_exposed_provenance_mut(FAR);
        Self {
            registry,
            pages: Pages::of(region(start, count * page_size())),
        }
    }

    /// Mapped as a text says, with neighbours that have one protection made at once: `W` to read and write, `R` to read.
    pub(super) fn with(text: &str) -> Result<Self, Unable> {
        let arena = Self::free(text.len());
        let mut from = 0;
        for page in 1..=text.len() {
            let sign = |page: usize| text.as_bytes().get(page).copied();
            if sign(page).is_some_and(|sign| sign.is_ascii_lowercase()) {
                continue;
            }
            let prot = match sign(from) {
                Some(b'W') => Some(READ_WRITE),
                Some(b'R') => Some(Prot::READ),
                _ => None,
            };
            if let Some(prot) = prot {
                let request = anonymous(page - from).prot(prot);
                arena
                    .map(from, &request)
                    .map_err(|error| Unable::to("a mapping of the registry", error))?;
            }
            from = page;
        }
        Ok(arena)
    }

    pub(super) fn addr(&self, page: usize) -> usize {
        self.pages.page(page).addr()
    }

    pub(super) fn part(&self, pages: Range<usize>) -> Region {
        region(self.pages.page(pages.start), pages.len() * page_size())
    }

    /// The addresses of pages.
    pub(super) fn addresses(&self, pages: Range<usize>) -> Range<usize> {
        self.addr(pages.start)..self.addr(pages.end)
    }

    pub(super) fn find(&self, page: usize) -> Option<MapInfo> {
        self.registry.find(self.addr(page))
    }

    /// Maps at a page, replacing nothing.
    pub(super) fn map(&self, page: usize, request: &MapRequest<'_>) -> rawmap::Result<()> {
        let place = Placement::FixedNoReplace(self.addr(page));
        let region = self.registry.map(&request.placement(place))?;
        if region.start() == self.addr(page) {
            Ok(())
        } else {
            Err(Errno::EFAULT)
        }
    }

    pub(super) fn map_over(
        &self,
        pages: Range<usize>,
        request: &MapRequest<'_>,
    ) -> rawmap::Result<()> {
        // SAFETY: the row's own addresses, of which it expects what this leaves.
        answer(unsafe { self.registry.map_over(self.part(pages), request) })
    }

    pub(super) fn unmap(&self, pages: Range<usize>) -> rawmap::Result<()> {
        // SAFETY: as above.
        unsafe { self.registry.unmap(self.part(pages)) }
    }

    pub(super) fn protect(&self, pages: Range<usize>, prot: Prot) -> rawmap::Result<()> {
        // SAFETY: as above; what may not be touched is touched by children alone.
        unsafe { self.registry.protect(self.part(pages), prot) }
    }

    pub(super) fn inherit(&self, pages: Range<usize>, how: Inherit) -> rawmap::Result<()> {
        // SAFETY: children expect what this policy gives them.
        unsafe { self.registry.inherit(self.part(pages), how) }
    }

    pub(super) fn discard(&self, pages: Range<usize>, how: Discard) -> rawmap::Result<()> {
        let attrs = self.attrs(pages.start);
        // SAFETY: as for `map_over`.
        unsafe { self.registry.discard(self.part(pages), how, &attrs) }
    }

    pub(super) fn remap(
        &self,
        pages: Range<usize>,
        count: usize,
        to: MoveTo,
    ) -> rawmap::Result<Region> {
        let attrs = self.attrs(pages.start);
        let len = count * page_size();
        // SAFETY: as for `map_over`.
        unsafe { self.registry.remap(self.part(pages), len, to, &attrs) }
    }

    /// Moves pages to others of the arena.
    pub(super) fn move_to(
        &self,
        pages: Range<usize>,
        count: usize,
        to: usize,
    ) -> rawmap::Result<()> {
        answer(self.remap(pages, count, MoveTo::FixedNoReplace(self.addr(to))))
    }

    fn attrs(&self, page: usize) -> Attrs {
        self.find(page).map_or(Attrs::new(), |info| info.attrs())
    }

    /// Maps pages that the registry is not told of.
    pub(super) fn map_foreign(&self, pages: Range<usize>) -> Result<(), Unable> {
        let len = pages.len() * page_size();
        let came = placed::fixed(self.pages.page(pages.start), len, READ_WRITE, PRIVATE);
        if came == placed::Placed::There {
            Ok(())
        } else {
            Err(Unable::to("memory beside the registry", Errno::ENOMEM))
        }
    }

    /// Unmaps them again.
    pub(super) fn unmap_foreign(&self, pages: Range<usize>) -> Result<(), Unable> {
        let len = pages.len() * page_size();
        // SAFETY: the row's own pages.
        unsafe { raw::munmap(self.pages.page(pages.start), len) }
            .map_err(|error| Unable::to("munmap beside the registry", error))
    }

    pub(super) fn state(&self) -> State {
        State::now(self.registry, &self.pages)
    }

    /// What contradicts itself, if anything does: for more mappings than an arena has.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        state::wrong(self.registry, &self.pages)
    }

    /// What a call answered, and what there is then.
    pub(super) fn is(
        &self,
        row: &Row<'_>,
        what: impl fmt::Display,
        came: rawmap::Result<()>,
        expected: rawmap::Result<()>,
        pages: &str,
    ) {
        let came = (came, self.state());
        row.is(what, came, (expected, State::of(pages)));
    }
}

/// So many pages of private anonymous memory, to be read and written.
pub(super) fn anonymous(count: usize) -> MapRequest<'static> {
    MapRequest::anonymous(count * page_size())
}
