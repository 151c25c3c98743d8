//! What is done with a descriptor itself: `close`, `dup`, `pipe`, `fcntl`, `lseek`, `ftruncate` and `fstat`.

use std::rc::Rc;

use crate::convention::Value;
use crate::errno::Errno;
use crate::files::{OpenFile, OpenKind};
use crate::limits::Resource;
use crate::pipe::PipeEnd;
use crate::target::System;

use super::paths::{O_APPEND, O_RDONLY, O_RDWR, O_WRONLY};
use super::seals::{F_SEAL_GROW, F_SEAL_SHRINK};
use super::{Answer, Kernel, fault};

const SEEK_SET: u64 = 0;
const SEEK_CUR: u64 = 1;
const SEEK_END: u64 = 2;

const F_DUPFD: u32 = 0;
const F_GETFD: u32 = 1;
const F_SETFD: u32 = 2;
const F_GETFL: u32 = 3;
const F_SETFL: u32 = 4;

const S_IFIFO: u32 = 0o010_000;
const S_IFCHR: u32 = 0o020_000;
const S_IFDIR: u32 = 0o040_000;
const S_IFREG: u32 = 0o100_000;

/// Where the members of `struct stat` stand; user and group are next to each other.
pub(crate) struct StatusLayout {
    pub(crate) size: usize,
    pub(crate) number: usize,
    pub(crate) links: usize,
    pub(crate) mode: usize,
    pub(crate) owner: usize,
    pub(crate) length: usize,
}

/// The commands of `fcntl` that the systems number differently.
struct Commands {
    duplicate_closing: u32,
    add_seals: u32,
    get_seals: u32,
}

const fn commands(system: System) -> Commands {
    match system {
        System::FreeBsd => Commands {
            duplicate_closing: 17,
            add_seals: 19,
            get_seals: 20,
        },
        System::NetBsd => Commands {
            duplicate_closing: 12,
            add_seals: 16,
            get_seals: 17,
        },
    }
}

pub(crate) fn close(kernel: &mut Kernel, descriptor: u64) -> Answer {
    kernel.process_mut().descriptors.close(descriptor)?;
    kernel.wake_waiting();
    Ok(0.into())
}

pub(crate) fn duplicate(kernel: &mut Kernel, descriptor: u64) -> Answer {
    kernel.duplicate_from(descriptor, 0, false)
}

/// `dup2(from, to)`
pub(crate) fn duplicate_to(kernel: &mut Kernel, from: u64, to: u64) -> Answer {
    let process = kernel.process_mut();
    let file = process.descriptors.get(from)?;
    let (from, to) = (from as u32, to as u32);
    let limit = process.limits.current(Resource::Descriptors);
    if u64::from(to) >= limit.min(1 << 20) {
        return Err(Errno::EBADF.into());
    }
    if from != to {
        let _was_open = process.descriptors.close(to.into());
        process
            .descriptors
            .add(file, false, to as usize, u64::MAX)?;
        kernel.wake_waiting();
    }
    Ok(u64::from(to).into())
}

/// `pipe()`, which returns both descriptors in registers.
pub(crate) fn pipe(kernel: &mut Kernel) -> Answer {
    let [first, second] = kernel.new_pipe(false)?;
    Ok(Value {
        first,
        second,
        is_pair: true,
    })
}

/// `pipe2(descriptors, flags)`
pub(crate) fn pipe2(kernel: &mut Kernel, descriptors: u64, flags: u64) -> Answer {
    let closes = kernel.open_flags().close_on_execution;
    if flags & !closes != 0 {
        return Err(Errno::EINVAL.into());
    }
    let pair = kernel.new_pipe(flags & closes != 0)?;
    let bytes: Vec<u8> = pair
        .iter()
        .flat_map(|&descriptor| (descriptor as u32).to_le_bytes())
        .collect();
    let space = &kernel.process().space;
    space.write(descriptors, &bytes).map_err(fault)?;
    Ok(0.into())
}

/// `fcntl(descriptor, command, argument)`
pub(crate) fn control(kernel: &mut Kernel, descriptor: u64, command: u64, argument: u64) -> Answer {
    let numbers = commands(kernel.target.system);
    let file = kernel.process().descriptors.get(descriptor)?;
    let command = command as u32;
    let value = match command {
        F_DUPFD => return kernel.duplicate_from(descriptor, argument, false),
        _ if command == numbers.duplicate_closing => {
            return kernel.duplicate_from(descriptor, argument, true);
        }
        F_GETFD => {
            let process = kernel.process_mut();
            u64::from(*process.descriptors.closes_on_execution(descriptor)?)
        }
        F_SETFD => {
            let process = kernel.process_mut();
            *process.descriptors.closes_on_execution(descriptor)? = argument & 1 != 0;
            0
        }
        F_GETFL => {
            let mode = match (file.readable, file.writable) {
                (true, true) => O_RDWR,
                (false, true) => O_WRONLY,
                _ => O_RDONLY,
            };
            mode | if file.appends { O_APPEND } else { 0 }
        }
        F_SETFL if (argument & O_APPEND != 0) == file.appends => 0,
        _ if command == numbers.add_seals => kernel.add_seals(&file, argument)?,
        _ if command == numbers.get_seals => kernel.seals(&file)?,
        _ => return Err(Errno::EINVAL.into()),
    };
    Ok(value.into())
}

pub(crate) fn seek(kernel: &mut Kernel, descriptor: u64, offset: u64, whence: u64) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    let length = match (&file.kind, file.file()) {
        (_, Some(file)) => file.object.borrow().length(),
        (OpenKind::Null | OpenKind::Zero | OpenKind::Directory(_), _) => 0,
        _ => return Err(Errno::ESPIPE.into()),
    };
    let from = match whence & u64::from(u32::MAX) {
        SEEK_SET => 0,
        SEEK_CUR => file.position.get(),
        SEEK_END => length,
        _ => return Err(Errno::EINVAL.into()),
    };
    let position = from
        .checked_add_signed(offset as i64)
        .filter(|&position| i64::try_from(position).is_ok())
        .ok_or(Errno::EINVAL)?;
    file.position.set(position);
    Ok(position.into())
}

pub(crate) fn truncate(kernel: &mut Kernel, descriptor: u64, length: u64) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    let target = file.file().filter(|_| file.writable).ok_or(Errno::EINVAL)?;
    if i64::try_from(length).is_err() {
        return Err(Errno::EINVAL.into());
    }
    let mut object = target.object.borrow_mut();
    let forbidden = match length.cmp(&object.length()) {
        core::cmp::Ordering::Less => F_SEAL_SHRINK,
        core::cmp::Ordering::Equal => 0,
        core::cmp::Ordering::Greater => F_SEAL_GROW,
    };
    if object.seals & forbidden != 0 {
        return Err(Errno::EPERM.into());
    }
    object.resize(length);
    Ok(0.into())
}

/// Fills `struct stat`.
pub(crate) fn status(
    kernel: &mut Kernel,
    descriptor: u64,
    buffer: u64,
    layout: &StatusLayout,
) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    let mut bytes = vec![0; layout.size];
    kernel.fill_padding(&mut bytes);
    let (mode, owner, number, length) = match (&file.kind, file.file()) {
        (_, Some(file)) => (
            S_IFREG | file.mode & 0o7777,
            file.owner,
            file.number,
            file.object.borrow().length(),
        ),
        (OpenKind::Directory(_), _) => (S_IFDIR | 0o755, 0, 2, 512),
        (OpenKind::PipeReader(_) | OpenKind::PipeWriter(_), _) => (S_IFIFO | 0o600, 0, 0, 0),
        _ => (S_IFCHR | 0o666, 0, 1, 0),
    };
    let mut put = |offset: usize, value: &[u8]| {
        bytes[offset..offset + value.len()].copy_from_slice(value);
    };
    put(layout.number, &number.to_le_bytes());
    put(layout.links, &1_u32.to_le_bytes());
    // FreeBSD's mode has 16 bits, and padding after it.
    put(layout.mode, &(mode as u16).to_le_bytes());
    if kernel.target.system == System::NetBsd {
        put(layout.mode, &mode.to_le_bytes());
    } else {
        put(layout.links, &1_u64.to_le_bytes());
    }
    put(layout.owner, &owner.to_le_bytes());
    put(layout.owner + 4, &0_u32.to_le_bytes());
    put(layout.length, &length.to_le_bytes());
    kernel
        .process()
        .space
        .write(buffer, &bytes)
        .map_err(fault)?;
    Ok(0.into())
}

impl Kernel {
    fn duplicate_from(&mut self, descriptor: u64, least: u64, closes: bool) -> Answer {
        let process = self.process_mut();
        let file = process.descriptors.get(descriptor)?;
        let limit = process.limits.current(Resource::Descriptors);
        if least >= limit.min(1 << 20) {
            return Err(Errno::EINVAL.into());
        }
        let copy = process
            .descriptors
            .add(file, closes, least as usize, limit)?;
        Ok(copy.into())
    }

    /// The descriptor to read from, and the one to write to.
    fn new_pipe(&mut self, closes: bool) -> Result<[u64; 2], Errno> {
        let (reader, writer) = PipeEnd::pair();
        let reader = OpenFile::new(OpenKind::PipeReader(reader), true, false);
        let writer = OpenFile::new(OpenKind::PipeWriter(writer), false, true);
        let first = self.add_descriptor(reader, closes)?;
        let second = self.add_descriptor(writer, closes).inspect_err(|_| {
            let _was_open = self.process_mut().descriptors.close(first);
        })?;
        Ok([first, second])
    }

    /// The open file behind a descriptor, for a mapping.
    pub(super) fn open_file(&self, descriptor: u64) -> Result<Rc<OpenFile>, Errno> {
        self.process().descriptors.get(descriptor)
    }
}
