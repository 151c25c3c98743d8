//! FreeBSD's memory calls.

use crate::errno::Errno;
use crate::kernel::mapping::{NewMapping, protection, touched_pages};
use crate::kernel::{Answer, Arguments, Kernel};
use crate::limits::Resource;
use crate::pool::PAGE;
use crate::space::{Contents, Inheritance, Protection, page_end, page_start};
use crate::target::Mode;

use rand_chacha::rand_core::Rng;

use super::{STACK_GROWTH, backing, placement, release};

const PROT_ALL: u64 = 7;
/// `PROT_MAX(p)` is `p` so far up.
const PROT_MAX_SHIFT: u32 = 16;

const MAP_SHARED: u64 = 0x1;
const MAP_PRIVATE: u64 = 0x2;
const MAP_FIXED: u64 = 0x10;
/// Flags of old that do nothing.
const MAP_RESERVED: u64 = 0x60;
const MAP_HASSEMAPHORE: u64 = 0x200;
const MAP_STACK: u64 = 0x400;
const MAP_NOSYNC: u64 = 0x800;
const MAP_ANON: u64 = 0x1000;
const MAP_GUARD: u64 = 0x2000;
const MAP_EXCL: u64 = 0x4000;
const MAP_NOCORE: u64 = 0x2_0000;
const MAP_PREFAULT_READ: u64 = 0x4_0000;
const MAP_32BIT: u64 = 0x8_0000;
const MAP_ALIGNMENT_SHIFT: u32 = 24;
const MAP_ALIGNMENT_MASK: u64 = 0xff << MAP_ALIGNMENT_SHIFT;
/// The alignment of superpages, not 2 to the power of 1.
const MAP_ALIGNED_SUPER: u64 = 1 << MAP_ALIGNMENT_SHIFT;

const KNOWN_FLAGS: u64 = MAP_SHARED
    | MAP_PRIVATE
    | MAP_FIXED
    | MAP_HASSEMAPHORE
    | MAP_STACK
    | MAP_NOSYNC
    | MAP_ANON
    | MAP_GUARD
    | MAP_EXCL
    | MAP_NOCORE
    | MAP_PREFAULT_READ
    | MAP_32BIT
    | MAP_ALIGNMENT_MASK;

const PAGE_SHIFT: u64 = 12;
const SUPERPAGE: u64 = 2 << 20;
/// `MAP_32BIT` keeps a mapping below this.
const LOW_LIMIT: u64 = 1 << 31;

const MADV_FREE: i32 = 5;
const MADV_PROTECT: i32 = 10;

const MS_ASYNC: u64 = 1;
const MS_INVALIDATE: u64 = 2;

const MCL_CURRENT: u64 = 1;
const MCL_FUTURE: u64 = 2;

const MINCORE_INCORE: u8 = 1;
/// Referenced and modified, by this process and by others.
const MINCORE_HISTORY: u8 = 0x1e;

/// The flags and protections of `mmap`, `int` each, and the mapping that they describe.
pub(super) fn mmap(kernel: &mut Kernel, arguments: &Arguments) -> Answer {
    let [address, length, prot, flags, descriptor, offset, ..] = *arguments;
    let prot = u64::from(prot as u32);
    let anonymous_descriptor = descriptor as i32 == -1;
    let mut flags = u64::from(flags as u32) & !MAP_RESERVED;
    let os_release = kernel.process().personality.os_release;

    let (protections, maximum) = protections(prot)?;
    let anonymous = flags & (MAP_ANON | MAP_STACK) != 0;
    if length == 0 && os_release >= release::REFUSES_LENGTH_0 {
        return Err(Errno::EINVAL.into());
    }
    if flags & MAP_ANON != 0 && (!anonymous_descriptor || offset != 0) {
        return Err(Errno::EINVAL.into());
    }
    if flags & MAP_STACK != 0 {
        let both = Protection::READ | Protection::WRITE;
        if !anonymous_descriptor || !protections.contains(both) {
            return Err(Errno::EINVAL.into());
        }
        flags |= MAP_ANON;
    }
    check_flags(flags)?;
    if flags & MAP_GUARD != 0 {
        let allowed = MAP_FIXED | MAP_GUARD | MAP_EXCL | MAP_32BIT | MAP_ALIGNMENT_MASK;
        if prot != 0 || !anonymous_descriptor || offset != 0 || flags & !allowed != 0 {
            return Err(Errno::EINVAL.into());
        }
    }
    let remainder = if flags & MAP_STACK != 0 {
        0
    } else {
        offset % PAGE
    };
    let bytes = length.checked_add(remainder).ok_or(Errno::ENOMEM)?;
    let size = page_end(bytes);
    if size < bytes {
        return Err(Errno::ENOMEM.into());
    }
    let alignment = alignment(flags)?;
    if length == 0 {
        return Ok(page_end(address).into());
    }

    let mut new = NewMapping {
        protection: protections,
        maximum: maximum.unwrap_or(Protection::all()),
        contents: Contents::Guard,
        wired: false,
        stack: flags & MAP_STACK != 0,
    };
    let shared = flags & MAP_SHARED != 0;
    if anonymous {
        new.contents = kernel.contents(None, shared);
    } else if flags & MAP_GUARD == 0 {
        let file = kernel.open_file(descriptor)?;
        if flags & (MAP_SHARED | MAP_PRIVATE) == 0 && os_release >= release::STRICT_FILE_MAPPINGS {
            return Err(Errno::EINVAL.into());
        }
        let granted = backing::granted(&file, shared, protections)?;
        new.maximum &= granted;
        let page = (offset - remainder) / PAGE;
        new.contents = match backing::object(&file)? {
            Some(object) => kernel.contents(Some((object, page)), shared),
            None => kernel.contents(None, shared),
        };
    } else {
        new.protection = Protection::empty();
        new.maximum = Protection::empty();
    }

    let start = if flags & MAP_FIXED != 0 {
        let start = address.wrapping_sub(remainder);
        let range = start..start.wrapping_add(size);
        let space = &kernel.process().space;
        if start % PAGE != 0
            || !space.contains_range(&range)
            || (flags & MAP_32BIT != 0 && range.end > LOW_LIMIT)
        {
            return Err(Errno::EINVAL.into());
        }
        if flags & MAP_EXCL != 0 && !space.is_free(range) {
            return Err(Errno::ENOMEM.into());
        }
        start
    } else {
        let low = flags & MAP_32BIT != 0;
        let clusters = matches!(&new.contents, Contents::Memory(memory)
            if memory.below.is_none() && !shared && flags & (MAP_STACK | MAP_32BIT) == 0)
            && anonymous
            && !new.protection.is_empty();
        let process = kernel.process();
        let hint = match address {
            _ if low && address.saturating_add(size) > LOW_LIMIT => 0,
            0 => 0,
            _ if !low && placement::heap(process).contains(&address) => {
                placement::heap(process).end
            }
            _ => page_end(address),
        };
        let request = placement::Request {
            hint,
            size,
            alignment,
            limit: if low {
                LOW_LIMIT
            } else {
                process.space.limits().end
            },
            clusters,
        };
        kernel.place_upwards(&request).ok_or(Errno::ENOMEM)?
    };
    let locks = kernel.process().wires_future && kernel.exceeds_locked_memory(size);
    if kernel.exceeds_address_space(size) || locks {
        return Err(Errno::ENOMEM.into());
    }
    let range = start..start + size;
    if flags & MAP_STACK != 0 {
        // The upper end is there at once, the rest as it is used, and one page at the bottom never.
        if size <= PAGE {
            return Err(Errno::EINVAL.into());
        }
        let room = NewMapping {
            protection: Protection::empty(),
            maximum: Protection::empty(),
            contents: Contents::StackRoom,
            wired: false,
            stack: false,
        };
        let top = range.end - STACK_GROWTH.min(size - PAGE);
        kernel.map(range.start..top, room)?;
        kernel.map(top..range.end, new)?;
    } else {
        kernel.map(range.clone(), new)?;
    }
    if flags & MAP_PREFAULT_READ != 0 {
        // What can't be brought in now is brought in later.
        let _ = kernel.process().space.populate(range);
    }
    Ok((start + remainder).into())
}

/// The protection and the maximum in a `PROT_` argument.
fn protections(prot: u64) -> Result<(Protection, Option<Protection>), Errno> {
    if prot & !(PROT_ALL | PROT_ALL << PROT_MAX_SHIFT) != 0 {
        return Err(Errno::EINVAL);
    }
    let now = protection(prot & PROT_ALL);
    let maximum = protection(prot >> PROT_MAX_SHIFT);
    if maximum.is_empty() {
        return Ok((now, None));
    }
    if maximum.contains(now) {
        Ok((now, Some(maximum)))
    } else {
        Err(Errno::FREEBSD_ENOTSUP)
    }
}

fn check_flags(flags: u64) -> Result<(), Errno> {
    let both = MAP_SHARED | MAP_PRIVATE;
    let sound = flags & !KNOWN_FLAGS == 0
        && flags & (MAP_EXCL | MAP_FIXED) != MAP_EXCL
        && flags & both != both;
    if sound { Ok(()) } else { Err(Errno::EINVAL) }
}

fn alignment(flags: u64) -> Result<u64, Errno> {
    match flags & MAP_ALIGNMENT_MASK {
        0 => Ok(PAGE),
        MAP_ALIGNED_SUPER => Ok(SUPERPAGE),
        other => match other >> MAP_ALIGNMENT_SHIFT {
            power @ PAGE_SHIFT..64 => Ok(1 << power),
            _ => Err(Errno::EINVAL),
        },
    }
}

impl Kernel {
    fn place_upwards(&mut self, request: &placement::Request) -> Option<u64> {
        if self.mode == Mode::Hostile {
            return self.scatter(request.size, request.alignment, request.limit);
        }
        let process = self.processes.get_mut(&self.current)?;
        placement::choose(process, &mut self.random, request)
    }
}

pub(super) fn munmap(kernel: &mut Kernel, address: u64, length: u64) -> Answer {
    if length == 0 {
        return Err(Errno::EINVAL.into());
    }
    let range = touched_pages(address, length).ok_or(Errno::EINVAL)?;
    let space = &mut kernel.process_mut().space;
    if !space.contains_range(&range) {
        return Err(Errno::EINVAL.into());
    }
    space.remove(range);
    Ok(0.into())
}

pub(super) fn mprotect(kernel: &mut Kernel, address: u64, length: u64, prot: u64) -> Answer {
    let (protections, maximum) = match protections(u64::from(prot as u32)) {
        Err(Errno::FREEBSD_ENOTSUP) => {
            // The range is looked at before the two halves of the argument are compared.
            touched_pages(address, length).ok_or(Errno::EINVAL)?;
            return Err(Errno::FREEBSD_ENOTSUP.into());
        }
        other => other?,
    };
    let range = touched_pages(address, length).ok_or(Errno::EINVAL)?;
    kernel.protect(range, protections, maximum)?;
    Ok(0.into())
}

pub(super) fn madvise(kernel: &mut Kernel, address: u64, length: u64, advice: u64) -> Answer {
    let advice = advice as i32;
    let range = page_start(address)..page_end(address.wrapping_add(length));
    if advice == MADV_PROTECT {
        return Ok(0.into());
    }
    let known = (0..MADV_PROTECT).contains(&advice);
    let end = address.checked_add(length).ok_or(Errno::EINVAL)?;
    if !known || !kernel.process().space.contains_range(&(address..end)) {
        return Err(Errno::EINVAL.into());
    }
    if advice == MADV_FREE && kernel.mode == Mode::Hostile {
        // The kernel frees such pages when it likes, and spares them only where a parent or child has them too.
        kernel.discard(range);
    }
    Ok(0.into())
}

pub(super) fn msync(kernel: &mut Kernel, address: u64, length: u64, flags: u64) -> Answer {
    let range = touched_pages(address, length).ok_or(Errno::EINVAL)?;
    if flags & (MS_ASYNC | MS_INVALIDATE) == MS_ASYNC | MS_INVALIDATE {
        return Err(Errno::EINVAL.into());
    }
    let space = &kernel.process().space;
    let (start, entry) = space.find(range.start).ok_or(Errno::ENOMEM)?;
    let range = if range.is_empty() {
        start..entry.end
    } else {
        range
    };
    let mut wired = space
        .overlapping(range.clone())
        .filter(|(_, entry)| entry.wired);
    if flags & MS_INVALIDATE != 0 && wired.next().is_some() {
        return Err(Errno::EBUSY.into());
    }
    if space.first_hole(range).is_some() {
        return Err(Errno::ENOMEM.into());
    }
    Ok(0.into())
}

pub(super) fn mincore(kernel: &mut Kernel, address: u64, length: u64, vector: u64) -> Answer {
    let start = page_start(address);
    let end = page_end(address.checked_add(length).ok_or(Errno::ENOMEM)?);
    let process = kernel.process();
    if end < start || end > process.space.limits().end {
        return Err(Errno::ENOMEM.into());
    }
    let looked_at = start..end.max(start + 1);
    if process.space.first_hole(looked_at).is_some() {
        return Err(Errno::ENOMEM.into());
    }
    for (index, page) in (start..end).step_by(PAGE as usize).enumerate() {
        let mut state = 0;
        if kernel.residency(page) {
            state = MINCORE_INCORE
                | match kernel.mode {
                    Mode::Hostile => kernel.random.next_u32() as u8 & MINCORE_HISTORY,
                    Mode::Measured => MINCORE_HISTORY,
                };
        }
        kernel
            .process()
            .space
            .write(vector.wrapping_add(index as u64), &[state])
            .map_err(|_| Errno::EFAULT)?;
    }
    Ok(0.into())
}

pub(super) fn mlock(kernel: &mut Kernel, address: u64, length: u64) -> Answer {
    let range = touched_pages(address, length).ok_or(Errno::EINVAL)?;
    // What is locked already counts once more.
    if kernel.exceeds_locked_memory(range.end - range.start) {
        return Err(Errno::ENOMEM.into());
    }
    if kernel.process().space.first_hole(range.clone()).is_some() {
        return Err(Errno::ENOMEM.into());
    }
    kernel.wire(range)?;
    Ok(0.into())
}

pub(super) fn munlock(kernel: &mut Kernel, address: u64, length: u64) -> Answer {
    let range = touched_pages(address, length).ok_or(Errno::EINVAL)?;
    if kernel.process().space.first_hole(range.clone()).is_some() {
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
    let process = kernel.process();
    if process.space.size() > process.limits.current(Resource::LockedMemory) {
        return Err(Errno::ENOMEM.into());
    }
    // FUTURE stays until `munlockall`.
    kernel.process_mut().wires_future |= how & MCL_FUTURE != 0;
    if how & MCL_CURRENT != 0 {
        kernel.wire_everything()?;
    }
    Ok(0.into())
}

pub(super) fn minherit(kernel: &mut Kernel, address: u64, length: u64, inheritance: u64) -> Answer {
    let range = touched_pages(address, length).ok_or(Errno::EINVAL)?;
    let inheritance = match inheritance as u32 {
        0 => Inheritance::Share,
        1 => Inheritance::Copy,
        2 => Inheritance::Nothing,
        3 => Inheritance::Zero,
        _ => return Err(Errno::EINVAL.into()),
    };
    kernel.inherit(range, inheritance);
    Ok(0.into())
}
