//! The registry, without mappings: they are tracked.

use core::ptr::NonNull;
use std::ptr::without_provenance_mut;

use rawmap::{
    Prot,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Attrs, Kernel, Region},
};
use rawmap_benches::failed;

use super::{
    Tree,
    slots::{Move, Place},
};

/// The attributes that a place says.
#[inline(always)]
fn attrs(odd: bool) -> Attrs {
    let prot = if odd { Prot::NONE } else { Prot::READ };
    Attrs::new().with_prot(prot)
}

/// A private anonymous mapping that is nowhere.
#[inline(always)]
pub(crate) fn info(place: Place) -> MapInfo {
    let Some(start) = NonNull::new(without_provenance_mut(place.start)) else {
        failed()
    };
    let region = Region::new(start, place.end - place.start);
    MapInfo::new(region, &attrs(place.odd))
}

/// Records it.
#[inline(always)]
pub(crate) fn track<A: AddressSpace>(registry: &Registry<A>, info: MapInfo) {
    if registry.track(info).is_err() {
        failed();
    }
}

/// Forgets it.
#[inline(always)]
pub(crate) fn untrack<A: AddressSpace>(registry: &Registry<A>, place: Place) {
    if registry.untrack(place.range()).is_err() {
        failed();
    }
}

/// An empty one, told that its threads have thread-local storage.
pub(crate) fn empty<A>(space: A) -> Box<Registry<A>> {
    let registry = Box::new(Registry::new(space));
    // SAFETY: nobody else knows of it yet, and the standard library made every thread.
    unsafe { registry.identify_by_thread_pointer() };
    registry
}

pub(crate) struct Registered(Box<Registry>);

impl Tree for Registered {
    type Found = MapInfo;
    const NAME: &'static str = "registry";

    fn empty() -> Self {
        Self(empty(Kernel))
    }

    #[inline(always)]
    fn find(&self, addr: usize) -> Option<MapInfo> {
        self.0.find(addr)
    }

    fn place(found: &MapInfo) -> Place {
        Place {
            start: found.start(),
            end: found.end(),
            odd: found.prot() == Some(Prot::NONE),
        }
    }

    fn insert(&mut self, place: Place) {
        track(&self.0, info(place));
    }

    #[inline(always)]
    fn shift(&mut self, step: &Move) {
        untrack(&self.0, step.from);
        track(&self.0, info(step.to));
    }

    /// What is known is counted by the registry's own check.
    fn len(&self) -> usize {
        match self.0.check() {
            Ok(()) => self.0.len(),
            Err(_) => failed(),
        }
    }
}
