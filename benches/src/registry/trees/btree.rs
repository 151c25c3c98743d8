//! The standard library's tree, alone and behind a lock.

use std::{collections::BTreeMap, sync::Mutex};

use rawmap_benches::failed;

use super::{
    Tree,
    known::Known,
    slots::{Move, Place},
};

#[inline(always)]
fn floor(map: &BTreeMap<usize, Known>, addr: usize) -> Option<(usize, Known)> {
    let (start, known) = map.range(..=addr).next_back()?;
    (addr < known.end).then_some((*start, *known))
}

#[inline(always)]
fn insert(map: &mut BTreeMap<usize, Known>, place: Place) {
    if map.insert(place.start, Known::of(place)).is_some() {
        failed();
    }
}

#[inline(always)]
fn remove(map: &mut BTreeMap<usize, Known>, place: Place) {
    match map.remove(&place.start) {
        Some(known) if known.end == place.end => {}
        _ => failed(),
    }
}

/// What the figures are ratios to.
pub(crate) struct Alone(BTreeMap<usize, Known>);

impl Tree for Alone {
    type Found = (usize, Known);
    const NAME: &'static str = "btreemap";

    fn empty() -> Self {
        Self(BTreeMap::new())
    }

    #[inline(always)]
    fn find(&self, addr: usize) -> Option<(usize, Known)> {
        floor(&self.0, addr)
    }

    fn place(found: &(usize, Known)) -> Place {
        found.1.place(found.0)
    }

    fn insert(&mut self, place: Place) {
        insert(&mut self.0, place);
    }

    #[inline(always)]
    fn shift(&mut self, step: &Move) {
        remove(&mut self.0, step.from);
        insert(&mut self.0, step.to);
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// With the lock taken for each operation.
pub(crate) struct Locked(Mutex<BTreeMap<usize, Known>>);

impl Tree for Locked {
    type Found = (usize, Known);
    const NAME: &'static str = "mutex_btreemap";

    fn empty() -> Self {
        Self(Mutex::default())
    }

    #[inline(always)]
    fn find(&self, addr: usize) -> Option<(usize, Known)> {
        match self.0.lock() {
            Ok(map) => floor(&map, addr),
            Err(_) => failed(),
        }
    }

    fn place(found: &(usize, Known)) -> Place {
        found.1.place(found.0)
    }

    #[inline(always)]
    fn insert(&mut self, place: Place) {
        match self.0.lock() {
            Ok(mut map) => insert(&mut map, place),
            Err(_) => failed(),
        }
    }

    #[inline(always)]
    fn shift(&mut self, step: &Move) {
        match self.0.lock() {
            Ok(mut map) => remove(&mut map, step.from),
            Err(_) => failed(),
        }
        self.insert(step.to);
    }

    fn len(&self) -> usize {
        self.0.lock().map_or(0, |map| map.len())
    }
}
