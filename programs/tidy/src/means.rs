//! What every step may use: memory objects, a descriptor for reading only, and a way to ask what memory allows.

use rawmap::{BorrowedFd, OwnedFd, Prot, RawFd, page_size, raw, space::Region};
use rawmap_bare::{
    Start,
    call::call,
    file::{self, Access},
    numbers,
};

//          Linux x86_64, Linux aarch64, FreeBSD, NetBSD
numbers! {
    PREAD:  17, 67, 475, 173;
    PWRITE: 18, 68, 476, 174;
}

/// The length of the objects.
const OBJECT_PAGES: usize = 32;

/// What the object that is mapped holds, at the ends of each page.
pub(crate) const IN_OBJECT: u8 = 0x3c;

/// What every step may use.
pub(crate) struct Means {
    object: OwnedFd,
    /// Where memory is copied to and from, to find out whether the kernel may.
    scratch: OwnedFd,
    read_only: OwnedFd,
    /// /proc/self/maps.
    #[cfg(target_os = "linux")]
    pub(crate) maps: OwnedFd,
}

/// Asks once more if it was refused: one call of a run may be.
pub(crate) fn twice<T, E>(mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    ask().or_else(|_| ask())
}

/// An owner of a descriptor that was opened just now.
fn owner(descriptor: i32) -> OwnedFd {
    // SAFETY: it is open, and nobody else knows of it.
    unsafe { OwnedFd::from_raw(descriptor) }
}

fn opened(open: impl Fn() -> Result<i32, i32>) -> Option<OwnedFd> {
    twice(open).ok().map(owner)
}

impl Means {
    /// Makes and opens all of it, or says that it could not.
    pub(crate) fn prepare(start: &Start) -> Option<Self> {
        #[cfg(target_os = "linux")]
        if rawmap_bare::process::id() == 1 {
            // As init there is nobody else to do it. If it fails, the next line says so.
            let _ = rawmap_bare::mount::mount(c"proc", c"/proc");
        }
        let means = Self {
            object: object()?,
            scratch: object()?,
            read_only: opened(|| file::open(start.argument(0).unwrap_or_default(), Access::Read))?,
            #[cfg(target_os = "linux")]
            maps: opened(|| file::open(c"/proc/self/maps", Access::Read))?,
        };
        for page in 0..OBJECT_PAGES {
            let first = page * page_size();
            for at in [first, first + page_size() - 1] {
                let descriptor = means.object.as_raw();
                twice(|| file::write_at(descriptor, &[IN_OBJECT], at as u64)).ok()?;
            }
        }
        Some(means)
    }

    /// An object that can be read and written.
    pub(crate) fn object(&self) -> BorrowedFd<'_> {
        self.object.borrow()
    }

    /// A file that can only be read.
    pub(crate) fn read_only(&self) -> BorrowedFd<'_> {
        self.read_only.borrow()
    }

    /// What the whole region allows: the kernel is asked to copy from it, and then the same bytes back to it.
    pub(crate) fn access(&self, region: Region) -> Prot {
        let copies = |number| {
            twice(|| {
                let copied = transfer(number, self.scratch.as_raw(), region);
                if copied == Some(region.len()) {
                    Ok(())
                } else {
                    Err(())
                }
            })
            .is_ok()
        };
        if !copies(PWRITE) {
            Prot::NONE
        } else if !copies(PREAD) {
            Prot::READ
        } else {
            Prot::READ | Prot::WRITE
        }
    }
}

/// Writes memory to a descriptor's beginning or reads it from there; how many bytes it was. What may not be accessed is
/// an error of the kernel's.
fn transfer(number: usize, descriptor: RawFd, region: Region) -> Option<usize> {
    let (address, len) = (region.as_ptr().expose_provenance(), region.len());
    // The offset is 0, wherever this kernel looks for it.
    let arguments = [descriptor as usize, address, len, 0, 0, 0, 0];
    // SAFETY: the memory is a step's own; nothing refers to it, and what is written to it is what it holds.
    usize::try_from(unsafe { call(number, arguments) }).ok()
}

fn object() -> Option<OwnedFd> {
    let object = twice(new_object).ok().map(owner)?;
    let len = OBJECT_PAGES * page_size();
    twice(|| file::truncate(object.as_raw(), len as u64)).ok()?;
    Some(object)
}

#[cfg(any(target_os = "linux", target_os = "netbsd"))]
fn new_object() -> rawmap::Result<RawFd> {
    // SAFETY: the name ends with a null byte.
    unsafe { raw::memfd_create(c"tidy".as_ptr(), rawmap::MemfdFlags::CLOEXEC) }
}

#[cfg(target_os = "freebsd")]
fn new_object() -> rawmap::Result<RawFd> {
    const O_RDWR: i32 = 2;
    // SAFETY: the path is the one of an object without a name.
    unsafe {
        raw::shm_open2(
            raw::SHM_ANON,
            O_RDWR,
            0,
            rawmap::ShmFlags::empty(),
            core::ptr::null(),
        )
    }
}
