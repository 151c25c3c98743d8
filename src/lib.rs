//! Memory mapping without libc.
#![no_std]

#[cfg(feature = "std")]
extern crate std;

#[path = "../arch/mod.rs"]
mod arch;
mod errno;
mod fd;
mod flags;
mod os;
mod page;
pub mod raw;

pub use errno::{Errno, Result};
pub use fd::RawFd;
pub use flags::*;
pub use page::{init_from_auxv, page_size};
