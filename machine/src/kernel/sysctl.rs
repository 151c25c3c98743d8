//! The few values that a program without libc asks `sysctl` for.

use crate::errno::Errno;
use crate::pool::PAGE;
use crate::target::System;

use super::{Answer, Arguments, Kernel, fault};

/// `KERN_OSRELDATE` on FreeBSD.
const FREEBSD_RELEASE: [u32; 2] = [1, 24];
/// `KERN_OSREV` on NetBSD.
const NETBSD_REVISION: [u32; 2] = [1, 3];
/// `HW_PAGESIZE`.
const PAGE_SIZE: [u32; 2] = [6, 7];

/// `sysctl(name, name_length, old, old_length, new, new_length)`; nothing can be set.
pub(crate) fn sysctl(kernel: &mut Kernel, arguments: &Arguments) -> Answer {
    let [name, name_length, old, old_length, ..] = *arguments;
    if name_length as u32 != 2 {
        return Err(Errno::ENOENT.into());
    }
    let space = &kernel.process().space;
    let words = space.read_word(name).map_err(fault)?;
    let value = match (kernel.target.system, [words as u32, (words >> 32) as u32]) {
        (System::FreeBsd, FREEBSD_RELEASE) | (System::NetBsd, NETBSD_REVISION) => kernel.release,
        (_, PAGE_SIZE) => PAGE as u32,
        _ => return Err(Errno::ENOENT.into()),
    };
    let bytes = value.to_le_bytes();
    if old_length != 0 {
        let room = space.read_word(old_length).map_err(fault)?;
        if old != 0 {
            if room < bytes.len() as u64 {
                return Err(Errno::ENOMEM.into());
            }
            space.write(old, &bytes).map_err(fault)?;
        }
        let length = bytes.len() as u64;
        space
            .write(old_length, &length.to_le_bytes())
            .map_err(fault)?;
    }
    Ok(0.into())
}
