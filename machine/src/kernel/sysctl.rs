//! The few values that a program without libc asks `sysctl` for.

use crate::errno::Errno;
use crate::pool::PAGE;
use crate::target::{Architecture, System};

use super::{Answer, Arguments, Kernel, fault};

/// `KERN_OSRELDATE` on FreeBSD.
const FREEBSD_RELEASE: [u32; 2] = [1, 24];
/// `KERN_OSREV` on NetBSD.
const NETBSD_REVISION: [u32; 2] = [1, 3];
/// `VM_MAXADDRESS` on NetBSD, a long.
const NETBSD_MAXIMUM_ADDRESS: [u32; 2] = [2, 15];
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
    let system = kernel.target.system;
    let int = |value: u32| value.to_le_bytes().to_vec();
    let bytes = match (system, [words as u32, (words >> 32) as u32]) {
        (System::FreeBsd, FREEBSD_RELEASE) | (System::NetBsd, NETBSD_REVISION) => {
            int(kernel.release)
        }
        (System::NetBsd, NETBSD_MAXIMUM_ADDRESS) => maximum_address(kernel).to_le_bytes().to_vec(),
        (_, PAGE_SIZE) => int(PAGE as u32),
        _ => return Err(Errno::ENOENT.into()),
    };
    if old_length == 0 {
        return Ok(0.into());
    }
    let length = bytes.len() as u64;
    let room = space.read_word(old_length).map_err(fault)?;
    let mut told = length;
    if old != 0 {
        // As much as there is room for is copied in any case.
        let copied = length.min(room);
        space.write(old, &bytes[..copied as usize]).map_err(fault)?;
        // FreeBSD tells how much it copied (userland_sysctl), NetBSD how much there is (sys___sysctl).
        told = match system {
            System::FreeBsd => copied,
            System::NetBsd => length,
        };
    }
    space
        .write(old_length, &told.to_le_bytes())
        .map_err(fault)?;
    if old != 0 && room < length {
        return Err(Errno::ENOMEM.into());
    }
    Ok(0.into())
}

/// `VM_MAX_ADDRESS` of NetBSD's vmparam.h, which is what uvm_meter.c tells. On amd64 it is not where programs end, which
/// is `VM_MAXUSER_ADDRESS`, but lies above that.
fn maximum_address(kernel: &Kernel) -> u64 {
    match kernel.target.architecture {
        Architecture::X86_64 => 0x7fbf_dfef_f000,
        Architecture::Aarch64 => kernel.process().space.limits().end,
    }
}
