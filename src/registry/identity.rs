//! Which thread this is.

use super::atomic::{AtomicU64, Ordering::Relaxed};
use crate::{arch, os};

/// A thread, as the lock knows it: never 0, and bit 0 is clear.
///
/// Bit 1 tells the kernel's numbers from thread pointers, which are multiples of 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64);

impl Identity {
    /// No thread.
    pub(super) const NOBODY: Self = Self(0);

    /// This thread, by the kernel's number.
    fn of_kernel() -> Self {
        Self(u64::from(os::thread_id()) << 2 | 2)
    }

    /// This thread, by its thread pointer; by the kernel's number if it has none.
    fn of_pointer(pointer: usize) -> Self {
        match pointer as u64 & !3 {
            0 => Self::of_kernel(),
            pointer => Self(pointer),
        }
    }

    /// Is it a number of the kernel's, which a fork may change?
    pub(super) const fn is_number(self) -> bool {
        self.0 & 2 != 0
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }
}

/// How threads are told apart: one of these, or 0 while it is not known.
#[derive(Debug)]
pub(super) struct Identification(AtomicU64);

impl Identification {
    /// By the kernel's number.
    pub(super) const KERNEL: u64 = 1;
    /// By the thread pointer's register, which may be read.
    const REGISTER: u64 = 2;
    /// By what lies at the thread pointer, as the program promised.
    pub(super) const PROMISED: u64 = 3;

    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(super) fn set(&self, how: u64) {
        // Relaxed: whoever sets it sees to it that nobody else is here.
        self.0.store(how, Relaxed);
    }

    pub(super) fn identity(&self) -> Identity {
        match self.0.load(Relaxed) {
            Self::KERNEL => Identity::of_kernel(),
            // SAFETY: the kernel said that it may be read.
            Self::REGISTER => Identity::of_pointer(unsafe { arch::thread_pointer() }),
            // SAFETY: the promise that was made in `identify_by_thread_pointer`.
            Self::PROMISED => Identity::of_pointer(unsafe { arch::thread_pointer_in_memory() }),
            _ => self.decide(),
        }
    }

    #[cold]
    fn decide(&self) -> Identity {
        let how = if os::reads_thread_pointer() {
            Self::REGISTER
        } else {
            Self::KERNEL
        };
        // Relaxed: whoever still reads 0 finds out the same by asking. What was set meanwhile stays.
        let _ = self.0.compare_exchange(0, how, Relaxed, Relaxed);
        self.identity()
    }
}
