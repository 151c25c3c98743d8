//! Expected answers: one per system.

use rawmap::{Errno, Result};

/// The answer of a call that succeeds.
pub(crate) const DONE: Result<()> = Ok(());
pub(crate) const EACCES: Result<()> = Err(Errno::EACCES);
pub(crate) const EBADF: Result<()> = Err(Errno::EBADF);
pub(crate) const EEXIST: Result<()> = Err(Errno::EEXIST);
pub(crate) const EFAULT: Result<()> = Err(Errno::EFAULT);
pub(crate) const EINVAL: Result<()> = Err(Errno::EINVAL);
pub(crate) const ENODEV: Result<()> = Err(Errno::ENODEV);
pub(crate) const ENOMEM: Result<()> = Err(Errno::ENOMEM);
pub(crate) const ENOTSUP: Result<()> = Err(Errno::ENOTSUP);
pub(crate) const EPERM: Result<()> = Err(Errno::EPERM);

/// What is expected of the system that this was compiled for.
pub(crate) const fn by_system<T: Copy>(linux: T, freebsd: T, netbsd: T) -> T {
    if cfg!(target_os = "linux") {
        linux
    } else if cfg!(target_os = "freebsd") {
        freebsd
    } else {
        netbsd
    }
}
