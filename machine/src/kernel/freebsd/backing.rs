//! What a descriptor puts behind a mapping on FreeBSD.

use crate::errno::Errno;
use crate::files::{OpenFile, OpenKind};
use crate::kernel::seals::F_SEAL_WRITE;
use crate::object::ObjectReference;
use crate::space::Protection;

/// The object to map; none for `/dev/zero`, which is new memory every time.
pub(super) fn object(file: &OpenFile) -> Result<Option<&ObjectReference>, Errno> {
    match &file.kind {
        OpenKind::File(file) => Ok(Some(&file.object)),
        OpenKind::SharedMemory(memory) => Ok(Some(&memory.file.object)),
        OpenKind::Zero => Ok(None),
        OpenKind::Directory(_) => Err(Errno::EINVAL),
        _ => Err(Errno::ENODEV),
    }
}

/// What the descriptor lets a mapping have at most.
pub(super) fn granted(
    file: &OpenFile,
    shared: bool,
    wanted: Protection,
) -> Result<Protection, Errno> {
    let mut granted = Protection::EXECUTE;
    granted.set(Protection::READ, file.readable);
    granted.set(Protection::WRITE, file.writable || !shared);
    if let OpenKind::SharedMemory(memory) = &file.kind
        && shared
        && memory.file.object.borrow().seals & F_SEAL_WRITE != 0
    {
        if wanted.contains(Protection::WRITE) {
            return Err(Errno::EPERM);
        }
        granted.remove(Protection::WRITE);
    }
    if granted.contains(wanted) {
        Ok(granted)
    } else {
        Err(Errno::EACCES)
    }
}
