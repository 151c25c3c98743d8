//! Objects that are memory and nothing else: FreeBSD's `shm_open2` and NetBSD's `memfd_create`.

use std::rc::Rc;

use crate::errno::Errno;
use crate::files::{OpenFile, OpenKind, SharedMemory};

use super::paths::{O_ACCMODE, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC};
use super::seals::F_SEAL_SEAL;
use super::{Answer, Kernel};

/// In place of a path: an object without a name.
const SHM_ANON: u64 = 1;

const SHM_ALLOW_SEALING: u64 = 1;
const SHM_GROW_ON_WRITE: u64 = 2;

const MFD_CLOEXEC: u64 = 1;
const MFD_ALLOW_SEALING: u64 = 2;

const READ: u32 = 4;
const WRITE: u32 = 2;

/// `shm_open2(path, flags, mode, shm_flags, name)`.
pub(crate) fn shm_open2(
    kernel: &mut Kernel,
    path: u64,
    flags: u64,
    mode: u64,
    shm_flags: u64,
) -> Answer {
    let closes = kernel.open_flags().close_on_execution;
    let known = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | closes;
    let access = flags & O_ACCMODE;
    let shm_flags = shm_flags & u64::from(u32::MAX);
    if flags & u64::from(u32::MAX) & !known != 0
        || (access != O_RDWR && access != O_RDONLY)
        || shm_flags & !(SHM_ALLOW_SEALING | SHM_GROW_ON_WRITE) != 0
    {
        return Err(Errno::EINVAL.into());
    }
    let writable = access == O_RDWR;
    let may_seal = shm_flags & SHM_ALLOW_SEALING != 0;
    let grows = shm_flags & SHM_GROW_ON_WRITE != 0;
    let mode = mode as u32 & 0o777;
    let memory = if path == SHM_ANON {
        if !writable {
            return Err(Errno::EINVAL.into());
        }
        kernel.new_memory(mode, may_seal, grows)
    } else {
        let name = kernel.read_path(path)?;
        if !name.starts_with(b"/") {
            return Err(Errno::EINVAL.into());
        }
        match kernel.shared_memory.get(&name) {
            Some(_) if flags & O_CREAT != 0 && flags & O_EXCL != 0 => {
                return Err(Errno::EEXIST.into());
            }
            Some(memory) => {
                let wanted = READ | if writable { WRITE } else { 0 };
                let credentials = &kernel.process().credentials;
                if !credentials.may_access(memory.file.mode, memory.file.owner, wanted) {
                    return Err(Errno::EACCES.into());
                }
                if flags & O_TRUNC != 0 && writable {
                    memory.file.object.borrow_mut().resize(0);
                }
                Rc::clone(memory)
            }
            None if flags & O_CREAT != 0 => {
                let memory = kernel.new_memory(mode, may_seal, grows);
                kernel.shared_memory.insert(name, Rc::clone(&memory));
                memory
            }
            None => return Err(Errno::ENOENT.into()),
        }
    };
    kernel.open_memory(memory, writable, flags & closes != 0)
}

/// `shm_unlink(path)`
pub(crate) fn shm_unlink(kernel: &mut Kernel, path: u64) -> Answer {
    let name = kernel.read_path(path)?;
    kernel.shared_memory.remove(&name).ok_or(Errno::ENOENT)?;
    Ok(0.into())
}

/// `memfd_create(name, flags)`.
pub(crate) fn memfd_create(kernel: &mut Kernel, name: u64, flags: u64) -> Answer {
    let flags = flags & u64::from(u32::MAX);
    if flags & !(MFD_CLOEXEC | MFD_ALLOW_SEALING) != 0 {
        return Err(Errno::EINVAL.into());
    }
    kernel.read_path(name)?;
    let memory = kernel.new_memory(0o600, flags & MFD_ALLOW_SEALING != 0, true);
    kernel.open_memory(memory, true, flags & MFD_CLOEXEC != 0)
}

impl Kernel {
    fn new_memory(&mut self, mode: u32, may_seal: bool, grows: bool) -> Rc<SharedMemory> {
        let owner = self.process().credentials.effective;
        let file = self.files.new_file(&[], mode, owner);
        if !may_seal {
            file.object.borrow_mut().seals = F_SEAL_SEAL;
        }
        let file = Rc::into_inner(file).expect("nobody else has a file that was just made");
        Rc::new(SharedMemory { file, grows })
    }

    fn open_memory(&mut self, memory: Rc<SharedMemory>, writable: bool, closes: bool) -> Answer {
        let file = OpenFile::new(OpenKind::SharedMemory(memory), true, writable);
        Ok(self.add_descriptor(file, closes)?.into())
    }
}
