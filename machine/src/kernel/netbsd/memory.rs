//! NetBSD's memory calls, but for `mremap`.

use core::ops::Range;

use crate::errno::Errno;
use crate::files::OpenKind;
use crate::kernel::mapping::{NewMapping, protection, touched_pages};
use crate::kernel::{Answer, Arguments, Kernel};
use crate::limits::Resource;
use crate::pool::PAGE;
use crate::space::{Access, AddressSpace, Inheritance, Protection, page_end, page_start};
use crate::target::Mode;

use super::backing;

/// `PROT_MPROTECT(p)` is `p` so far up.
const PROT_MPROTECT_SHIFT: u32 = 3;

const MAP_SHARED: u64 = 0x1;
const MAP_PRIVATE: u64 = 0x2;
pub(super) const MAP_FIXED: u64 = 0x10;
/// A hint may lie above the default address.
const MAP_TRYFIXED: u64 = 0x400;
const MAP_WIRED: u64 = 0x800;
const MAP_ANON: u64 = 0x1000;
pub(super) const MAP_ALIGNMENT_SHIFT: u32 = 24;
pub(super) const MAP_ALIGNMENT_MASK: u64 = 0xff << MAP_ALIGNMENT_SHIFT;
const PAGE_SHIFT: u64 = 12;

/// What is left to the stack above the mappings.
const STACK_RESERVE: u64 = 128 << 20;

const MADV_WILLNEED: i32 = 3;
const MADV_DONTNEED: i32 = 4;
const MADV_FREE: i32 = 6;

const MS_ASYNC: u64 = 1;
const MS_INVALIDATE: u64 = 2;
const MS_SYNC: u64 = 4;

const MCL_CURRENT: u64 = 1;
const MCL_FUTURE: u64 = 2;

/// `mmap(address, length, prot, flags, descriptor, padding, offset)`.
pub(super) fn mmap(kernel: &mut Kernel, arguments: &Arguments) -> Answer {
    let [address, length, prot, flags, descriptor, _, offset, _] = *arguments;
    let flags = u64::from(flags as u32);
    if flags & (MAP_SHARED | MAP_PRIVATE) == MAP_SHARED | MAP_PRIVATE {
        return Err(Errno::EINVAL.into());
    }
    let remainder = offset % PAGE;
    let bytes = length.checked_add(remainder).ok_or(Errno::ENOMEM)?;
    let size = page_end(bytes);
    if size < bytes {
        return Err(Errno::ENOMEM.into());
    }
    let fixed = flags & MAP_FIXED != 0;
    let wanted = if fixed {
        let start = address.wrapping_sub(remainder);
        if start % PAGE != 0 {
            return Err(Errno::EINVAL.into());
        }
        check_fixed(&kernel.process().space, start, size)?;
        start
    } else {
        kernel.wanted_address(address, size, flags)
    };

    let now = protection(prot);
    let later = protection(prot >> PROT_MPROTECT_SHIFT);
    let shared = flags & MAP_SHARED != 0;
    let (contents, granted) = if flags & MAP_ANON != 0 {
        if descriptor as i32 != -1 {
            return Err(Errno::EINVAL.into());
        }
        (kernel.contents(None, shared), Protection::all())
    } else {
        let file = kernel.open_file(descriptor)?;
        // A device is shared where nothing is said.
        let shared = shared || matches!(file.kind, OpenKind::Zero) && flags & MAP_PRIVATE == 0;
        let start = offset - remainder;
        let object = backing::object(&file, start..start.saturating_add(size))?;
        if length == 0 {
            return Err(Errno::EINVAL.into());
        }
        let granted = backing::granted(&file, shared, now)?;
        let object = object.map(|object| (object, start / PAGE));
        (kernel.contents(object, shared), granted)
    };

    let restricted = kernel.process().personality.restricts_protections;
    let maximum = if restricted {
        granted & (now | later)
    } else {
        granted
    };
    if !maximum.contains(now | later) {
        return Err(Errno::EACCES.into());
    }
    kernel.check_write_and_execute(now)?;
    if size == 0 {
        return Ok((wanted + remainder).into());
    }
    let alignment = alignment(flags, kernel.process().space.limits().end)?;
    let start = if fixed {
        if wanted % alignment != 0 {
            return Err(Errno::EINVAL.into());
        }
        wanted
    } else {
        kernel
            .place_downwards(wanted, size, alignment)
            .ok_or(Errno::ENOMEM)?
    };
    let wires = flags & MAP_WIRED != 0 || kernel.process().wires_future;
    let locks_too_much = wires && !now.is_empty() && kernel.exceeds_locked_memory(size);
    if kernel.exceeds_address_space(size) || locks_too_much {
        return Err(Errno::ENOMEM.into());
    }
    kernel.map(
        start..start + size,
        NewMapping {
            protection: now,
            maximum,
            contents,
            wired: wires,
            stack: false,
        },
    )?;
    Ok((start + remainder).into())
}

fn check_fixed(space: &AddressSpace, start: u64, size: u64) -> Result<(), Errno> {
    let limits = space.limits();
    let end = start.wrapping_add(size);
    if start < limits.start {
        Err(Errno::EINVAL)
    } else if end > limits.end {
        Err(Errno::EFBIG)
    } else if start > end {
        Err(Errno::EOVERFLOW)
    } else {
        Ok(())
    }
}

/// The alignment that the flags ask for, a page at least.
pub(super) fn alignment(flags: u64, limit: u64) -> Result<u64, Errno> {
    match (flags & MAP_ALIGNMENT_MASK) >> MAP_ALIGNMENT_SHIFT {
        0 => Ok(PAGE),
        power @ PAGE_SHIFT..64 if 1 << power < limit => Ok(1 << power),
        PAGE_SHIFT..64 => Err(Errno::ENOMEM),
        _ => Err(Errno::EINVAL),
    }
}

/// The pages of a range of bytes; nothing at all for no bytes, wherever the address points.
fn pages(address: u64, length: u64) -> Option<Range<u64>> {
    if length == 0 {
        return Some(address..address);
    }
    touched_pages(address, length)
}

impl Kernel {
    /// Mappings are laid from here downwards.
    pub(super) fn default_address(&self, size: u64) -> u64 {
        let top = self.process().space.limits().end - STACK_RESERVE;
        top.saturating_sub(size)
    }

    /// The page from which a place is searched downwards.
    fn wanted_address(&self, hint: u64, size: u64, flags: u64) -> u64 {
        let shift = self.process().personality.placement_shift;
        let default = self.default_address(size);
        match hint {
            0 => default.saturating_sub(shift),
            _ if flags & MAP_TRYFIXED != 0 => page_end(hint),
            _ if flags & MAP_ANON != 0 => page_end(hint.min(default)),
            // Randomization moves the hint of a file's mapping too.
            _ => page_end(hint.min(default)).saturating_sub(shift),
        }
    }

    /// The highest place at `wanted` or below, or else the highest of all.
    pub(super) fn place_downwards(
        &mut self,
        wanted: u64,
        size: u64,
        alignment: u64,
    ) -> Option<u64> {
        let default = self.default_address(size);
        if self.mode == Mode::Hostile {
            return self.scatter(size, alignment, default.checked_add(size)?);
        }
        let space = &self.process().space;
        space
            .highest_gap(wanted, size, alignment)
            .or_else(|| space.highest_gap(default, size, alignment))
    }

    fn check_write_and_execute(&self, protection: Protection) -> Result<(), Errno> {
        let both = Protection::WRITE | Protection::EXECUTE;
        if self.process().personality.restricts_protections && protection.contains(both) {
            Err(Errno::EACCES)
        } else {
            Ok(())
        }
    }

    /// The pages of a range that must lie where a program's memory can be.
    fn user_pages(&self, address: u64, length: u64) -> Result<Range<u64>, Errno> {
        let range = pages(address, length).ok_or(Errno::EINVAL)?;
        if range.is_empty() || self.process().space.contains_range(&range) {
            Ok(range)
        } else {
            Err(Errno::EINVAL)
        }
    }
}

pub(super) fn munmap(kernel: &mut Kernel, address: u64, length: u64) -> Answer {
    let range = kernel.user_pages(address, length)?;
    kernel.process_mut().space.remove(range);
    Ok(0.into())
}

pub(super) fn mprotect(kernel: &mut Kernel, address: u64, length: u64, prot: u64) -> Answer {
    let range = kernel.user_pages(address, length)?;
    let protection = protection(prot);
    kernel.check_write_and_execute(protection)?;
    kernel.protect(range, protection, None)?;
    Ok(0.into())
}

pub(super) fn madvise(kernel: &mut Kernel, address: u64, length: u64, advice: u64) -> Answer {
    let range = kernel.user_pages(address, length)?;
    match advice as i32 {
        0..=MADV_WILLNEED => {}
        MADV_DONTNEED => check_cleanable(&kernel.process().space, &range, false)?,
        MADV_FREE => {
            check_cleanable(&kernel.process().space, &range, true)?;
            kernel.discard(range);
        }
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0.into())
}

/// The first pass over a range whose pages are to be cleaned, or freed.
fn check_cleanable(space: &AddressSpace, range: &Range<u64>, frees: bool) -> Result<(), Errno> {
    let at_least_start = range.start..range.end.max(range.start + 1);
    if frees
        && space
            .overlapping(at_least_start.clone())
            .any(|(_, entry)| entry.wired)
    {
        return Err(Errno::EBUSY);
    }
    match space.first_hole(at_least_start) {
        None => Ok(()),
        Some(_) => Err(Errno::EFAULT),
    }
}

pub(super) fn msync(kernel: &mut Kernel, address: u64, length: u64, flags: u64) -> Answer {
    let flags = u64::from(flags as u32);
    let both = MS_ASYNC | MS_SYNC;
    if flags & !(both | MS_INVALIDATE) != 0 || flags == 0 || flags & both == both {
        return Err(Errno::EINVAL.into());
    }
    let space = &kernel.process().space;
    let range = if length == 0 {
        let (start, entry) = space.find(address).ok_or(Errno::EINVAL)?;
        start..entry.end
    } else {
        let range = touched_pages(address, length).ok_or(Errno::ENOMEM)?;
        if !space.contains_range(&range) {
            return Err(Errno::ENOMEM.into());
        }
        range
    };
    check_cleanable(space, &range, flags & MS_INVALIDATE != 0)?;
    Ok(0.into())
}

pub(super) fn mincore(kernel: &mut Kernel, address: u64, length: u64, vector: u64) -> Answer {
    if !address.is_multiple_of(PAGE) || length == 0 {
        return Err(Errno::EINVAL.into());
    }
    let range = touched_pages(address, length).ok_or(Errno::EINVAL)?;
    let space = &kernel.process().space;
    let count = (range.end - range.start) / PAGE;
    // The whole vector is held in memory before anything is looked at.
    let vector_end = vector.checked_add(count).ok_or(Errno::EFAULT)?;
    for page in (page_start(vector)..vector_end).step_by(PAGE as usize) {
        space
            .translate(page, Access::Write)
            .map_err(|_| Errno::EFAULT)?;
    }
    if space.first_hole(range.clone()).is_some() {
        return Err(Errno::ENOMEM.into());
    }
    let states: Vec<u8> = range
        .step_by(PAGE as usize)
        .map(|page| u8::from(kernel.residency(page)))
        .collect();
    let space = &kernel.process().space;
    space.write(vector, &states).map_err(|_| Errno::EFAULT)?;
    Ok(0.into())
}

pub(super) fn mlock(kernel: &mut Kernel, address: u64, length: u64) -> Answer {
    let range = kernel.user_pages(address, length).or(Err(Errno::ENOMEM))?;
    if kernel.exceeds_locked_memory(range.end - range.start) {
        return Err(Errno::EAGAIN.into());
    }
    let space = &kernel.process().space;
    match space.first_hole(range.clone()) {
        Some(hole) if hole == range.start => return Err(Errno::ENOMEM.into()),
        Some(_) => return Err(Errno::EINVAL.into()),
        None => {}
    }
    let closed = space
        .overlapping(range.clone())
        .any(|(_, entry)| entry.protection.is_empty());
    if closed {
        return Err(Errno::EINVAL.into());
    }
    kernel.wire(range)?;
    Ok(0.into())
}

pub(super) fn munlock(kernel: &mut Kernel, address: u64, length: u64) -> Answer {
    let range = kernel.user_pages(address, length).or(Err(Errno::ENOMEM))?;
    let space = &kernel.process().space;
    let all_wired = space
        .overlapping(range.clone())
        .all(|(_, entry)| entry.wired);
    if !all_wired || space.first_hole(range.clone()).is_some() {
        return Err(Errno::ENOMEM.into());
    }
    kernel.unwire(range);
    Ok(0.into())
}

pub(super) fn mlockall(kernel: &mut Kernel, how: u64) -> Answer {
    let how = u64::from(how as u32);
    if how == 0 || how & !(MCL_CURRENT | MCL_FUTURE) != 0 {
        return Err(Errno::EINVAL.into());
    }
    kernel.process_mut().wires_future |= how & MCL_FUTURE != 0;
    if how & MCL_CURRENT != 0 {
        let process = kernel.process();
        if process.space.accessible() > process.limits.current(Resource::LockedMemory) {
            return Err(Errno::ENOMEM.into());
        }
        kernel.wire_everything()?;
    }
    Ok(0.into())
}

pub(super) fn minherit(kernel: &mut Kernel, address: u64, length: u64, inheritance: u64) -> Answer {
    let range = kernel.user_pages(address, length)?;
    let inheritance = match inheritance as u32 {
        0 => Inheritance::Share,
        1 => Inheritance::Copy,
        2 => Inheritance::Nothing,
        4 => Inheritance::Zero,
        _ => return Err(Errno::EINVAL.into()),
    };
    kernel.inherit(range, inheritance);
    Ok(0.into())
}
