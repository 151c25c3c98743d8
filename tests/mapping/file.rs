//! Files on disk, of pages that can be told apart.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::{
    ffi::CString,
    fs::{File, OpenOptions},
    io::Write,
    os::unix::ffi::OsStrExt,
};

use rawmap::page_size;
use tempfile::NamedTempFile;

/// What a byte of a file holds: each page something else, and no byte 0.
pub fn byte_at(offset: usize) -> u8 {
    (1 + offset / page_size() * 7 + offset % 31) as u8 | 1
}

/// A file of so many bytes.
pub struct TestFile(NamedTempFile);

impl TestFile {
    pub fn new(len: usize) -> Self {
        let mut file = NamedTempFile::new().expect("a file");
        let bytes: Vec<u8> = (0..len).map(byte_at).collect();
        file.write_all(&bytes).expect("its bytes");
        Self(file)
    }

    pub fn path(&self) -> CString {
        CString::new(self.0.path().as_os_str().as_bytes()).expect("a path")
    }

    pub fn for_reading(&self) -> File {
        File::open(self.0.path()).expect("the file")
    }

    pub fn for_both(&self) -> File {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).open(self.0.path());
        file.expect("the file")
    }

    /// What a reader finds.
    pub fn contents(&self) -> Vec<u8> {
        std::fs::read(self.0.path()).expect("the file")
    }
}
