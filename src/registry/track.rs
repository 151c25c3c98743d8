//! Recording what was mapped otherwise.

use core::ops::Range;

use super::{
    MapInfo, Registry, change::Change, identity::Identity, operations::Conflict, section::Section,
    supply::Need,
};
use crate::{Errno, Result, page_size, space::AddressSpace};

/// One section: an entry in place of others, or a range cut at both ends and cleared.
const NEED: Need = Need {
    cuts: 3,
    finishes: 0,
    records: 1,
};

impl<A: AddressSpace> Registry<A> {
    /// Records a mapping that was made otherwise, in place of whatever is recorded there. The kernel is not asked.
    ///
    /// # Errors
    ///
    /// | error | cause |
    /// |---|---|
    /// | `EINVAL` | it is empty, wraps, or begins within a page; attributes that no mapping has |
    /// | `ENOMEM` | no memory for the record, or over the [limit](Self::set_limit) |
    /// | `EBUSY` | an operation is changing something there |
    /// | `EDEADLK` | called by a handler that interrupted the recording of a change |
    pub fn track(&self, info: MapInfo) -> Result<()> {
        let range = pages(info.start()..info.end())?;
        let (facts, detail) = info.facts()?;
        let bytes = range.end - range.start;
        let attributes = facts.attributes();
        if detail.is_none() && self.track_quickly(&range, attributes) {
            return Ok(());
        }
        let frugally = |section: &mut Section<'_, '_, A>| {
            detail.is_none() && section.insert_frugally(range.clone(), attributes)
        };
        self.record_now(&range, bytes, frugally, |section| {
            section.insert_with(range.clone(), attributes, detail)
        })
    }

    /// Forgets what is recorded in a range, and keeps what lies outside. The kernel is not asked.
    ///
    /// # Errors
    ///
    /// As [`track`](Self::track); an empty range is no error.
    pub fn untrack(&self, range: Range<usize>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let range = pages(range)?;
        if self.untrack_quickly(&range) {
            return Ok(());
        }
        let frugally = |section: &mut Section<'_, '_, A>| section.clear_frugally(&range);
        self.record_now(&range, 0, frugally, |section| {
            section.cut(&range);
            section.clear(&range);
            Ok(())
        })
    }

    /// Gives everything that is recorded in a range a word of the program's own.
    ///
    /// # Errors
    ///
    /// As [`track`](Self::track); `ENOENT` if the range is not wholly within one mapping.
    pub fn set_user(&self, range: Range<usize>, user: u64) -> Result<()> {
        let range = pages(range)?;
        self.record_now(
            &range,
            0,
            |_| false,
            |section| {
                let Some(found) = section.registry.find(range.start as usize) else {
                    return Err(Errno::ENOENT);
                };
                if (found.end() as u64) < range.end {
                    return Err(Errno::ENOENT);
                }
                let (_, detail) = found.with_user(user).facts()?;
                let entry = section.at(range.start).ok_or(Errno::ENOENT)?;
                section.insert_with(range.clone(), entry.attributes, detail)
            },
        )
    }

    /// One section without a call, on a range that nobody is changing; or two, if what can be done without descriptors
    /// is not enough.
    fn record_now(
        &self,
        range: &Range<u64>,
        bytes: u64,
        frugally: impl FnOnce(&mut Section<'_, '_, A>) -> bool,
        record: impl FnOnce(&mut Section<'_, '_, A>) -> Result<()>,
    ) -> Result<()> {
        let mut change = Change::begin(self, Need::NOTHING, bytes)?;
        let mut section = change.enter_to_come_again();
        self.is_free(range, section.me)?;
        if frugally(&mut section) {
            section.supply.is_last = true;
            return Ok(());
        }
        drop(section);
        let mut section = change.enter_with_enough(NEED)?;
        self.is_free(range, section.me)?;
        record(&mut section)
    }

    /// Is nobody changing anything of this range?
    fn is_free(&self, range: &Range<u64>, me: Identity) -> Result<()> {
        match self.operations.conflict(range, me) {
            Some(Conflict::Mine | Conflict::Others) => Err(Errno::EBUSY),
            None => Ok(()),
        }
    }

    /// Says that this process is a forked child: on kernels that give children no zeroed pages (Linux before 4.14) nobody
    /// else does. Elsewhere it changes nothing, and need not be called.
    ///
    /// # Safety
    ///
    /// This is a child made by fork, not by vfork, no other thread has used the registry in it yet, and this is no
    /// handler that interrupted the recording of a change.
    pub unsafe fn after_fork_in_child(&self) {
        // SAFETY: the caller's contract.
        unsafe { self.lock.forget_owner() };
    }

    /// Undoes what a thread left that will never go on: one that was killed in an operation, or that a handler jumped out
    /// of one.
    ///
    /// # Safety
    ///
    /// No other thread is using the registry, and none of the frames that were using it will go on.
    pub unsafe fn recover(&self) {
        // SAFETY: the caller's contract.
        unsafe { self.lock.forget_owner() };
        self.operations.forget_others(Identity::NOBODY);
        if let Ok(mut change) = Change::begin(self, NEED, 0) {
            drop(change.enter());
        }
    }
}

/// The whole pages of a range that begins and ends on pages.
fn pages(range: Range<usize>) -> Result<Range<u64>> {
    let mask = page_size() - 1;
    if range.is_empty() || range.start & mask != 0 {
        return Err(Errno::EINVAL);
    }
    let end = range
        .end
        .checked_next_multiple_of(mask + 1)
        .ok_or(Errno::EINVAL)?;
    Ok(range.start as u64..end as u64)
}
