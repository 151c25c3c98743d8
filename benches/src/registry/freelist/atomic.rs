//! The atomics of those sources of the registry that are compiled into this program.

pub(crate) use core::sync::atomic::{AtomicU64, Ordering};
