//! The files that paths lead to: those of the host to read, and a `/tmp` in memory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::credentials::{Credentials, ROOT};
use crate::errno::Errno;
use crate::files::{File, OpenKind};
use crate::object::{Object, ObjectReference};
use crate::pool::Pool;

/// Everything below is the machine's own, and empty at first.
const TEMPORARY: &str = "/tmp";

/// What is taken from the mode of a new file.
const UMASK: u32 = 0o022;

const READ: u32 = 4;
const WRITE: u32 = 2;

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    pub(crate) reads: bool,
    pub(crate) writes: bool,
    pub(crate) creates: bool,
    /// A file that exists already is an error.
    pub(crate) only_new: bool,
    pub(crate) truncates: bool,
    pub(crate) only_directory: bool,
    pub(crate) mode: u32,
}

enum Node {
    File(Rc<File>),
    Directory,
}

/// All paths.
pub(crate) struct FileSystem {
    pool: Rc<Pool>,
    temporary: BTreeMap<PathBuf, Node>,
    /// Files of the host that were opened, each one object however often it is opened.
    host: BTreeMap<PathBuf, Rc<File>>,
    /// The program, which need not exist on the host under the name it was started with.
    program: (PathBuf, Rc<File>),
    last_number: u64,
}

impl FileSystem {
    pub(crate) fn new(pool: &Rc<Pool>, program: &[u8], contents: &[u8]) -> Self {
        let mut system = Self {
            pool: Rc::clone(pool),
            temporary: BTreeMap::from([(PathBuf::from(TEMPORARY), Node::Directory)]),
            host: BTreeMap::new(),
            program: (PathBuf::new(), empty_file(pool)),
            last_number: 1,
        };
        let file = system.new_file(contents, 0o755, ROOT);
        system.program = (normalized(None, program), file);
        system
    }

    /// The contents of the program.
    pub(crate) fn program(&self) -> ObjectReference {
        Rc::clone(&self.program.1.object)
    }

    pub(crate) fn new_file(&mut self, contents: &[u8], mode: u32, owner: u32) -> Rc<File> {
        self.last_number += 1;
        Rc::new(File {
            object: Object::sized(&self.pool, Rc::from(contents)).shared(),
            mode,
            owner,
            number: self.last_number,
        })
    }

    pub(crate) fn open(
        &mut self,
        base: Option<&Path>,
        name: &[u8],
        how: How,
        credentials: &Credentials,
    ) -> Result<OpenKind, Errno> {
        if name.is_empty() {
            return Err(Errno::ENOENT);
        }
        let path = normalized(base, name);
        let kind = if path == self.program.0 {
            OpenKind::File(Rc::clone(&self.program.1))
        } else if path.starts_with(TEMPORARY) {
            return self.open_temporary(path, how, credentials);
        } else {
            match path.to_str() {
                Some("/dev/null") => return Ok(OpenKind::Null),
                Some("/dev/zero") => return Ok(OpenKind::Zero),
                _ => self.open_host(&path),
            }
            .map_err(|errno| match errno {
                Errno::ENOENT if how.creates => Errno::EROFS,
                other => other,
            })?
        };
        match &kind {
            _ if how.creates && how.only_new => Err(Errno::EEXIST),
            OpenKind::Directory(_) if how.writes => Err(Errno::EISDIR),
            OpenKind::File(_) if how.only_directory => Err(Errno::ENOTDIR),
            _ if how.writes || how.truncates => Err(Errno::EROFS),
            _ => Ok(kind),
        }
    }

    fn open_temporary(
        &mut self,
        path: PathBuf,
        how: How,
        credentials: &Credentials,
    ) -> Result<OpenKind, Errno> {
        match self.temporary.get(&path) {
            Some(_) if how.creates && how.only_new => Err(Errno::EEXIST),
            Some(Node::Directory) if how.writes => Err(Errno::EISDIR),
            Some(Node::Directory) => Ok(OpenKind::Directory(path)),
            Some(Node::File(_)) if how.only_directory => Err(Errno::ENOTDIR),
            Some(Node::File(file)) => {
                let mut wanted = 0;
                if how.reads {
                    wanted |= READ;
                }
                if how.writes || how.truncates {
                    wanted |= WRITE;
                }
                if !credentials.may_access(file.mode, file.owner, wanted) {
                    return Err(Errno::EACCES);
                }
                if how.truncates {
                    file.object.borrow_mut().resize(0);
                }
                Ok(OpenKind::File(Rc::clone(file)))
            }
            None if how.creates => {
                self.check_parent(&path)?;
                let file = self.new_file(&[], how.mode & !UMASK & 0o7777, credentials.effective);
                self.temporary.insert(path, Node::File(Rc::clone(&file)));
                Ok(OpenKind::File(file))
            }
            None => {
                self.check_parent(&path)?;
                Err(Errno::ENOENT)
            }
        }
    }

    fn check_parent(&self, path: &Path) -> Result<(), Errno> {
        match path.parent().and_then(|parent| self.temporary.get(parent)) {
            Some(Node::Directory) => Ok(()),
            Some(Node::File(_)) => Err(Errno::ENOTDIR),
            None => Err(Errno::ENOENT),
        }
    }

    fn open_host(&mut self, path: &Path) -> Result<OpenKind, Errno> {
        let path = fs::canonicalize(path).map_err(|error| errno(error.kind()))?;
        if path.is_dir() {
            return Ok(OpenKind::Directory(path));
        }
        if !path.is_file() {
            // Devices and pipes of the host are none of the emulated system's.
            return Err(Errno::ENOENT);
        }
        if let Some(file) = self.host.get(&path) {
            return Ok(OpenKind::File(Rc::clone(file)));
        }
        let contents = fs::read(&path).map_err(|error| errno(error.kind()))?;
        let file = self.new_file(&contents, 0o644, ROOT);
        self.host.insert(path, Rc::clone(&file));
        Ok(OpenKind::File(file))
    }

    /// Takes a name away; what is open stays.
    pub(crate) fn unlink(&mut self, base: Option<&Path>, name: &[u8]) -> Result<(), Errno> {
        let path = normalized(base, name);
        match self.temporary.get(&path) {
            // POSIX names this error for a directory.
            Some(Node::Directory) => Err(Errno::EPERM),
            Some(Node::File(_)) => {
                self.temporary.remove(&path);
                Ok(())
            }
            None if path.starts_with(TEMPORARY) => Err(Errno::ENOENT),
            None => {
                Err(fs::metadata(&path).map_or_else(|error| errno(error.kind()), |_| Errno::EROFS))
            }
        }
    }

    pub(crate) fn make_directory(&mut self, base: Option<&Path>, name: &[u8]) -> Result<(), Errno> {
        let path = normalized(base, name);
        if self.temporary.contains_key(&path) {
            return Err(Errno::EEXIST);
        }
        if !path.starts_with(TEMPORARY) {
            return Err(Errno::EROFS);
        }
        self.check_parent(&path)?;
        self.temporary.insert(path, Node::Directory);
        Ok(())
    }

    pub(crate) fn remove_directory(
        &mut self,
        base: Option<&Path>,
        name: &[u8],
    ) -> Result<(), Errno> {
        let path = normalized(base, name);
        match self.temporary.get(&path) {
            Some(Node::Directory) if path == Path::new(TEMPORARY) => Err(Errno::EBUSY),
            Some(Node::Directory) => {
                let is_used = self
                    .temporary
                    .keys()
                    .any(|other| other.parent() == Some(&path));
                if is_used {
                    return Err(Errno::ENOTEMPTY);
                }
                self.temporary.remove(&path);
                Ok(())
            }
            Some(Node::File(_)) => Err(Errno::ENOTDIR),
            None if path.starts_with(TEMPORARY) => Err(Errno::ENOENT),
            None => Err(Errno::EROFS),
        }
    }
}

fn empty_file(pool: &Rc<Pool>) -> Rc<File> {
    Rc::new(File {
        object: Object::sized(pool, Rc::from([])).shared(),
        mode: 0,
        owner: ROOT,
        number: 0,
    })
}

/// A path from the root where that is known, without `.` and `..`.
fn normalized(base: Option<&Path>, name: &[u8]) -> PathBuf {
    let name = Path::new(OsStr::from_bytes(name));
    let path = base.map_or_else(|| name.to_owned(), |base| base.join(name));
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if result.file_name().is_some() => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    if result.as_os_str().is_empty() {
        result.push(".");
    }
    result
}

fn errno(kind: ErrorKind) -> Errno {
    match kind {
        ErrorKind::PermissionDenied => Errno::EACCES,
        ErrorKind::NotADirectory => Errno::ENOTDIR,
        _ => Errno::ENOENT,
    }
}
