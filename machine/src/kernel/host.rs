//! The host's files, as far as a program may see them: to read.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::errno::Errno;
use crate::files::OpenKind;
use crate::object::{Object, ObjectReference};
use crate::pool::Pool;

/// Files that were opened, each one object however often it is opened.
pub(crate) struct Host {
    pool: Rc<Pool>,
    objects: BTreeMap<PathBuf, ObjectReference>,
    /// The program, which need not exist on the host under the name it was started with.
    program: (PathBuf, ObjectReference),
}

impl Host {
    pub(crate) fn new(pool: &Rc<Pool>, program: &[u8], contents: &[u8]) -> Self {
        let object = Object::sized(pool, Rc::from(contents)).shared();
        Self {
            pool: Rc::clone(pool),
            objects: BTreeMap::new(),
            program: (path(program), object),
        }
    }

    pub(crate) fn program(&self) -> ObjectReference {
        Rc::clone(&self.program.1)
    }

    pub(crate) fn open(&mut self, base: Option<&Path>, name: &[u8]) -> Result<OpenKind, Errno> {
        let name = path(name);
        if name == self.program.0 {
            return Ok(OpenKind::File(self.program()));
        }
        let name = base.map_or_else(|| name.clone(), |base| base.join(&name));
        let name = fs::canonicalize(name).map_err(|error| errno(error.kind()))?;
        if name.is_dir() {
            return Ok(OpenKind::Directory(name));
        }
        if !name.is_file() {
            // Devices and pipes of the host are none of the emulated system's.
            return Err(Errno::ENOENT);
        }
        if let Some(object) = self.objects.get(&name) {
            return Ok(OpenKind::File(Rc::clone(object)));
        }
        let contents = fs::read(&name).map_err(|error| errno(error.kind()))?;
        let object = Object::sized(&self.pool, Rc::from(contents)).shared();
        self.objects.insert(name, Rc::clone(&object));
        Ok(OpenKind::File(object))
    }
}

fn path(name: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(name))
}

fn errno(kind: ErrorKind) -> Errno {
    match kind {
        ErrorKind::PermissionDenied => Errno::EACCES,
        ErrorKind::NotADirectory => Errno::ENOTDIR,
        _ => Errno::ENOENT,
    }
}
