//! Descriptors.

/// A descriptor's number, as the kernel counts them: 0 and up; −1 is no descriptor.
pub type RawFd = i32;
