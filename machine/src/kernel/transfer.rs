//! `read`, `write`, `pread` and `pwrite`.

use std::io::{Read, Write};

use rand_chacha::rand_core::Rng;

use crate::errno::Errno;
use crate::files::{OpenFile, OpenKind, SharedMemory};
use crate::pipe;
use crate::signal::Signal;
use crate::target::{Mode, System};

use super::seals::{F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_WRITE};
use super::{Answer, Interruption, Kernel, fault};

/// What one call transfers at most: a bound for the machine's own buffer.
const LONGEST_TRANSFER: u64 = 1 << 26;

/// Where in a file a transfer takes place.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// At the position of the open file, which moves on.
    Position,
    Offset(u64),
}

pub(crate) fn read(
    kernel: &mut Kernel,
    descriptor: u64,
    buffer: u64,
    length: u64,
    place: Place,
) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    if !file.readable {
        return Err(Errno::EBADF.into());
    }
    let mut bytes = vec![0; transfer_length(length)?];
    let offset = offset(&file, place)?;
    let count = match &file.kind {
        OpenKind::Input => {
            let wanted = kernel.part_of(bytes.len());
            let input = &mut kernel.streams.input;
            input.read(&mut bytes[..wanted]).map_err(|_| Errno::EIO)?
        }
        OpenKind::PipeReader(end) => {
            let mut held = end.bytes.borrow_mut();
            if held.is_empty() && end.other_is_open() && !bytes.is_empty() {
                return Err(Interruption::Wait);
            }
            let available = held.len().min(bytes.len());
            let count = kernel.part_of(available);
            for (byte, from) in bytes.iter_mut().zip(held.drain(..count)) {
                *byte = from;
            }
            kernel.wake_waiting();
            count
        }
        OpenKind::File(_) | OpenKind::SharedMemory(_) => {
            let file = file.file().ok_or(Errno::EBADF)?;
            file.object.borrow_mut().read_at(offset, &mut bytes)?
        }
        OpenKind::Null => 0,
        OpenKind::Zero => bytes.len(),
        OpenKind::Directory(_) => return Err(Errno::EISDIR.into()),
        OpenKind::Output | OpenKind::ErrorOutput | OpenKind::PipeWriter(_) => {
            return Err(Errno::EBADF.into());
        }
    };
    kernel
        .process()
        .space
        .write(buffer, &bytes[..count])
        .map_err(fault)?;
    advance(&file, place, offset, count);
    Ok((count as u64).into())
}

pub(crate) fn write(
    kernel: &mut Kernel,
    descriptor: u64,
    buffer: u64,
    length: u64,
    place: Place,
) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    if !file.writable {
        return Err(Errno::EBADF.into());
    }
    let mut bytes = vec![0; transfer_length(length)?];
    let space = &kernel.process().space;
    space.read(buffer, &mut bytes).map_err(fault)?;
    let mut offset = offset(&file, place)?;
    let count = match &file.kind {
        OpenKind::Output => {
            bytes.truncate(kernel.part_of(bytes.len()));
            kernel.outcome.stdout.extend_from_slice(&bytes);
            let output = &mut kernel.streams.output;
            output.write_all(&bytes).map_err(|_| Errno::EIO)?;
            bytes.len()
        }
        OpenKind::ErrorOutput => {
            bytes.truncate(kernel.part_of(bytes.len()));
            kernel.outcome.stderr.extend_from_slice(&bytes);
            let error = &mut kernel.streams.error;
            error.write_all(&bytes).map_err(|_| Errno::EIO)?;
            bytes.len()
        }
        OpenKind::PipeWriter(end) => {
            if !end.other_is_open() {
                let current = kernel.current;
                kernel.post_from_kernel(current, Signal::SIGPIPE, "a pipe that nobody reads");
                return Err(Errno::EPIPE.into());
            }
            let mut held = end.bytes.borrow_mut();
            let room = pipe::CAPACITY.saturating_sub(held.len());
            if room == 0 {
                return Err(Interruption::Wait);
            }
            let count = kernel.part_of(bytes.len().min(room));
            held.extend(&bytes[..count]);
            kernel.wake_waiting();
            count
        }
        OpenKind::File(target) => {
            let mut object = target.object.borrow_mut();
            if file.appends {
                offset = object.length();
            }
            object.write_at(offset, &bytes)?;
            bytes.len()
        }
        OpenKind::SharedMemory(memory) => {
            bytes.truncate(kernel.writable_length(memory, offset, bytes.len())?);
            memory.file.object.borrow_mut().write_at(offset, &bytes)?;
            bytes.len()
        }
        OpenKind::Null | OpenKind::Zero => bytes.len(),
        OpenKind::Input | OpenKind::Directory(_) | OpenKind::PipeReader(_) => {
            return Err(Errno::EBADF.into());
        }
    };
    advance(&file, place, offset, count);
    Ok((count as u64).into())
}

fn offset(file: &OpenFile, place: Place) -> Result<u64, Errno> {
    match place {
        Place::Position => Ok(file.position.get()),
        Place::Offset(_) if file.file().is_none() => Err(Errno::ESPIPE),
        Place::Offset(offset) if i64::try_from(offset).is_err() => Err(Errno::EINVAL),
        Place::Offset(offset) => Ok(offset),
    }
}

fn advance(file: &OpenFile, place: Place, offset: u64, count: usize) {
    if matches!(place, Place::Position) {
        file.position.set(offset + count as u64);
    }
}

/// Both kernels refuse a length that a signed result can't name, and may transfer less than was asked for.
fn transfer_length(length: u64) -> Result<usize, Errno> {
    if i64::try_from(length).is_err() {
        return Err(Errno::EINVAL);
    }
    Ok(length.min(LONGEST_TRANSFER) as usize)
}

impl Kernel {
    /// How much of a transfer through a stream is done at once: with bad luck not all of it.
    fn part_of(&mut self, length: usize) -> usize {
        if self.mode == Mode::Measured || length < 2 || self.random.next_u32().is_multiple_of(2) {
            return length;
        }
        1 + self.random.next_u64() as usize % length
    }

    /// How much of a write to a memory object reaches it.
    fn writable_length(
        &self,
        memory: &SharedMemory,
        offset: u64,
        length: usize,
    ) -> Result<usize, Errno> {
        let object = memory.file.object.borrow();
        if object.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0 {
            return Err(Errno::EPERM);
        }
        let end = offset.saturating_add(length as u64);
        if end <= object.length() {
            return Ok(length);
        }
        let grows = memory.grows || self.target.system == System::NetBsd;
        if !grows {
            return Ok(object.length().saturating_sub(offset).min(length as u64) as usize);
        }
        if object.seals & F_SEAL_GROW != 0 {
            return Err(Errno::EPERM);
        }
        Ok(length)
    }
}
