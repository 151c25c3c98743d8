//! What can be done to a mapping that is there.

/// Where [`AddressSpace::remap`](super::AddressSpace::remap) may put what it resizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MoveTo {
    /// Nowhere: the address stays, or it is an error.
    InPlace,
    /// Wherever there is room, if there is not enough where it is. What becomes shorter or stays as long as it was does
    /// not move.
    Anywhere,
    /// To this address, if nothing is there; its own old place counts as something.
    FixedNoReplace(usize),
}

/// What [`AddressSpace::discard`](super::AddressSpace::discard) leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discard {
    /// Anything: until a byte is written, it reads as what it was or as 0, at one time the one and at another the other.
    /// The kernel takes the memory when it is short of it, and may not take it at all: locked memory it keeps.
    Lazy,
    /// Zeros.
    Zero,
}

/// How long [`AddressSpace::sync`](super::AddressSpace::sync) takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SyncMode {
    /// Writing begins; it may or may not be over on return.
    Start,
    /// Everything is on the device on return.
    Wait,
}
