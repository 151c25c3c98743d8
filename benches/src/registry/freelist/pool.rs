//! The registry's list, compiled once more where its atomics are the usual ones.

#[path = "../../../../src/registry/pool/freelist.rs"]
#[expect(dead_code, reason = "the registry clears it for a forked child")]
mod list;

pub(crate) use list::{Freelist, Links};
