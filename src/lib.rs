//! Memory mapping without libc.
//!
//! `rawmap` issues mmap, munmap, mprotect, madvise, msync, mremap and their family as system calls by inline
//! assembly, with one API on six targets: Linux, FreeBSD and NetBSD, each on x86_64 and on aarch64. It is `no_std`,
//! allocates nothing, and needs neither libc nor thread-local storage nor start-up code, for static binaries,
//! allocators, garbage collectors, JITs, loaders and embedded runtimes.
//!
//! ```
//! use core::ptr;
//! use rawmap::{MapFlags, MapType, Prot, page_size, raw};
//!
//! let flags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);
//! // SAFETY: a new mapping, where the kernel chooses, that nothing else refers to.
//! let page = unsafe { raw::mmap(ptr::null_mut(), page_size(), Prot::READ | Prot::WRITE, flags, -1, 0)? };
//! // SAFETY: the page is this code's, and nothing refers to it any more.
//! unsafe { raw::munmap(page, page_size())? };
//! # Ok::<(), rawmap::Errno>(())
//! ```
//!
//! # What there is
//!
//! | | |
//! |---|---|
//! | [`mapping`] | owned mappings: every range checked, unmapped when dropped, bytes where that is sound |
//! | [`object`] | what a mapping can be made from: files, objects of memory |
//! | [`raw`] | the kernel's calls, one to one: typed, unsafe, unchecked |
//! | [`registry`] | a record of every mapping, that a signal handler can read |
//! | [`space`] | the same behaviour on every system: requests, checked arguments, what one system lacks made of what it has |
//! | [`Prot`], [`MapFlags`], [`Advice`] … | their arguments: what a system lacks is absent, what it learns later can be passed |
//! | [`Errno`] | why the kernel refused |
//! | [`page_size`] | the unit of every mapping |
//!
//! Each item says under **Systems** where it exists, and since which kernel. On an older one a call answers `ENOSYS` and
//! a value `EINVAL`; a flag of mmap that the kernel does not know is `EINVAL` on FreeBSD and **ignored** on Linux and
//! NetBSD. What differs from this is said at the item. Tables of errors name the cause and the system.
//!
//! # Features
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `registry` | yes | the record of every mapping |
//! | `mapping` | yes | owned mappings, files and objects of memory |
//! | `errno-text` | no | names and meanings of error numbers |
//! | `std` | no | conversions into types of the standard library |
//! | `zerocopy` | no | typed views of owned mappings, by the crate of that name |
//!
//! The raw and the portable layer are there without any.
//!
//! # How it is tested
//!
//! On x86_64 Linux natively; on aarch64 Linux on real kernels with pages of 4 and of 16 KiB under QEMU; the FreeBSD
//! and NetBSD programs on an instruction-level machine, which runs their real code, takes the number and arguments
//! only from where those kernels take them, and fills every register that they may change with garbage. The README
//! says what that shows and what it does not.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(clippy::undocumented_unsafe_blocks)]
#![warn(missing_docs)]

#[cfg(any(test, feature = "std"))]
extern crate std;

#[path = "../arch/mod.rs"]
mod arch;
#[cfg(feature = "registry")]
mod atomic;
mod errno;
mod fd;
mod flags;
#[cfg(feature = "mapping")]
pub mod mapping;
#[cfg(feature = "mapping")]
pub mod object;
mod os;
mod page;
pub mod raw;
#[cfg(feature = "registry")]
pub mod registry;
pub mod space;

pub use errno::{Errno, Result};
pub use fd::{BorrowedFd, OwnedFd, RawFd};
pub use flags::*;
pub use page::{init_from_auxv, page_size};

/// The example in the README is compiled and run like those here.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
