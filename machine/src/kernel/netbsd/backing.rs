//! What a descriptor puts behind a mapping on NetBSD.

use core::ops::Range;

use crate::errno::Errno;
use crate::files::{OpenFile, OpenKind};
use crate::kernel::seals::{F_SEAL_FUTURE_WRITE, F_SEAL_WRITE};
use crate::object::ObjectReference;
use crate::space::{Protection, page_end};

/// The object to map; none for `/dev/zero`, which is new memory every time.
pub(super) fn object(
    file: &OpenFile,
    range: Range<u64>,
) -> Result<Option<&ObjectReference>, Errno> {
    match &file.kind {
        OpenKind::File(file) => Ok(Some(&file.object)),
        OpenKind::SharedMemory(memory) => {
            let object = &memory.file.object;
            // A memory object shows no more than it has.
            if range.end > page_end(object.borrow().length()) {
                return Err(Errno::EINVAL);
            }
            Ok(Some(object))
        }
        OpenKind::Zero => Ok(None),
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
        && memory.file.object.borrow().seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0
    {
        if wanted.contains(Protection::WRITE) {
            return Err(Errno::EPERM);
        }
        granted.remove(Protection::WRITE);
    }
    let denied = (Protection::READ | Protection::WRITE) - granted;
    if wanted.intersects(denied) {
        Err(Errno::EACCES)
    } else {
        Ok(granted)
    }
}
