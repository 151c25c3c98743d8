//! Owned mappings: made by a builder, checked in every range, unmapped when they are dropped.
//!
//! | | |
//! |---|---|
//! | [`Mapping`] | owns a range with any protection, of memory, a file or an object; pointers and [views](View), no references |
//! | [`Map`], [`MapMut`] | own memory that is a `[u8]`, to be read, or read and written |
//! | [`Reservation`] | owns addresses, any part of which can be given memory and lose it again |
//! | [`Builder`] | makes them: of memory, a descriptor, a path, an object; placed, aligned, guarded, of huge pages, named … |
//! | [`Error`] | tells a wrong range and a wrong request from what the system refused |
//!
//! All of them stand on an [`AddressSpace`](crate::space::AddressSpace): [`Kernel`](crate::space::Kernel), unless another
//! one is given to the methods that end with `_in`, such as a reference to a [`Registry`](crate::registry::Registry).
//!
//! ```
//! use rawmap::{Prot, mapping::{Builder, MapMut}, page_size};
//!
//! let mut bytes = MapMut::anonymous(1 << 20)?;
//! bytes[..5].copy_from_slice(b"hello");
//!
//! // A thread's stack: a page that cannot be touched below it, aligned, out of core dumps.
//! let stack = Builder::anonymous(1 << 18)
//!     .guards(page_size(), 0)
//!     .conceal(true)
//!     .map()?;
//! assert_eq!(stack.prot(), Some(Prot::READ | Prot::WRITE));
//! # Ok::<(), rawmap::mapping::Error>(())
//! ```
//!
//! # What safe code may do
//!
//! Memory that others may change is not borrowed: there is no safe way to a reference into a file, into shared memory,
//! anonymous or not, or into memory that the kernel may drop at a time of its choice. A [`Mapping`] of it gives pointers, and
//! [views](Mapping::view) whose accesses are atomic. Whatever changes the memory of a `Mapping` takes it by `&mut`: nobody
//! borrows it then. What takes `&` changes no byte and no access.
//!
//! # Owners of the address space
//!
//! An address space is part of its mapping. [`Kernel`](crate::space::Kernel) takes no room; a registry is given by
//! reference.

mod builder;
mod error;
mod huge;
mod map;
mod name;
mod owned;
mod parts;
mod range;
mod reservation;
#[cfg(feature = "zerocopy")]
mod typed;
mod view;

pub use builder::Builder;
pub use error::{Error, RangeError, Refused, RequestError};
pub use huge::HugePages;
pub use map::{Map, MapMut};
pub use owned::{Mapping, RawMapping};
pub use reservation::Reservation;
pub use view::{Unit, View, ViewMut};
