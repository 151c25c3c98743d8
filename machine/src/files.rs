//! Descriptors and what is open behind them.

use core::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;

use crate::errno::Errno;
use crate::object::ObjectReference;

/// What a descriptor leads to.
pub(crate) enum OpenKind {
    Input,
    Output,
    ErrorOutput,
    /// A file of the host, read only.
    File(ObjectReference),
    /// A shared-memory object of the system's own.
    SharedMemory(ObjectReference),
    Directory(PathBuf),
}

/// An open file, which several descriptors may share.
pub(crate) struct OpenFile {
    pub(crate) kind: OpenKind,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) position: Cell<u64>,
}

impl OpenFile {
    pub(crate) fn new(kind: OpenKind, readable: bool, writable: bool) -> Rc<Self> {
        Rc::new(Self {
            kind,
            readable,
            writable,
            position: Cell::new(0),
        })
    }

    pub(crate) fn object(&self) -> Option<&ObjectReference> {
        match &self.kind {
            OpenKind::File(object) | OpenKind::SharedMemory(object) => Some(object),
            _ => None,
        }
    }
}

/// The descriptors of a process.
#[derive(Clone)]
pub(crate) struct Descriptors(Vec<Option<Rc<OpenFile>>>);

impl Descriptors {
    pub(crate) fn standard() -> Self {
        Self(vec![
            Some(OpenFile::new(OpenKind::Input, true, false)),
            Some(OpenFile::new(OpenKind::Output, false, true)),
            Some(OpenFile::new(OpenKind::ErrorOutput, false, true)),
        ])
    }

    /// The kernel takes a descriptor as a 32-bit number, whatever the upper half of the register holds.
    pub(crate) fn get(&self, descriptor: u64) -> Result<Rc<OpenFile>, Errno> {
        self.0
            .get(descriptor as u32 as usize)
            .cloned()
            .flatten()
            .ok_or(Errno::EBADF)
    }

    /// The lowest descriptor that is free.
    pub(crate) fn add(&mut self, file: Rc<OpenFile>) -> u64 {
        let free = self.0.iter().position(Option::is_none);
        let descriptor = free.unwrap_or_else(|| {
            self.0.push(None);
            self.0.len() - 1
        });
        self.0[descriptor] = Some(file);
        descriptor as u64
    }

    pub(crate) fn close(&mut self, descriptor: u64) -> Result<(), Errno> {
        self.0
            .get_mut(descriptor as u32 as usize)
            .and_then(Option::take)
            .map(|_| ())
            .ok_or(Errno::EBADF)
    }
}
