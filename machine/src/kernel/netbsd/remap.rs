//! NetBSD's `mremap`.

use core::ops::Range;

use crate::errno::Errno;
use crate::kernel::{Answer, Arguments, Interruption, Kernel};
use crate::pool::PAGE;
use crate::space::{Contents, Entry, page_end};
use crate::target::Mode;

use super::memory::{MAP_ALIGNMENT_MASK, MAP_FIXED, alignment};

/// The pages are shared with the new place, and the old one stays.
const MAP_REMAPDUP: u64 = 0x4;

/// `mremap(old_address, old_size, new_address, new_size, flags)`.
pub(super) fn mremap(kernel: &mut Kernel, arguments: &Arguments) -> Answer {
    let [old_address, old_size, new_address, new_size, flags, ..] = *arguments;
    let flags = u64::from(flags as u32);
    if flags & !(MAP_FIXED | MAP_REMAPDUP | MAP_ALIGNMENT_MASK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (old_size, new_size) = (page_end(old_size), page_end(new_size));
    let (old_end, overflows) = old_address.overflowing_add(old_size);
    if old_address % PAGE != 0 || old_size == 0 || new_size == 0 || overflows {
        return Err(Errno::EINVAL.into());
    }
    let old = old_address..old_end;
    let fixed = flags & MAP_FIXED != 0;
    // uvm_mremap looks at this before it looks where programs end.
    if fixed && new_address.checked_add(new_size).is_none() {
        return Err(Errno::EINVAL.into());
    }
    let duplicates = flags & MAP_REMAPDUP != 0;
    let alignment = alignment(flags, kernel.process().space.limits().end)?;
    if fixed && new_address % alignment != 0 {
        return Err(Errno::EINVAL.into());
    }
    if kernel.process().space.first_hole(old.clone()).is_some() {
        return Err(Errno::EINVAL.into());
    }

    // Whatever may move without being asked, will.
    let moves_freely = kernel.mode == Mode::Hostile && !fixed && new_size > old_size;
    let stays = !duplicates
        && !moves_freely
        && old_address % alignment == 0
        && (!fixed || new_address == old_address);
    if stays && kernel.resize_in_place(old.clone(), new_size)? {
        return Ok(old_address.into());
    }
    let start = if fixed {
        let destination = new_address..new_address.wrapping_add(new_size);
        let space = &kernel.process().space;
        if !space.contains_range(&destination) || !space.is_free(destination) {
            return Err(Errno::ENOMEM.into());
        }
        new_address
    } else {
        let wanted = kernel.default_address(new_size);
        kernel
            .place_downwards(wanted, new_size, alignment)
            .ok_or(Errno::ENOMEM)?
    };
    kernel.relocate(old, start..start + new_size, duplicates)?;
    Ok(start.into())
}

impl Kernel {
    /// Shrinks, or grows into free space; whether that was possible.
    fn resize_in_place(&mut self, old: Range<u64>, new_size: u64) -> Result<bool, Interruption> {
        let space = &mut self.process_mut().space;
        let Some(new_end) = old.start.checked_add(new_size) else {
            return Ok(false);
        };
        if new_end <= old.end {
            space.remove(new_end..old.end);
            return Ok(true);
        }
        let tail = old.end..new_end;
        if !space.contains_range(&tail) || !space.is_free(tail.clone()) {
            return Ok(false);
        }
        self.extend(tail)?;
        Ok(true)
    }

    /// Puts the entries of a range elsewhere, or shows them there too.
    fn relocate(
        &mut self,
        old: Range<u64>,
        new: Range<u64>,
        duplicates: bool,
    ) -> Result<(), Interruption> {
        let moved = old.start..old.end.min(old.start + (new.end - new.start));
        let space = &mut self.process_mut().space;
        let entries: Vec<(u64, Entry)> = space
            .within_mut(moved.clone())
            .map(|(start, entry)| (start, entry.clone()))
            .collect();
        if !duplicates {
            space.remove(old.clone());
        }
        for (start, entry) in entries {
            let end = entry.end - old.start + new.start;
            let entry = Entry {
                end,
                wired: false,
                ..entry
            };
            space.insert(start - old.start + new.start, entry);
        }
        let reached = new.start + (moved.end - moved.start);
        if reached < new.end {
            self.extend(reached..new.end)?;
        }
        Ok(())
    }

    /// Continues the mapping that ends where `tail` starts.
    fn extend(&mut self, tail: Range<u64>) -> Result<(), Interruption> {
        let (start, last) = self
            .process()
            .space
            .find(tail.start - 1)
            .ok_or(Errno::EINVAL)?;
        let contents = match &last.contents {
            Contents::Guard | Contents::StackRoom => last.contents.clone(),
            Contents::Memory(memory) => {
                Contents::Memory(memory.continuation(&self.pool, (last.end - start) / PAGE))
            }
        };
        let entry = Entry {
            end: tail.end,
            contents,
            ..last.clone()
        };
        self.process_mut().space.insert(tail.start, entry);
        Ok(())
    }
}
