//! Calls that take a path: `open`, `unlink`, `mkdir` and their kin.

use std::path::PathBuf;
use std::rc::Rc;

use crate::errno::Errno;
use crate::file_system::How;
use crate::files::{OpenFile, OpenKind};
use crate::limits::Resource;
use crate::target::System;

use super::{Answer, Kernel, fault};

pub(super) const O_ACCMODE: u64 = 3;
pub(super) const O_RDONLY: u64 = 0;
pub(super) const O_WRONLY: u64 = 1;
pub(super) const O_RDWR: u64 = 2;
pub(super) const O_APPEND: u64 = 0x8;
pub(super) const O_CREAT: u64 = 0x200;
pub(super) const O_TRUNC: u64 = 0x400;
pub(super) const O_EXCL: u64 = 0x800;

/// `AT_FDCWD`: a relative path starts at the working directory.
pub(crate) const WORKING_DIRECTORY: u64 = -100_i64 as u64;
const AT_REMOVEDIR: u64 = 0x800;

/// The longest path, with its terminator.
const PATH_MAX: usize = 1024;

/// `openat(directory, path, flags, mode)`
pub(crate) fn open_at(
    kernel: &mut Kernel,
    directory: u64,
    path: u64,
    flags: u64,
    mode: u64,
) -> Answer {
    let name = kernel.read_path(path)?;
    let base = kernel.base(directory, &name)?;
    let (reads, writes) = match flags & O_ACCMODE {
        O_RDONLY => (true, false),
        O_WRONLY => (false, true),
        O_RDWR => (true, true),
        _ => return Err(Errno::EINVAL.into()),
    };
    let how = How {
        reads,
        writes,
        creates: flags & O_CREAT != 0,
        only_new: flags & O_EXCL != 0,
        truncates: flags & O_TRUNC != 0,
        only_directory: flags & kernel.open_flags().directory != 0,
        mode: mode as u32,
    };
    let credentials = kernel.process().credentials;
    let kind = kernel
        .files
        .open(base.as_deref(), &name, how, &credentials)?;
    let file = OpenFile {
        appends: flags & O_APPEND != 0,
        ..OpenFile::new(kind, reads, writes)
    };
    let closes_on_execution = flags & kernel.open_flags().close_on_execution != 0;
    Ok(kernel.add_descriptor(file, closes_on_execution)?.into())
}

/// `unlinkat(directory, path, flags)`
pub(crate) fn unlink_at(kernel: &mut Kernel, directory: u64, path: u64, flags: u64) -> Answer {
    let name = kernel.read_path(path)?;
    let base = kernel.base(directory, &name)?;
    match flags & u64::from(u32::MAX) {
        0 => kernel.files.unlink(base.as_deref(), &name)?,
        AT_REMOVEDIR => kernel.files.remove_directory(base.as_deref(), &name)?,
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0.into())
}

/// `mkdir(path, mode)`; directories have no modes here.
pub(crate) fn make_directory(kernel: &mut Kernel, path: u64) -> Answer {
    let name = kernel.read_path(path)?;
    kernel.files.make_directory(None, &name)?;
    Ok(0.into())
}

/// `rmdir(path)`
pub(crate) fn remove_directory(kernel: &mut Kernel, path: u64) -> Answer {
    let name = kernel.read_path(path)?;
    kernel.files.remove_directory(None, &name)?;
    Ok(0.into())
}

/// The flags of `open` that the systems number differently.
pub(super) struct OpenFlags {
    pub(super) close_on_execution: u64,
    pub(super) directory: u64,
}

impl Kernel {
    pub(super) fn open_flags(&self) -> OpenFlags {
        match self.target.system {
            System::FreeBsd => OpenFlags {
                close_on_execution: 0x10_0000,
                directory: 0x2_0000,
            },
            System::NetBsd => OpenFlags {
                close_on_execution: 0x40_0000,
                directory: 0x20_0000,
            },
        }
    }

    /// Where a path starts that does not start at the root.
    fn base(&self, directory: u64, name: &[u8]) -> Result<Option<PathBuf>, Errno> {
        if directory as i32 == WORKING_DIRECTORY as i32 || name.starts_with(b"/") {
            return Ok(None);
        }
        match &self.process().descriptors.get(directory)?.kind {
            OpenKind::Directory(path) => Ok(Some(path.clone())),
            _ => Err(Errno::ENOTDIR),
        }
    }

    pub(super) fn add_descriptor(
        &mut self,
        file: OpenFile,
        closes_on_execution: bool,
    ) -> Result<u64, Errno> {
        let process = self.process_mut();
        let limit = process.limits.current(Resource::Descriptors);
        process
            .descriptors
            .add(Rc::new(file), closes_on_execution, 0, limit)
    }

    /// A path out of the program's memory, without its terminator.
    pub(super) fn read_path(&self, address: u64) -> Result<Vec<u8>, Errno> {
        let mut name = Vec::new();
        for offset in 0..PATH_MAX as u64 {
            let mut byte = [0];
            self.process()
                .space
                .read(address.wrapping_add(offset), &mut byte)
                .map_err(fault)?;
            if byte == [0] {
                return Ok(name);
            }
            name.extend(byte);
        }
        Err(Errno::ENAMETOOLONG)
    }
}
