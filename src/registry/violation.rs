//! What a check found.

use core::fmt;

/// Something in a registry that must not be: memory was overwritten, or this crate has a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    pub(super) what: &'static str,
    pub(super) addr: usize,
}

impl Violation {
    /// What is wrong.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// At which mapping, or near which.
    #[must_use]
    pub const fn address(&self) -> usize {
        self.addr
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at {:#x}", self.what, self.addr)
    }
}

impl core::error::Error for Violation {}
