//! A walk through the calls, each shown by what it does.

use core::{ffi::c_void, ptr};

use rawmap::{Advice, Errno, Inherit, MapFlags, MapType, Prot, SyncFlags, raw};
use rawmap_bare::{Start, call, report::Report};

/// Anonymous memory of one's own.
const PRIVATE: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

/// A page that can be read and written, or null, which the rows that use it will show.
fn one_page() -> *mut c_void {
    // SAFETY: a new mapping.
    unsafe {
        raw::mmap(
            ptr::null_mut(),
            rawmap::page_size(),
            READ_WRITE,
            PRIVATE,
            -1,
            0,
        )
    }
    .unwrap_or(ptr::null_mut())
}

pub(crate) fn page_size(report: &mut Report, start: &Start) {
    let told = start.page_size();
    report.row(
        rawmap::page_size() == told,
        "page size as the kernel is asked",
    );
    // SAFETY: the vector that the kernel made.
    unsafe { rawmap::init_from_auxv(start.auxv().cast()) };
    report.row(
        rawmap::page_size() == told,
        "page size as the auxiliary vector has it",
    );
}

pub(crate) fn anonymous(report: &mut Report) {
    let page = rawmap::page_size();
    let len = 4 * page;
    // SAFETY: the memory is mapped here, touched within its bounds and its protection, and unmapped here.
    unsafe {
        let Ok(start) = raw::mmap(ptr::null_mut(), len, READ_WRITE, PRIVATE, -1, 0) else {
            return report.row(false, "mmap");
        };
        let bytes = start.cast::<u8>();
        let last = bytes.add(len - 1);
        report.row(
            bytes.read_volatile() == 0 && last.read_volatile() == 0,
            "mmap: reads as zero",
        );
        bytes.write_volatile(42);
        last.write_volatile(43);
        report.row(
            bytes.read_volatile() == 42 && last.read_volatile() == 43,
            "mmap: holds what is written",
        );
        let protected = raw::mprotect(start, page, Prot::READ);
        report.row(protected.is_ok() && bytes.read_volatile() == 42, "mprotect");
        report.row(
            raw::madvise(start, len, Advice::WILLNEED).is_ok(),
            "madvise",
        );
        report.row(raw::msync(start, len, SyncFlags::SYNC).is_ok(), "msync");
        report.row(raw::mlock(start, len).is_ok(), "mlock");
        // Locked pages are in memory; of others, nobody knows.
        let mut resident = [0u8; 4];
        let told = raw::mincore(start, len, resident.as_mut_ptr());
        let all = resident.iter().all(|byte| byte & 1 == 1);
        report.row(told.is_ok() && all, "mincore");
        report.row(raw::munlock(start, len).is_ok(), "munlock");
        report.row(inherits(start, page), "minherit");
        let middle = bytes.add(page).cast();
        report.row(raw::munmap(middle, page).is_ok(), "munmap of one page");
        let told = raw::mincore(middle, page, resident.as_mut_ptr());
        report.row(told == Err(Errno::ENOMEM), "munmap: the page is gone");
        report.row(
            bytes.read_volatile() == 42 && last.read_volatile() == 43,
            "munmap: the others are not",
        );
        report.row(raw::munmap(start, len).is_ok(), "munmap over the hole");
    }
}

/// Takes the value where the system has the call, and says so without a trap where it does not.
unsafe fn inherits(start: *mut c_void, len: usize) -> bool {
    // SAFETY: the program has no children.
    let done = unsafe { raw::minherit(start, len, Inherit::ZERO) };
    if cfg!(target_os = "linux") {
        done == Err(Errno::ENOSYS)
    } else {
        done.is_ok()
    }
}

#[cfg(target_os = "freebsd")]
pub(crate) fn resize(report: &mut Report) {
    let flags = rawmap::RemapFlags::empty();
    // SAFETY: FreeBSD has no such call, so nothing happens.
    let done = unsafe { raw::mremap(ptr::null_mut(), 1, 1, flags, ptr::null_mut()) };
    report.row(done == Err(Errno::ENOSYS), "mremap: there is none");
}

#[cfg(not(target_os = "freebsd"))]
pub(crate) fn resize(report: &mut Report) {
    #[cfg(target_os = "linux")]
    let may_move = rawmap::RemapFlags::MAYMOVE;
    #[cfg(target_os = "netbsd")]
    let may_move = rawmap::RemapFlags::empty();
    let page = rawmap::page_size();
    // SAFETY: the page is mapped here, and after the move only the new address is used.
    unsafe {
        let old = one_page();
        if old.is_null() {
            return report.row(false, "mremap: a page to move");
        }
        old.cast::<u8>().write_volatile(44);
        let Ok(new) = raw::mremap(old, page, 4 * page, may_move, ptr::null_mut()) else {
            return report.row(false, "mremap to four pages");
        };
        let last = new.cast::<u8>().add(4 * page - 1);
        last.write_volatile(45);
        report.row(
            new.cast::<u8>().read_volatile() == 44 && last.read_volatile() == 45,
            "mremap to four pages",
        );
        report.row(
            raw::munmap(new, 4 * page).is_ok(),
            "munmap of what was moved",
        );
    }
}

/// The program's own file: its first bytes are known, and an offset shows where the kernel looks for it.
pub(crate) fn file(report: &mut Report, start: &Start) {
    let Some(path) = start.argument(0) else {
        return report.row(false, "the program's path");
    };
    let Ok(descriptor) = i32::try_from(call::open(path)) else {
        return report.row(false, "opening the program's file");
    };
    let Some(descriptor) = (descriptor >= 0).then_some(descriptor) else {
        return report.row(false, "opening the program's file");
    };
    let flags = MapFlags::empty().with_type(MapType::PRIVATE);
    // SAFETY: new mappings of a file that nobody changes; what is read lies in the first page of it.
    unsafe {
        let mapped = raw::mmap(
            ptr::null_mut(),
            rawmap::page_size(),
            Prot::READ,
            flags,
            descriptor,
            0,
        );
        let magic =
            mapped.is_ok_and(|start| start.cast::<[u8; 4]>().read_volatile() == *b"\x7fELF");
        report.row(magic, "mmap of a file");
        let unmapped = mapped.is_ok_and(|start| raw::munmap(start, rawmap::page_size()).is_ok());
        report.row(unmapped, "munmap of a file");
        let odd = raw::mmap(ptr::null_mut(), 1, Prot::READ, flags, descriptor, 100);
        report.row(
            match odd {
                // The BSDs map from the page below and add the rest to the result.
                Ok(start) => {
                    !cfg!(target_os = "linux") && start.addr() % rawmap::page_size() == 100
                }
                Err(error) => cfg!(target_os = "linux") && error == Errno::EINVAL,
            },
            "mmap of a file at an offset of 100",
        );
    }
    call::close(descriptor);
}

/// Wrong arguments come back as the kernel's own error numbers.
pub(crate) fn refusals(report: &mut Report) {
    let page = rawmap::page_size();
    let file = MapFlags::empty().with_type(MapType::PRIVATE);
    // SAFETY: the calls are refused, or concern the one page that is mapped here, or nothing at all.
    unsafe {
        let none = raw::mmap(ptr::null_mut(), page, Prot::READ, file, -1, 0);
        report.row(none == Err(Errno::EBADF), "mmap of no descriptor: EBADF");
        let wide = raw::mmap(
            ptr::null_mut(),
            usize::MAX - 100,
            Prot::READ,
            PRIVATE,
            -1,
            0,
        );
        report.row(
            wide == Err(Errno::ENOMEM),
            "mmap of a length that wraps: ENOMEM",
        );
        let empty = raw::mmap(ptr::null_mut(), 0, Prot::READ, PRIVATE, -1, 0);
        // NetBSD gives an address with nothing behind it.
        let expected = if cfg!(target_os = "netbsd") {
            empty.is_ok()
        } else {
            empty == Err(Errno::EINVAL)
        };
        report.row(expected, "mmap of length 0");
        let start = one_page();
        let unknown = raw::madvise(start, page, Advice::from_raw(99));
        report.row(unknown == Err(Errno::EINVAL), "unknown advice: EINVAL");
        let nowhere = raw::mincore(start, page, ptr::without_provenance_mut(8));
        report.row(nowhere == Err(Errno::EFAULT), "mincore to nowhere: EFAULT");
        let wrapping = raw::munmap(ptr::without_provenance_mut(page), usize::MAX - page + 1);
        report.row(
            wrapping == Err(Errno::EINVAL),
            "munmap of a range that wraps: EINVAL",
        );
        report.row(raw::munmap(start, page).is_ok(), "munmap of the last page");
    }
}

/// A kernel from before the call has to be told by its release: trying would kill the program on FreeBSD and NetBSD.
pub(crate) fn memory_object(report: &mut Report) {
    #[cfg(not(target_os = "freebsd"))]
    // SAFETY: the name ends with a null byte.
    let made = unsafe { raw::memfd_create(c"demo".as_ptr(), rawmap::MemfdFlags::CLOEXEC) };
    #[cfg(target_os = "freebsd")]
    // SAFETY: the name is no path, and there is no other string.
    let made = unsafe {
        const O_RDWR: i32 = 2;
        raw::shm_open2(
            raw::SHM_ANON,
            O_RDWR,
            0,
            rawmap::ShmFlags::empty(),
            ptr::null(),
        )
    };
    match made {
        Ok(descriptor) => report.row(call::close(descriptor) == 0, "a memory object"),
        Err(error) => report.row(error == Errno::ENOSYS, "no memory objects: ENOSYS"),
    }
}
