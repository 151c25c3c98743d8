//! What there is besides memory: the program's file, a folder for files, and as init what it makes itself.

use core::ffi::CStr;

use rawmap_bare::{
    Start,
    limit::{self, Resource},
    process,
};

use crate::report::Unable;

/// Where the program runs.
pub(crate) struct Place<'a> {
    /// The program's path.
    pub(crate) program: Option<&'a CStr>,
    /// A folder for files.
    pub(crate) folder: Option<&'a CStr>,
}

const FIRST_PROCESS: usize = 1;

impl<'a> Place<'a> {
    pub(crate) fn prepare(start: &'a Start) -> Self {
        // Kernels give options to the first process.
        let given = start
            .argument(1)
            .filter(|path| path.to_bytes().starts_with(b"/"));
        let made = if process::id() == FIRST_PROCESS {
            as_init()
        } else {
            None
        };
        // Children that end by a signal are meant to. If it can't be set, they leave a file behind.
        let _ = limit::set_current(Resource::Core, 0);
        Self {
            program: start.argument(0),
            folder: given.or(made),
        }
    }
}

/// Mounts what rows look into, and memory for files. What fails is missed by a row, which says so.
#[cfg(target_os = "linux")]
fn as_init() -> Option<&'static CStr> {
    use rawmap_bare::mount::mount;

    const FOLDER: &CStr = c"/tmp";
    let _ = mount(c"proc", c"/proc");
    let _ = mount(c"devtmpfs", c"/dev");
    mount(c"tmpfs", FOLDER).ok().map(|()| FOLDER)
}

/// Opens the console as the three descriptors that every other process is given.
#[cfg(not(target_os = "linux"))]
fn as_init() -> Option<&'static CStr> {
    use rawmap_bare::file::{self, Access};

    for _ in 0..3 {
        // Without a console there is nobody to tell.
        let _ = file::open(c"/dev/console", Access::ReadWrite);
    }
    None
}

/// An ordinary user, who has none of root's privileges.
const NOBODY: usize = 65534;
const ROOT: usize = 0;

/// Gives up root, if this process is root's.
pub(crate) fn give_up_root() -> Result<(), Unable> {
    if process::user() == ROOT {
        process::set_user(NOBODY).map_err(|number| Unable::because("setuid", number))?;
    }
    Ok(())
}
