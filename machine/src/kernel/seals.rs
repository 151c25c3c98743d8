//! Seals of memory objects: what may no longer be done to them.

use std::rc::Rc;

use crate::errno::Errno;
use crate::files::{OpenFile, OpenKind};
use crate::object::ObjectReference;
use crate::space::{Contents, Protection};
use crate::target::System;

use super::Kernel;

pub(super) const F_SEAL_SEAL: u32 = 1;
pub(super) const F_SEAL_SHRINK: u32 = 2;
pub(super) const F_SEAL_GROW: u32 = 4;
pub(super) const F_SEAL_WRITE: u32 = 8;
/// NetBSD only.
pub(super) const F_SEAL_FUTURE_WRITE: u32 = 16;

const COMMON_SEALS: u32 = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

impl Kernel {
    pub(super) fn seals(&self, file: &OpenFile) -> Result<u64, Errno> {
        match &file.kind {
            OpenKind::SharedMemory(memory) => Ok(memory.file.object.borrow().seals.into()),
            _ => Err(Errno::EINVAL),
        }
    }

    pub(super) fn add_seals(&self, file: &OpenFile, seals: u64) -> Result<u64, Errno> {
        let OpenKind::SharedMemory(memory) = &file.kind else {
            return Err(Errno::EINVAL);
        };
        let object = &memory.file.object;
        let seals = seals as u32;
        let known = match self.target.system {
            System::FreeBsd => COMMON_SEALS,
            System::NetBsd => COMMON_SEALS | F_SEAL_FUTURE_WRITE,
        };
        let present = object.borrow().seals;
        if seals & !known != 0 {
            return Err(Errno::EINVAL);
        }
        if !file.writable || present & F_SEAL_SEAL != 0 {
            return Err(Errno::EPERM);
        }
        if seals & F_SEAL_WRITE != 0 && present & F_SEAL_WRITE == 0 && self.is_written(object) {
            return Err(Errno::EBUSY);
        }
        object.borrow_mut().seals |= seals;
        Ok(0)
    }

    /// Whether any process can write to an object through a mapping; NetBSD takes every mapping for such a one.
    fn is_written(&self, object: &ObjectReference) -> bool {
        let any = self.target.system == System::NetBsd;
        self.processes
            .values()
            .flat_map(|process| process.space.iter())
            .any(|(_, entry)| match &entry.contents {
                Contents::Memory(memory) => {
                    let shown = Rc::ptr_eq(&memory.top, object)
                        || memory
                            .below
                            .as_ref()
                            .is_some_and(|(below, _)| Rc::ptr_eq(below, object));
                    let writes = memory.shared && entry.protection.contains(Protection::WRITE);
                    shown && (any || writes)
                }
                Contents::Guard | Contents::StackRoom => false,
            })
    }
}
