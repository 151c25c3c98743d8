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

/// The lock, prepared.
#[derive(Clone, Copy)]
pub(super) struct Ready<'r> {
    cell: &'r Cell,
}

/// The lock is held.
pub(super) struct Held<'r> {
    cell: &'r Cell,
}

impl Lock {
    pub(super) const fn new() -> Self {
        Self {
            cell: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    /// Makes what locking needs, if that is not there yet: from then on taking the lock may have to wait, and cannot
    /// fail.
    pub(super) fn prepare<A: AddressSpace>(&self, space: &A) -> Result<Ready<'_>> {
        if let Some(ready) = self.ready() {
            return Ok(ready);
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
        self.ready().ok_or(Errno::ENOMEM)
    }

    /// The lock, if anybody has prepared it.
    pub(super) fn ready(&self) -> Option<Ready<'_>> {
        // Acquire pairs with the release in `prepare`: the epoch is set.
        let cell = self.cell.load(Acquire);
        // SAFETY: it is null or a cell, which is never unmapped.
        unsafe { cell.as_ref() }.map(|cell| Ready { cell })
    }

    /// Makes the lock free, and the next section one of a child that has to recover.
    ///
    /// # Safety
    ///
    /// No frame that has the lock goes on, and nobody else uses it.
    pub(super) unsafe fn forget_owner(&self) {
        if let Some(Ready { cell }) = self.ready() {
            cell.word.store(0, Relaxed);
            cell.epoch.store(0, Relaxed);
        }
    }
}

impl<'r> Ready<'r> {
    /// Is this thread inside the section already, in a frame that this one interrupted?
    ///
    /// Where it is not, no frame below this one takes the lock before this one returns.
    pub(super) fn is_mine(self, me: Identity) -> bool {
        // Relaxed: nobody but this thread writes its own identity.
        self.cell.word.load(Relaxed) & !WAITERS == me.word()
    }

    /// Is this a child that has not recovered yet?
    pub(super) fn forked(self) -> bool {
        // Relaxed: written in a section.
        self.cell.epoch.load(Relaxed) == 0
    }

    /// Takes the lock; it may have to wait. It is not this thread's: [`is_mine`](Self::is_mine) was asked.
    pub(super) fn take(self, me: Identity) -> Held<'r> {
        let cell = self.cell;
        // Acquire pairs with the release of the unlock: the section sees what earlier ones did.
        let taken = cell.word.compare_exchange(0, me.word(), Acquire, Relaxed);
        if taken.is_err() {
            wait_for(cell, me);
        }
        Held { cell }
    }
}

#[cold]
fn wait_for(cell: &Cell, me: Identity) {
    let mut spins = SPINS;
    loop {
        let word = cell.word.load(Relaxed);
        if word == 0 {
            // With the waiters' bit: this one cannot know that it was the last.
            let mine = me.word() | WAITERS;
            // Acquire, as in `take`.
            if cell
                .word
                .compare_exchange(0, mine, Acquire, Relaxed)
                .is_ok()
            {
                return;
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
        // A frame of this thread, which this one interrupted, may have unlocked and not have woken anybody yet.
        os::wake(address(&cell.word), 1);
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
