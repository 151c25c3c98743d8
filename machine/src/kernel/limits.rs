//! `getrlimit` and `setrlimit`, and what the memory calls ask of the limits.

use crate::errno::Errno;
use crate::limits::{INFINITY, Resource};
use crate::target::System;

use super::{Answer, Kernel, fault};

/// `getrlimit(number, limit)`
pub(crate) fn getrlimit(kernel: &mut Kernel, number: u64, address: u64) -> Answer {
    let process = kernel.process_mut();
    let limit = *process
        .limits
        .get_mut(number & u64::from(u32::MAX))
        .ok_or(Errno::EINVAL)?;
    let words = [limit.current, limit.maximum];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    process.space.write(address, &bytes).map_err(fault)?;
    Ok(0.into())
}

/// `setrlimit(number, limit)`
pub(crate) fn setrlimit(kernel: &mut Kernel, number: u64, address: u64) -> Answer {
    let system = kernel.target.system;
    let process = kernel.process_mut();
    let privileged = process.credentials.is_privileged();
    let current = process.space.read_word(address).map_err(fault)?;
    let maximum = process
        .space
        .read_word(address.wrapping_add(8))
        .map_err(fault)?;
    let limit = process
        .limits
        .get_mut(number & u64::from(u32::MAX))
        .ok_or(Errno::EINVAL)?;
    // What would be negative is no limit.
    let (mut current, maximum) = (current.min(INFINITY), maximum.min(INFINITY));
    if system == System::NetBsd && current > maximum {
        return Err(Errno::EINVAL.into());
    }
    if (maximum > limit.maximum || current > limit.maximum) && !privileged {
        return Err(Errno::EPERM.into());
    }
    current = current.min(maximum);
    limit.current = current;
    limit.maximum = maximum;
    Ok(0.into())
}

impl Kernel {
    /// Whether so many more bytes would be more addresses than the process may have.
    pub(super) fn exceeds_address_space(&self, more: u64) -> bool {
        let process = self.process();
        process.space.size().saturating_add(more) > process.limits.current(Resource::AddressSpace)
    }

    /// Whether so many more bytes would be more locked memory than the process may have.
    pub(super) fn exceeds_locked_memory(&self, more: u64) -> bool {
        let process = self.process();
        process.space.wired().saturating_add(more) > process.limits.current(Resource::LockedMemory)
    }
}
