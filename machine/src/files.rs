//! Descriptors and what is open behind them.

use core::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;

use crate::errno::Errno;
use crate::object::ObjectReference;
use crate::pipe::PipeEnd;

/// A file, apart from its names.
pub(crate) struct File {
    pub(crate) object: ObjectReference,
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    /// What tells it from every other file.
    pub(crate) number: u64,
}

/// A shared-memory object of the system's own.
pub(crate) struct SharedMemory {
    pub(crate) file: File,
    /// Whether a write beyond the end makes it longer.
    pub(crate) grows: bool,
}

/// What a descriptor leads to.
pub(crate) enum OpenKind {
    Input,
    Output,
    ErrorOutput,
    File(Rc<File>),
    SharedMemory(Rc<SharedMemory>),
    Directory(PathBuf),
    /// `/dev/null`
    Null,
    /// `/dev/zero`
    Zero,
    PipeReader(PipeEnd),
    PipeWriter(PipeEnd),
}

/// An open file, which several descriptors may share.
pub(crate) struct OpenFile {
    pub(crate) kind: OpenKind,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Every write goes to the end.
    pub(crate) appends: bool,
    pub(crate) position: Cell<u64>,
}

impl OpenFile {
    pub(crate) fn new(kind: OpenKind, readable: bool, writable: bool) -> Self {
        Self {
            kind,
            readable,
            writable,
            appends: false,
            position: Cell::new(0),
        }
    }

    /// What has contents at positions.
    pub(crate) fn file(&self) -> Option<&File> {
        match &self.kind {
            OpenKind::File(file) => Some(file),
            OpenKind::SharedMemory(memory) => Some(&memory.file),
            _ => None,
        }
    }
}

/// An entry of a process's table.
#[derive(Clone)]
struct Descriptor {
    file: Rc<OpenFile>,
    closes_on_execution: bool,
}

/// The descriptors of a process.
#[derive(Clone)]
pub(crate) struct Descriptors(Vec<Option<Descriptor>>);

impl Descriptors {
    pub(crate) fn standard() -> Self {
        let streams = [
            (OpenKind::Input, true),
            (OpenKind::Output, false),
            (OpenKind::ErrorOutput, false),
        ];
        let descriptor = |(kind, reads)| {
            Some(Descriptor {
                file: Rc::new(OpenFile::new(kind, reads, !reads)),
                closes_on_execution: false,
            })
        };
        Self(streams.into_iter().map(descriptor).collect())
    }

    /// The kernel takes a descriptor as a 32-bit number, whatever the upper half of the register holds.
    fn slot(&mut self, descriptor: u64) -> Result<&mut Option<Descriptor>, Errno> {
        self.0
            .get_mut(descriptor as u32 as usize)
            .filter(|slot| slot.is_some())
            .ok_or(Errno::EBADF)
    }

    pub(crate) fn get(&self, descriptor: u64) -> Result<Rc<OpenFile>, Errno> {
        self.0
            .get(descriptor as u32 as usize)
            .and_then(Option::as_ref)
            .map(|slot| Rc::clone(&slot.file))
            .ok_or(Errno::EBADF)
    }

    /// The lowest descriptor from `least` on that is free, if it is below `limit`.
    pub(crate) fn add(
        &mut self,
        file: Rc<OpenFile>,
        closes_on_execution: bool,
        least: usize,
        limit: u64,
    ) -> Result<u64, Errno> {
        let mut descriptor = least;
        while self.0.get(descriptor).is_some_and(Option::is_some) {
            descriptor += 1;
        }
        if descriptor as u64 >= limit {
            return Err(Errno::EMFILE);
        }
        if self.0.len() <= descriptor {
            self.0.resize(descriptor + 1, None);
        }
        self.0[descriptor] = Some(Descriptor {
            file,
            closes_on_execution,
        });
        Ok(descriptor as u64)
    }

    pub(crate) fn close(&mut self, descriptor: u64) -> Result<(), Errno> {
        self.slot(descriptor)?.take();
        Ok(())
    }

    pub(crate) fn closes_on_execution(&mut self, descriptor: u64) -> Result<&mut bool, Errno> {
        self.slot(descriptor)?
            .as_mut()
            .map(|slot| &mut slot.closes_on_execution)
            .ok_or(Errno::EBADF)
    }

    pub(crate) fn close_all(&mut self) {
        self.0.clear();
    }
}
