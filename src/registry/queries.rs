//! What a registry can be asked, at any moment.

use core::ops::Range;

use super::{MapInfo, Registry, Violation, atomic::Ordering::Relaxed, index::Link};
use crate::{Errno, Result, page_size, space::AddressSpace};

impl<A> Registry<A> {
    /// What is at an address.
    ///
    /// It takes no lock, allocates nothing and stores nothing that others see, and may be called in any signal handler at
    /// any moment, also in one that interrupted a change of this registry in its own thread. Every number is a question
    /// that is answered.
    #[must_use]
    pub fn find(&self, addr: usize) -> Option<MapInfo> {
        let found = self.tree.find(self, addr as u64)?;
        Some(MapInfo::of(&found))
    }

    /// The first mapping that ends above an address: the one that it lies in, or the next one.
    ///
    /// As [`find`](Self::find). Going from one end to the next skips nothing that was there throughout.
    #[must_use]
    pub fn next(&self, addr: usize) -> Option<MapInfo> {
        let found = self.tree.next(self, addr as u64)?;
        Some(MapInfo::of(&found))
    }

    /// Is anything known in a range? An empty range overlaps nothing.
    #[must_use]
    pub fn overlaps(&self, range: Range<usize>) -> bool {
        !range.is_empty()
            && self
                .next(range.start)
                .is_some_and(|info| info.start() < range.end)
    }

    /// The lowest address in `within` at which nothing is known for `len` bytes, and which is a multiple of `align`.
    ///
    /// It is a hint: mappings that the registry does not know are not seen, and another thread may map there first. Map
    /// there with [`FixedNoReplace`](crate::space::Placement::FixedNoReplace), and look again if that is refused.
    ///
    /// It takes the lock, and looks only where there may be room. Called by a handler that interrupted the recording of a
    /// change in its own thread, it goes from mapping to mapping instead.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `len` is 0, or `align` is no power of two.
    pub fn find_gap(
        &self,
        len: usize,
        align: usize,
        within: Range<usize>,
    ) -> Result<Option<usize>> {
        if len == 0 || !align.is_power_of_two() {
            return Err(Errno::EINVAL);
        }
        let (len, align) = (len as u64, align.max(page_size()) as u64);
        let within = within.start as u64..within.end as u64;
        let fits = |gap: Range<u64>| {
            let start = gap.start.checked_next_multiple_of(align)?;
            let end = start.checked_add(len)?;
            (end <= gap.end).then_some(start)
        };
        let me = self.identity();
        let ready = self.lock.ready();
        let found = match ready.filter(|ready| !ready.is_mine(me) && !ready.forked()) {
            Some(ready) => {
                let _held = ready.take(me);
                self.tree.gap(self, &within, len, fits)
            }
            None => self.gap_by_steps(&within, fits),
        };
        Ok(found.map(|start| start as usize))
    }

    /// Goes from mapping to mapping.
    fn gap_by_steps(
        &self,
        within: &Range<u64>,
        fits: impl Fn(Range<u64>) -> Option<u64>,
    ) -> Option<u64> {
        let mut from = within.start;
        loop {
            let next = self.tree.next(self, from).map(|found| found.entry);
            let Some(next) = next.filter(|next| next.start < within.end) else {
                return fits(from..within.end);
            };
            if let Some(found) = fits(from..next.start) {
                return Some(found);
            }
            from = next.end;
        }
    }

    /// How many mappings are recorded; neighbours that are alike count as one.
    #[must_use]
    pub fn len(&self) -> usize {
        // Relaxed, here and below: a number, which was true at some moment.
        self.maps.load(Relaxed) as usize
    }

    /// Is nothing recorded?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of all mappings that are recorded.
    #[must_use]
    pub fn mapped_bytes(&self) -> usize {
        self.recorded.load(Relaxed) as usize
    }

    /// Lets mappings through for as long as all of them together are not longer than so many bytes; more is `ENOMEM`,
    /// and the kernel is not asked. 0 is no limit, as at first. What is mapped stays.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes as u64, Relaxed);
    }
}

impl<A: AddressSpace> Registry<A> {
    /// Looks whether everything in the registry is as it has to be: for tests, and for programs that suspect that
    /// something writes where it should not.
    ///
    /// It takes the lock. Called where this thread has it, or in a forked child that has not changed anything yet, it says
    /// nothing is wrong.
    ///
    /// # Errors
    ///
    /// The first violation that it meets.
    pub fn check(&self) -> core::result::Result<(), Violation> {
        let me = self.identity();
        // Where nobody has prepared the lock, nobody changes anything.
        let ready = self.lock.ready();
        if ready.is_some_and(|ready| ready.is_mine(me) || ready.forked()) {
            return Ok(());
        }
        let _held = ready.map(|ready| ready.take(me));
        let (mut maps, mut bytes) = (0u64, 0u64);
        let mut nodes = 0u32;
        let tree = self.tree.check(self, |link: Link, entry| {
            let Some(entry) = entry else {
                nodes += 1;
                return if link.index() < self.nodes.begun() {
                    Ok(())
                } else {
                    Err("a linked descriptor was never taken")
                };
            };
            maps += 1;
            bytes += entry.end - entry.start;
            match entry.attributes.record() {
                Some(index) if index >= self.records.begun() => Err("a record was never taken"),
                _ => Ok(()),
            }
        });
        tree.map_err(|violation| Violation {
            what: violation.what,
            addr: violation.addr as usize,
        })?;
        let holds = |is, what| {
            if is {
                Ok(())
            } else {
                Err(Violation { what, addr: 0 })
            }
        };
        holds(
            maps == self.maps.load(Relaxed),
            "the number of mappings is wrong",
        )?;
        holds(
            bytes == self.recorded.load(Relaxed),
            "the number of bytes is wrong",
        )?;
        holds(
            self.lost.load(Relaxed) == 0,
            "a change could not be recorded",
        )?;
        holds(
            nodes <= self.nodes.used(),
            "more descriptors are linked than taken",
        )?;
        let mut free = 0u32;
        self.nodes.each_free(|_| {
            free += 1;
            free <= self.nodes.begun()
        });
        holds(
            free <= self.nodes.begun(),
            "the list of free descriptors has no end",
        )
    }
}
