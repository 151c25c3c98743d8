//! Objects that are memory and nothing else: FreeBSD's `shm_open2` and NetBSD's `memfd_create`.

use std::rc::Rc;

use crate::errno::Errno;
use crate::object::{Object, ObjectReference};

use super::{Answer, Kernel};

/// In place of a path: an object without a name.
const SHM_ANON: u64 = 1;

const O_ACCMODE: u64 = 3;
const O_RDWR: u64 = 2;
const O_CREAT: u64 = 0x200;
const O_TRUNC: u64 = 0x400;
const O_EXCL: u64 = 0x800;

const MFD_CLOEXEC: u64 = 1;
const MFD_ALLOW_SEALING: u64 = 2;

/// `shm_open2(path, flags, mode, shm_flags, name)`.
pub(crate) fn shm_open2(kernel: &mut Kernel, path: u64, flags: u64) -> Answer {
    let writable = flags & O_ACCMODE == O_RDWR;
    if path == SHM_ANON {
        if !writable {
            return Err(Errno::EINVAL.into());
        }
        let object = kernel.empty_object();
        return Ok(kernel.open_object(&object, true).into());
    }
    let name = kernel.read_path(path)?;
    let object = match kernel.shared_memory.get(&name) {
        Some(_) if flags & O_CREAT != 0 && flags & O_EXCL != 0 => {
            return Err(Errno::EEXIST.into());
        }
        Some(object) => {
            if flags & O_TRUNC != 0 {
                object.borrow_mut().resize(0);
            }
            Rc::clone(object)
        }
        None if flags & O_CREAT != 0 => {
            let object = kernel.empty_object();
            kernel.shared_memory.insert(name, Rc::clone(&object));
            object
        }
        None => return Err(Errno::ENOENT.into()),
    };
    Ok(kernel.open_object(&object, writable).into())
}

/// `memfd_create(name, flags)`.
pub(crate) fn memfd_create(kernel: &mut Kernel, name: u64, flags: u64) -> Answer {
    if flags & u64::from(u32::MAX) & !(MFD_CLOEXEC | MFD_ALLOW_SEALING) != 0 {
        return Err(Errno::EINVAL.into());
    }
    kernel.read_path(name)?;
    let object = kernel.empty_object();
    Ok(kernel.open_object(&object, true).into())
}

impl Kernel {
    fn empty_object(&self) -> ObjectReference {
        Object::sized(&self.pool, Rc::from([])).shared()
    }
}
