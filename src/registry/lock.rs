//! Who may change the registry: one thread at a time, and never one that interrupted itself.

use core::hint;

use super::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    SPINS,
};
use super::identity::Identity;
use crate::{
    Errno, Inherit, Result, os, page_size,
    space::{AddressSpace, MapRequest},
};

/// What a forked child finds as zeros.
#[repr(C)]
struct Cell {
    /// `{owner, waiters 1}`, or 0: written by one compare-and-swap, so that no handler finds an owner without a lock or
    /// a lock without an owner.
    word: AtomicU64,
    /// Not 0 in the process that set it up, and in a child once it has recovered.
    epoch: AtomicU64,
    /// Counts the ends of operations that somebody waited for; the low half is slept on.
    ends: AtomicU64,
    /// Does anybody wait for the end of an operation? Read and written inside the section only.
    waited_for: AtomicU64,
}

const WAITERS: u64 = 1;

/// The lock.
#[derive(Debug)]
pub(super) struct Lock {
    /// Set up when it is first needed.
    cell: AtomicPtr<Cell>,
}

/// The lock is held.
pub(super) struct Held<'a> {
    cell: &'a Cell,
}

impl Lock {
    pub(super) const fn new() -> Self {
        Self {
            cell: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    /// Makes what locking needs, if that is not there yet: the last moment at which taking the lock can fail.
    pub(super) fn prepare<A: AddressSpace>(&self, space: &A) -> Result<()> {
        // Acquire pairs with the release below: the epoch is set.
        if !self.cell.load(Acquire).is_null() {
            return Ok(());
        }
        let request = MapRequest::anonymous(page_size());
        let region = match space.map(&request.inherit(Inherit::ZERO)) {
            // A kernel without it: children say so themselves.
            Err(Errno::EINVAL | Errno::ENOTSUP) => space.map(&request),
            answer => answer,
        }?;
        let cell = region.as_ptr().cast::<Cell>();
        // SAFETY: the memory is fresh, aligned and large enough, and zeros are a cell.
        unsafe { &(*cell).epoch }.store(1, Relaxed);
        let nothing = core::ptr::null_mut();
        if self
            .cell
            .compare_exchange(nothing, cell, Release, Relaxed)
            .is_err()
        {
            // SAFETY: somebody else was faster, and nobody was told of this one.
            unsafe { space.unmap(region) }?;
        }
        Ok(())
    }

    fn cell(&self) -> Option<&Cell> {
        let cell = self.cell.load(Acquire);
        // SAFETY: it is null or a cell, which is never unmapped.
        unsafe { cell.as_ref() }
    }

    /// Is this thread inside the section already, in a frame that this one interrupted?
    pub(super) fn is_mine(&self, me: Identity) -> bool {
        // Relaxed: nobody but this thread writes its own identity.
        self.cell()
            .is_some_and(|cell| cell.word.load(Relaxed) & !WAITERS == me.word())
    }

    /// Makes the lock free, and the next section one of a child that has to recover.
    ///
    /// # Safety
    ///
    /// No frame that has the lock goes on, and nobody else uses it.
    pub(super) unsafe fn forget_owner(&self) {
        if let Some(cell) = self.cell() {
            cell.word.store(0, Relaxed);
            cell.epoch.store(0, Relaxed);
        }
    }

    /// Takes the lock; it may have to wait. `EDEADLK` if this thread has it, or it was never prepared.
    pub(super) fn take(&self, me: Identity) -> Result<Held<'_>> {
        let cell = self.cell().ok_or(Errno::EDEADLK)?;
        // Acquire pairs with the release of the unlock: the section sees what earlier ones did.
        if cell
            .word
            .compare_exchange(0, me.word(), Acquire, Relaxed)
            .is_err()
        {
            wait_for(cell, me)?;
        }
        Ok(Held { cell })
    }
}

#[cold]
fn wait_for(cell: &Cell, me: Identity) -> Result<()> {
    let mut spins = SPINS;
    loop {
        let word = cell.word.load(Relaxed);
        if word & !WAITERS == me.word() {
            return Err(Errno::EDEADLK);
        }
        if word == 0 {
            // With the waiters' bit: this one cannot know that it was the last.
            let mine = me.word() | WAITERS;
            // Acquire, as in `take`.
            if cell
                .word
                .compare_exchange(0, mine, Acquire, Relaxed)
                .is_ok()
            {
                return Ok(());
            }
            continue;
        }
        if spins > 0 {
            spins -= 1;
            hint::spin_loop();
            continue;
        }
        let waited = word | WAITERS;
        // Relaxed: what is written says only that somebody waits.
        if word == waited
            || cell
                .word
                .compare_exchange(word, waited, Relaxed, Relaxed)
                .is_ok()
        {
            os::wait(address(&cell.word), waited as u32);
        }
    }
}

/// The low half of a word.
fn address(word: &AtomicU64) -> usize {
    // Every target is little-endian.
    (&raw const *word).expose_provenance()
}

impl Held<'_> {
    /// Is this a child that has not recovered yet?
    pub(super) fn forked(&self) -> bool {
        // Relaxed: written in a section.
        self.cell.epoch.load(Relaxed) == 0
    }

    /// The child has recovered.
    pub(super) fn recovered(&self) {
        self.cell.epoch.store(1, Relaxed);
    }

    /// Tells those who wait for the end of an operation.
    pub(super) fn operation_ended(&self) {
        if self.cell.waited_for.load(Relaxed) != 0 {
            self.cell.waited_for.store(0, Relaxed);
            self.cell.ends.fetch_add(1, Relaxed);
            os::wake(address(&self.cell.ends), u32::MAX >> 1);
        }
    }

    /// Gives the lock up until an operation has ended.
    pub(super) fn wait_for_an_end(self) {
        self.cell.waited_for.store(1, Relaxed);
        // Read inside the section, so that no end is missed that comes after it.
        let (cell, ends) = (self.cell, self.cell.ends.load(Relaxed));
        drop(self);
        os::wait(address(&cell.ends), ends as u32);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Release pairs with the acquire of the next section. One step unlocks and says whether anybody waits.
        if self.cell.word.swap(0, Release) & WAITERS != 0 {
            os::wake(address(&self.cell.word), 1);
        }
    }
}
