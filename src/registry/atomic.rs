//! The atomics of the registry. The models in `models/` compile the same sources with other ones.

pub(crate) use core::sync::atomic::{AtomicU64, Ordering, fence};
