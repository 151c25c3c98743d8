//! What a descriptor is of.

use super::{OBJECTS_HAVE_NO_TYPE, S_IFDIR, S_IFMT, S_IFREG};

/// What a system says of a descriptor.
#[derive(Clone, Copy)]
pub(crate) struct FileStatus {
    /// The type and the permissions.
    pub(crate) mode: u32,
    /// The length in bytes; of things that are no files, nothing that means anything.
    pub(crate) len: u64,
}

impl FileStatus {
    pub(crate) const fn is_directory(&self) -> bool {
        self.mode & S_IFMT == S_IFDIR
    }

    pub(crate) const fn is_file(&self) -> bool {
        let kind = self.mode & S_IFMT;
        kind == S_IFREG || (OBJECTS_HAVE_NO_TYPE && kind == 0)
    }
}
