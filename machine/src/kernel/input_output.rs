//! Descriptors: `open`, `read`, `write`, `lseek` and their kin, which both systems have in common once the arguments are
//! taken apart.

use std::io::Read;
use std::rc::Rc;

use rand_chacha::rand_core::Rng;

use crate::errno::Errno;
use crate::files::{OpenFile, OpenKind};
use crate::target::Mode;

use super::{Answer, Kernel};

/// The access mode in the flags of `open`.
const O_ACCMODE: u64 = 3;
const O_CREAT: u64 = 0x200;
const O_TRUNC: u64 = 0x400;
/// `AT_FDCWD`: a relative path starts at the working directory.
pub(crate) const WORKING_DIRECTORY: u64 = -100_i64 as u64;
/// The longest path, with its terminator.
const PATH_MAX: usize = 1024;

/// What one call transfers at most: a bound for the machine's own buffer.
const LONGEST_TRANSFER: u64 = 1 << 26;

const SEEK_SET: u64 = 0;
const SEEK_CUR: u64 = 1;
const SEEK_END: u64 = 2;

/// Where `st_size` stands in `struct stat` of both systems.
const STAT_SIZE_OFFSET: usize = 112;

pub(crate) fn open_at(kernel: &mut Kernel, directory: u64, path: u64, flags: u64) -> Answer {
    let name = kernel.read_path(path)?;
    let base = match directory as i32 {
        directory if directory == WORKING_DIRECTORY as i32 => None,
        _ if name.starts_with(b"/") => None,
        _ => match &kernel.process().descriptors.get(directory)?.kind {
            OpenKind::Directory(path) => Some(path.clone()),
            _ => return Err(Errno::ENOTDIR.into()),
        },
    };
    let kind = match kernel.host.open(base.as_deref(), &name) {
        Err(Errno::ENOENT) if flags & O_CREAT != 0 => return Err(Errno::EROFS.into()),
        other => other?,
    };
    if flags & O_ACCMODE != 0 || flags & O_TRUNC != 0 {
        return Err(match kind {
            OpenKind::Directory(_) => Errno::EISDIR,
            _ => Errno::EROFS,
        }
        .into());
    }
    let descriptor = kernel
        .process_mut()
        .descriptors
        .add(OpenFile::new(kind, true, false));
    Ok(descriptor.into())
}

pub(crate) fn close(kernel: &mut Kernel, descriptor: u64) -> Answer {
    kernel.process_mut().descriptors.close(descriptor)?;
    Ok(0.into())
}

pub(crate) fn read(kernel: &mut Kernel, descriptor: u64, buffer: u64, length: u64) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    if !file.readable {
        return Err(Errno::EBADF.into());
    }
    let mut bytes = vec![0; transfer_length(length)?];
    let count = match &file.kind {
        OpenKind::Input => kernel
            .streams
            .input
            .read(&mut bytes)
            .map_err(|_| Errno::EIO)?,
        OpenKind::File(object) | OpenKind::SharedMemory(object) => object
            .borrow_mut()
            .read_at(file.position.get(), &mut bytes)?,
        OpenKind::Directory(_) => return Err(Errno::EISDIR.into()),
        OpenKind::Output | OpenKind::ErrorOutput => return Err(Errno::EBADF.into()),
    };
    kernel
        .process()
        .space
        .write(buffer, &bytes[..count])
        .map_err(|_| Errno::EFAULT)?;
    file.position.set(file.position.get() + count as u64);
    Ok((count as u64).into())
}

pub(crate) fn write(kernel: &mut Kernel, descriptor: u64, buffer: u64, length: u64) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    if !file.writable {
        return Err(Errno::EBADF.into());
    }
    let mut bytes = vec![0; transfer_length(length)?];
    kernel
        .process()
        .space
        .read(buffer, &mut bytes)
        .map_err(|_| Errno::EFAULT)?;
    match &file.kind {
        OpenKind::Output => {
            kernel.outcome.stdout.extend_from_slice(&bytes);
            kernel
                .streams
                .output
                .write_all(&bytes)
                .map_err(|_| Errno::EIO)?;
        }
        OpenKind::ErrorOutput => {
            kernel.outcome.stderr.extend_from_slice(&bytes);
            kernel
                .streams
                .error
                .write_all(&bytes)
                .map_err(|_| Errno::EIO)?;
        }
        OpenKind::SharedMemory(object) => {
            object.borrow_mut().write_at(file.position.get(), &bytes)?;
            file.position.set(file.position.get() + bytes.len() as u64);
        }
        OpenKind::Input | OpenKind::File(_) | OpenKind::Directory(_) => {
            return Err(Errno::EBADF.into());
        }
    }
    Ok((bytes.len() as u64).into())
}

pub(crate) fn seek(kernel: &mut Kernel, descriptor: u64, offset: u64, whence: u64) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    let object = file.object().ok_or(Errno::ESPIPE)?;
    let from = match whence & u64::from(u32::MAX) {
        SEEK_SET => 0,
        SEEK_CUR => file.position.get(),
        SEEK_END => object.borrow().length(),
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
    match &file.kind {
        OpenKind::SharedMemory(object) if file.writable && i64::try_from(length).is_ok() => {
            object.borrow_mut().resize(length);
            Ok(0.into())
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Fills `struct stat`: the size, and nothing else that a program here may look at.
pub(crate) fn status(kernel: &mut Kernel, descriptor: u64, buffer: u64, size: usize) -> Answer {
    let file = kernel.process().descriptors.get(descriptor)?;
    let mut bytes = vec![0; size];
    if kernel.mode == Mode::Hostile {
        kernel.random.fill_bytes(&mut bytes);
    }
    let length = file.object().map_or(0, |object| object.borrow().length());
    bytes[STAT_SIZE_OFFSET..STAT_SIZE_OFFSET + 8].copy_from_slice(&length.to_le_bytes());
    kernel
        .process()
        .space
        .write(buffer, &bytes)
        .map_err(|_| Errno::EFAULT)?;
    Ok(0.into())
}

/// Both kernels refuse a length that a signed result can't name, and may transfer less than was asked for.
fn transfer_length(length: u64) -> Result<usize, Errno> {
    if i64::try_from(length).is_err() {
        return Err(Errno::EINVAL);
    }
    Ok(length.min(LONGEST_TRANSFER) as usize)
}

impl Kernel {
    pub(super) fn open_object(
        &mut self,
        object: &crate::object::ObjectReference,
        writable: bool,
    ) -> u64 {
        let kind = OpenKind::SharedMemory(Rc::clone(object));
        self.process_mut()
            .descriptors
            .add(OpenFile::new(kind, true, writable))
    }

    /// A path out of the program's memory, without its terminator.
    pub(super) fn read_path(&self, address: u64) -> Result<Vec<u8>, Errno> {
        let mut name = Vec::new();
        for offset in 0..PATH_MAX as u64 {
            let mut byte = [0];
            self.process()
                .space
                .read(address.wrapping_add(offset), &mut byte)
                .map_err(|_| Errno::EFAULT)?;
            if byte == [0] {
                return Ok(name);
            }
            name.extend(byte);
        }
        Err(Errno::ENAMETOOLONG)
    }
}
