//! Who a process is, and for whom it acts.

use crate::errno::Errno;

use super::{Answer, Kernel};

pub(crate) fn getuid(kernel: &Kernel) -> u64 {
    kernel.process().credentials.real.into()
}

pub(crate) fn geteuid(kernel: &Kernel) -> u64 {
    kernel.process().credentials.effective.into()
}

pub(crate) fn getgid(kernel: &Kernel) -> u64 {
    kernel.process().credentials.real_group.into()
}

pub(crate) fn getegid(kernel: &Kernel) -> u64 {
    kernel.process().credentials.effective_group.into()
}

/// `setuid(user)`: all three users, and no way back for who was root.
pub(crate) fn setuid(kernel: &mut Kernel, user: u64) -> Answer {
    let user = user as u32;
    let credentials = &mut kernel.process_mut().credentials;
    if !credentials.is_privileged() && user != credentials.real {
        return Err(Errno::EPERM.into());
    }
    credentials.real = user;
    credentials.effective = user;
    credentials.saved = user;
    Ok(0.into())
}

/// `seteuid(user)`: one of the three for now.
pub(crate) fn seteuid(kernel: &mut Kernel, user: u64) -> Answer {
    let user = user as u32;
    let credentials = &mut kernel.process_mut().credentials;
    let known = user == credentials.real || user == credentials.saved;
    if !credentials.is_privileged() && !known {
        return Err(Errno::EPERM.into());
    }
    credentials.effective = user;
    Ok(0.into())
}

/// `setgid(group)`
pub(crate) fn setgid(kernel: &mut Kernel, group: u64) -> Answer {
    let group = group as u32;
    let credentials = &mut kernel.process_mut().credentials;
    if !credentials.is_privileged() && group != credentials.real_group {
        return Err(Errno::EPERM.into());
    }
    credentials.real_group = group;
    credentials.effective_group = group;
    Ok(0.into())
}
