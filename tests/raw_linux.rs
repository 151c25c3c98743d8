//! The raw calls on Linux, each shown by what the kernel then says of the process or does to it.
#![cfg(target_os = "linux")]

use std::{
    ffi::c_void,
    fs,
    os::fd::AsRawFd,
    ptr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rawmap::{
    Advice, Errno, Inherit, LockAllFlags, MapFlags, MapType, MemfdFlags, Prot, RemapFlags,
    SyncFlags, page_size, raw,
};

const PRIVATE: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);
const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

/// One test at a time: a hole that one of them makes is not to be filled by another one's mapping, and mlockall is
/// for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Anonymous memory of its own for a test, unmapped at its end.
struct Pages {
    start: *mut c_void,
    len: usize,
}

impl Pages {
    fn new(pages: usize, flags: MapFlags) -> Self {
        let len = pages * page_size();
        // SAFETY: a new mapping.
        let start = unsafe { raw::mmap(ptr::null_mut(), len, READ_WRITE, flags, -1, 0) };
        Self {
            start: start.expect("memory for a test"),
            len,
        }
    }

    fn page(&self, index: usize) -> *mut c_void {
        assert!(index * page_size() < self.len);
        self.start.wrapping_byte_add(index * page_size())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the test is over.
        unsafe { raw::munmap(self.start, self.len) }.expect("munmap");
    }
}

/// What /proc/self/smaps says of the mapping that holds an address: its first line and its `VmFlags`.
fn smaps(address: *mut c_void) -> Option<(String, String)> {
    let smaps = fs::read_to_string("/proc/self/smaps").expect("smaps");
    let mut lines = smaps.lines();
    while let Some(line) = lines.next() {
        let range = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let Some((Ok(start), Ok(end))) = range.map(|(start, end)| {
            (
                usize::from_str_radix(start, 16),
                usize::from_str_radix(end, 16),
            )
        }) else {
            continue;
        };
        if (start..end).contains(&address.addr()) {
            let flags = lines
                .find(|line| line.starts_with("VmFlags:"))
                .expect("VmFlags");
            return Some((line.into(), format!("{flags} ")));
        }
    }
    None
}

fn has_vm_flag(address: *mut c_void, flag: &str) -> bool {
    smaps(address)
        .expect("a mapping")
        .1
        .contains(&format!(" {flag} "))
}

#[test]
fn mmap_maps_and_munmap_unmaps() {
    let _alone = alone();
    let pages = Pages::new(3, PRIVATE);
    assert!(smaps(pages.page(2)).is_some());
    // SAFETY: the page is the test's.
    unsafe { raw::munmap(pages.page(1), page_size()) }.expect("munmap");
    assert!(smaps(pages.page(0)).is_some());
    assert!(smaps(pages.page(1)).is_none());
    assert!(smaps(pages.page(2)).is_some());
}

#[test]
fn mmap_takes_the_offset_in_bytes_and_all_of_it() {
    let _alone = alone();
    let path = std::env::temp_dir().join(format!("rawmap-offset-{}", std::process::id()));
    let mut contents = vec![1; page_size()];
    contents.extend(vec![2; page_size()]);
    fs::write(&path, contents).expect("a file");
    let file = fs::File::open(&path).expect("the file");
    fs::remove_file(&path).expect("removed");
    let flags = MapFlags::empty().with_type(MapType::SHARED);
    let len = page_size();
    let map = |offset| {
        // SAFETY: a new mapping.
        unsafe {
            raw::mmap(
                ptr::null_mut(),
                len,
                Prot::READ,
                flags,
                file.as_raw_fd(),
                offset,
            )
        }
    };
    let second = map(page_size() as u64).expect("the second page");
    // SAFETY: the page lies within the file.
    assert_eq!(unsafe { second.cast::<u8>().read() }, 2);
    // Beyond 32 bits: the kernel shows where it believes the mapping to begin.
    let far = map(0x12_3456_7000).expect("far beyond the end");
    let line = smaps(far).expect("a mapping").0;
    assert_eq!(line.split(' ').nth(2), Some("1234567000"), "{line}");
    for mapped in [second, far] {
        // SAFETY: the test's own.
        unsafe { raw::munmap(mapped, len) }.expect("munmap");
    }
}

#[test]
fn fixed_replaces_and_fixed_noreplace_does_not() {
    let _alone = alone();
    let pages = Pages::new(2, PRIVATE);
    // SAFETY: the page is the test's, replacing it included.
    unsafe {
        pages.page(1).cast::<u8>().write(7);
        let len = page_size();
        let refused = raw::mmap(
            pages.page(1),
            len,
            READ_WRITE,
            PRIVATE | MapFlags::FIXED_NOREPLACE,
            -1,
            0,
        );
        assert_eq!(refused, Err(Errno::EEXIST));
        assert_eq!(pages.page(1).cast::<u8>().read(), 7);
        let replaced = raw::mmap(
            pages.page(1),
            len,
            READ_WRITE,
            PRIVATE | MapFlags::FIXED,
            -1,
            0,
        );
        assert_eq!(replaced, Ok(pages.page(1)));
        assert_eq!(pages.page(1).cast::<u8>().read(), 0);
    }
}

#[test]
fn mprotect_sets_what_the_kernel_shows() {
    let _alone = alone();
    let pages = Pages::new(1, PRIVATE);
    for (prot, shown) in [
        (Prot::NONE, "---p"),
        (Prot::READ, "r--p"),
        (READ_WRITE, "rw-p"),
        (Prot::READ | Prot::EXEC, "r-xp"),
        (Prot::READ.with_max(READ_WRITE), "r--p"),
    ] {
        // SAFETY: nobody touches the page.
        unsafe { raw::mprotect(pages.page(0), page_size(), prot) }.expect("mprotect");
        let line = smaps(pages.page(0)).expect("a mapping").0;
        assert_eq!(line.split(' ').nth(1), Some(shown), "{line}");
    }
}

#[test]
fn flags_of_mmap_have_their_effect() {
    let _alone = alone();
    assert!(has_vm_flag(
        Pages::new(1, PRIVATE | MapFlags::NORESERVE).start,
        "nr"
    ));
    assert!(has_vm_flag(
        Pages::new(1, PRIVATE | MapFlags::LOCKED).start,
        "lo"
    ));
    assert!(has_vm_flag(
        Pages::new(1, PRIVATE | MapFlags::GROWSDOWN).start,
        "gd"
    ));
    assert!(has_vm_flag(
        Pages::new(1, PRIVATE.with_type(MapType::SHARED)).start,
        "sh"
    ));
    assert!(!has_vm_flag(Pages::new(1, PRIVATE).start, "sh"));
    #[cfg(target_arch = "x86_64")]
    assert!(Pages::new(1, PRIVATE | MapFlags::MAP_32BIT).start.addr() < 1 << 31);
    let populated = Pages::new(2, PRIVATE | MapFlags::POPULATE);
    assert_eq!(residency(&populated), [1, 1]);
    assert_eq!(residency(&Pages::new(2, PRIVATE)), [0, 0]);
}

/// The lowest bit of what mincore stores for each page.
fn residency(pages: &Pages) -> Vec<u8> {
    let mut bytes = vec![0xfe; pages.len / page_size()];
    // SAFETY: a byte for each page.
    unsafe { raw::mincore(pages.start, pages.len, bytes.as_mut_ptr()) }.expect("mincore");
    bytes.iter().map(|byte| byte & 1).collect()
}

#[test]
fn madvise_passes_the_advice_on() {
    let _alone = alone();
    let pages = Pages::new(1, PRIVATE);
    let advise = |advice| {
        // SAFETY: nothing relies on the page.
        unsafe { raw::madvise(pages.start, pages.len, advice) }
    };
    for (advice, flag, undo) in [
        (Advice::DONTFORK, "dc", Advice::DOFORK),
        (Advice::DONTDUMP, "dd", Advice::DODUMP),
        (Advice::WIPEONFORK, "wf", Advice::KEEPONFORK),
        (Advice::RANDOM, "rr", Advice::NORMAL),
        (Advice::SEQUENTIAL, "sr", Advice::NORMAL),
    ] {
        advise(advice).expect("advice");
        assert!(has_vm_flag(pages.start, flag), "{advice:?}");
        advise(undo).expect("advice");
        assert!(!has_vm_flag(pages.start, flag), "{undo:?}");
    }
    // SAFETY: the page is the test's.
    unsafe { pages.start.cast::<u8>().write(9) };
    advise(Advice::DONTNEED).expect("advice");
    // SAFETY: as before.
    assert_eq!(unsafe { pages.start.cast::<u8>().read() }, 0);
    assert_eq!(advise(Advice::from_raw(12345)), Err(Errno::EINVAL));
}

#[test]
fn msync_checks_its_flags() {
    let _alone = alone();
    let pages = Pages::new(1, PRIVATE.with_type(MapType::SHARED));
    let sync = |flags| {
        // SAFETY: nothing changes.
        unsafe { raw::msync(pages.start, pages.len, flags) }
    };
    assert_eq!(sync(SyncFlags::SYNC), Ok(()));
    assert_eq!(sync(SyncFlags::ASYNC), Ok(()));
    assert_eq!(sync(SyncFlags::ASYNC | SyncFlags::SYNC), Err(Errno::EINVAL));
}

#[test]
fn mremap_grows_moves_shrinks_and_keeps() {
    let _alone = alone();
    let len = page_size();
    let pages = Pages::new(8, PRIVATE);
    // Holes are made between other pages: at an end, they would be the kernel's next choice for whoever maps.
    // SAFETY: every address is one that the test mapped, and used where it is at that time only.
    unsafe {
        pages.page(1).cast::<u8>().write(5);
        let stuck = raw::mremap(
            pages.page(1),
            len,
            2 * len,
            RemapFlags::empty(),
            ptr::null_mut(),
        );
        assert_eq!(stuck, Err(Errno::ENOMEM));
        let flags = RemapFlags::MAYMOVE | RemapFlags::FIXED;
        let moved = raw::mremap(pages.page(1), len, len, flags, pages.page(4));
        assert_eq!(moved, Ok(pages.page(4)));
        assert!(smaps(pages.page(1)).is_none());
        assert_eq!(pages.page(4).cast::<u8>().read(), 5);
        let flags = flags | RemapFlags::DONTUNMAP;
        let kept = raw::mremap(pages.page(4), len, len, flags, pages.page(6));
        assert_eq!(kept, Ok(pages.page(6)));
        assert_eq!(pages.page(4).cast::<u8>().read(), 0);
        assert_eq!(pages.page(6).cast::<u8>().read(), 5);
        let grown = raw::mremap(
            pages.page(6),
            len,
            9 * len,
            RemapFlags::MAYMOVE,
            ptr::null_mut(),
        )
        .expect("growth");
        assert_eq!(grown.cast::<u8>().read(), 5);
        let shrunk = raw::mremap(grown, 9 * len, len, RemapFlags::empty(), ptr::null_mut());
        assert_eq!(shrunk, Ok(grown));
        assert!(smaps(grown.wrapping_byte_add(len)).is_none_or(|(line, _)| !line.contains("rw-p")));
        raw::munmap(grown, len).expect("munmap");
    }
}

#[test]
fn locks_hold_until_unlocked() {
    let _alone = alone();
    let pages = Pages::new(2, PRIVATE);
    // SAFETY: locking changes no byte.
    unsafe {
        raw::mlock(pages.page(0), page_size()).expect("mlock");
        assert!(has_vm_flag(pages.page(0), "lo") && !has_vm_flag(pages.page(1), "lo"));
        assert_eq!(residency(&pages), [1, 0]);
        raw::mlock_onfault(pages.page(1), page_size()).expect("mlock2");
        assert_eq!(residency(&pages), [1, 0]);
        assert!(has_vm_flag(pages.page(1), "lo"));
        raw::munlock(pages.page(0), 2 * page_size()).expect("munlock");
        assert!(!has_vm_flag(pages.page(0), "lo") && !has_vm_flag(pages.page(1), "lo"));
        assert_eq!(raw::mlockall(LockAllFlags::ONFAULT), Err(Errno::EINVAL));
        raw::mlockall(LockAllFlags::CURRENT | LockAllFlags::ONFAULT).expect("mlockall");
        assert!(has_vm_flag(pages.page(0), "lo"));
        raw::munlockall().expect("munlockall");
        assert!(!has_vm_flag(pages.page(0), "lo"));
    }
}

#[test]
fn a_memory_object_is_mapped_and_shared() {
    let _alone = alone();
    // SAFETY: the name ends with a null byte; the mappings are the test's.
    unsafe {
        let fd = raw::memfd_create(c"rawmap".as_ptr(), MemfdFlags::CLOEXEC).expect("memfd_create");
        let shared = MapFlags::empty().with_type(MapType::SHARED);
        let object = std::os::fd::FromRawFd::from_raw_fd(fd);
        fs::File::set_len(&object, page_size() as u64).expect("room");
        let map = || raw::mmap(ptr::null_mut(), page_size(), READ_WRITE, shared, fd, 0);
        let (one, other) = (map().expect("mapped"), map().expect("mapped again"));
        one.cast::<u8>().write(3);
        assert_eq!(other.cast::<u8>().read_volatile(), 3);
        raw::munmap(one, page_size()).expect("munmap");
        raw::munmap(other, page_size()).expect("munmap");
    }
}

#[test]
fn what_linux_lacks_is_enosys() {
    let _alone = alone();
    let pages = Pages::new(1, PRIVATE);
    // SAFETY: no kernel is entered.
    let done = unsafe { raw::minherit(pages.start, pages.len, Inherit::NONE) };
    assert_eq!(done, Err(Errno::ENOSYS));
}

#[test]
fn wrong_arguments_come_back_as_the_kernels_errors() {
    let _alone = alone();
    let pages = Pages::new(1, PRIVATE);
    let (start, len) = (pages.start, pages.len);
    let odd = start.wrapping_byte_add(5);
    let kernel_half = ptr::without_provenance_mut(0xffff_8000_0000_0000);
    // SAFETY: none of the calls succeeds, but for those of length 0, which do nothing.
    unsafe {
        let map = |addr, len, flags, offset| raw::mmap(addr, len, READ_WRITE, flags, -1, offset);
        assert_eq!(map(ptr::null_mut(), 0, PRIVATE, 0), Err(Errno::EINVAL));
        assert_eq!(
            map(ptr::null_mut(), len, MapFlags::ANONYMOUS, 0),
            Err(Errno::EINVAL)
        );
        assert_eq!(map(ptr::null_mut(), len, PRIVATE, 100), Err(Errno::EINVAL));
        assert_eq!(
            map(odd, len, PRIVATE | MapFlags::FIXED, 0),
            Err(Errno::EINVAL)
        );
        assert_eq!(
            map(kernel_half, len, PRIVATE | MapFlags::FIXED, 0),
            Err(Errno::ENOMEM)
        );
        assert_eq!(
            map(ptr::null_mut(), 1 << 56, PRIVATE, 0),
            Err(Errno::ENOMEM)
        );
        assert_eq!(
            map(ptr::null_mut(), usize::MAX - 100, PRIVATE, 0),
            Err(Errno::ENOMEM)
        );
        assert_eq!(raw::munmap(odd, len), Err(Errno::EINVAL));
        assert_eq!(raw::munmap(start, 0), Err(Errno::EINVAL));
        assert_eq!(raw::munmap(kernel_half, len), Err(Errno::EINVAL));
        assert_eq!(raw::mprotect(odd, len, Prot::READ), Err(Errno::EINVAL));
        assert_eq!(raw::mprotect(start, 0, Prot::NONE), Ok(()));
        assert_eq!(raw::madvise(odd, len, Advice::NORMAL), Err(Errno::EINVAL));
        assert_eq!(raw::madvise(start, 0, Advice::DONTNEED), Ok(()));
        assert_eq!(raw::msync(odd, len, SyncFlags::SYNC), Err(Errno::EINVAL));
        let remap = |old, old_len, new_len| {
            raw::mremap(old, old_len, new_len, RemapFlags::MAYMOVE, ptr::null_mut())
        };
        assert_eq!(remap(start, len, 0), Err(Errno::EINVAL));
        assert_eq!(remap(odd, len, len), Err(Errno::EINVAL));
        assert_eq!(remap(start, 0, len), Err(Errno::EINVAL));
        let nowhere = ptr::without_provenance_mut(8);
        assert_eq!(raw::mincore(start, len, nowhere), Err(Errno::EFAULT));
        assert_eq!(raw::mlock(kernel_half, len), Err(Errno::ENOMEM));
    }
}
