//! The atomics of the registry, what brings memory near, and how long it waits awake.
//!
//! The models in `models/` compile the registry's sources with another file in place of this one.

pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering, fence};

pub(crate) use crate::arch::prefetch;

/// A reader begins again, since what it read was changed meanwhile: for who counts that.
#[inline(always)]
pub(crate) const fn restarted() {}

/// How often the lock's word is looked at before sleeping: a section is a few hundred instructions.
pub(crate) const SPINS: u32 = 100;
