//! The kernel's calls, one to one: no argument is checked, nothing is rounded, and the answer is the kernel's own.
//!
//! The names are the same on all six targets, and so are the arguments. What the kernels make of them differs, and
//! each function says how; the sharpest differences are that FreeBSD and NetBSD round an unaligned range *outwards*
//! where Linux refuses it, that they answer 0 for a hole where Linux answers `ENOMEM`, and that a length of 0 is an
//! error in one place and a whole mapping in another. A program that wants one behaviour stands on the portable
//! layer above.
//!
//! No function allocates, panics or needs libc, thread-local storage or start-up code: a program may use them from
//! its first instruction on, and in a signal handler. A call that a system lacks answers `ENOSYS` without entering the
//! kernel, since FreeBSD and NetBSD kill a process for an unknown number.
//!
//! ```
//! use core::ptr;
//! use rawmap::{MapFlags, MapType, Prot, page_size, raw};
//!
//! let len = page_size();
//! let flags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);
//! // SAFETY: a new mapping, where the kernel chooses; nothing else refers to it, and it goes before `page` does.
//! unsafe {
//!     let page = raw::mmap(ptr::null_mut(), len, Prot::READ | Prot::WRITE, flags, -1, 0)?;
//!     page.cast::<u8>().write(42);
//!     raw::mprotect(page, len, Prot::READ)?;
//!     assert_eq!(page.cast::<u8>().read(), 42);
//!     raw::munmap(page, len)?;
//! }
//! # Ok::<(), rawmap::Errno>(())
//! ```
//!
//! # Addresses
//!
//! Pointers go to the kernel as exposed addresses and come back from it with exposed provenance, so a pointer that
//! [`mmap`] returned, and one that was made of its address, may be used for the mapping alike.
//!
//! # Before relocation
//!
//! Built with optimisation, the calls and [`page_size`](crate::page_size) read no word of memory that a loader would have to relocate, so
//! that a loader or a static-PIE program can use them before it has done so. On x86_64 this holds for what is inlined:
//! everything but `memfd_create`, `shm_open2` and [`init_from_auxv`](crate::init_from_auxv), which the compiler may call
//! by way of a relocated table unless the program is linked with fat LTO or with the static relocation model.
//!
//! # References
//!
//! [Linux mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html),
//! [FreeBSD mmap(2)](https://man.freebsd.org/cgi/man.cgi?query=mmap&sektion=2),
//! [NetBSD mmap(2)](https://man.netbsd.org/mmap.2)

use core::{
    ffi::{c_char, c_void},
    ptr,
};

use crate::{
    Advice, Errno, Inherit, LockAllFlags, MapFlags, Prot, RawFd, RemapFlags, Result, SyncFlags, os,
};

/// The answer of a call whose result is an address.
#[inline(always)]
fn address(answer: usize) -> Result<*mut c_void> {
    match Errno::of(answer) {
        Ok(address) => Ok(ptr::with_exposed_provenance_mut(address)),
        Err(error) => Err(error),
    }
}

/// The answer of a call whose result is a descriptor.
#[inline(always)]
fn descriptor(answer: usize) -> Result<RawFd> {
    match Errno::of(answer) {
        Ok(descriptor) => Ok(descriptor as RawFd),
        Err(error) => Err(error),
    }
}

/// Maps `len` bytes of anonymous memory, or of the object behind `fd` from `offset` on, and returns the address.
///
/// `addr` is a hint, or with [`MapFlags::FIXED`] the address; null leaves the choice to the kernel. `len` is in
/// bytes and covers whole pages: the last one in full. `offset` is in bytes. For anonymous memory `fd` is −1 and
/// `offset` 0. Descriptors may be closed afterwards. The result may be null only for a fixed mapping at 0 that the
/// system allows.
///
/// Hints: Linux and NetBSD take a free one; FreeBSD with address randomisation ignores every hint. An unaligned one
/// is rounded down by Linux and up by the others.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | `len` is 0 (NetBSD: of a file; anonymous memory of length 0 "succeeds" there and maps nothing) |
/// | `EINVAL` | `offset` is not aligned (Linux). The others map from the page below and add the rest to the result |
/// | `EINVAL` | a fixed `addr` is not aligned |
/// | `EINVAL` | neither `SHARED` nor `PRIVATE` (Linux; FreeBSD for files), or both (FreeBSD, NetBSD) |
/// | `EINVAL` | anonymous with a descriptor other than −1 (FreeBSD, NetBSD), or with an offset (FreeBSD) |
/// | `EINVAL` | a bit that the kernel does not know (FreeBSD); `EXCL` without `FIXED` (FreeBSD); an alignment below a page or above 63 (FreeBSD, NetBSD) |
/// | `EINVAL` | the object is a directory (FreeBSD), or shorter than the mapping (NetBSD, memory objects) |
/// | `EINVAL` | `STACK` or `GUARD` with what they do not go with (FreeBSD); `SHARED_VALIDATE` of anonymous memory (Linux) |
/// | `EOVERFLOW` | the offset and the length lie beyond the largest file (Linux) |
/// | `ENOMEM` | no room, no memory, a limit, too many mappings, or `len` wraps; Linux: a fixed range outside user space; FreeBSD: something is there and `EXCL` was given (`ENOSPC` for an object of large pages); NetBSD: an alignment that the address space does not have |
/// | `EINVAL`, `EFBIG`, `EOVERFLOW` | a fixed range outside user space (FreeBSD the first, NetBSD by where it lies) |
/// | `EEXIST` | something is there and `FIXED_NOREPLACE` was given (Linux) |
/// | `EPERM` | a fixed mapping at 0 that policy forbids (Linux; `EINVAL` on the others); a seal (Linux, NetBSD); `EXEC` of a file system that forbids it (Linux); `LOCKED` with the limit 0 (Linux); `SHARED` with `WRITE` of an immutable or append-only file (FreeBSD, NetBSD) |
/// | `EACCES` | the descriptor is not open for reading; or `SHARED` with `WRITE` and it is not open for writing; or policy refuses `WRITE` with `EXEC` |
/// | `ENOTSUP` | protection beyond its maximum (FreeBSD); `EOPNOTSUPP`: an unknown flag with `SHARED_VALIDATE` (Linux) |
/// | `EBADF`, `ENODEV` | `fd` is no descriptor; or not of something that can be mapped |
/// | `EAGAIN` | the limit on locked memory (Linux; `ENOMEM` on the others) |
///
/// # Safety
///
/// With [`MapFlags::FIXED`] and without a flag that protects what is there, the pages of `addr .. addr + len` lose
/// what they held: nothing in the program may still rely on them. Everywhere else the call itself is sound, and the
/// memory is the caller's until it is unmapped or replaced; if it shows a file or is shared, others change it, and
/// a file that shrinks turns accesses into SIGBUS.
#[inline]
pub unsafe fn mmap(
    addr: *mut c_void,
    len: usize,
    prot: Prot,
    flags: MapFlags,
    fd: RawFd,
    offset: u64,
) -> Result<*mut c_void> {
    // SAFETY: the caller's contract; −1 is sign-extended, so that the kernel's 32-bit descriptor is −1 too.
    address(unsafe {
        os::mmap(
            addr.expose_provenance(),
            len,
            prot.bits() as usize,
            flags.bits() as usize,
            fd as usize,
            offset as usize,
        )
    })
}

/// Unmaps the pages of `addr .. addr + len`.
///
/// Every page that the range touches goes. A range, or a part of it, where nothing is mapped is no error. A part of
/// a mapping may be unmapped; what remains of it stays.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | `addr` is not aligned (Linux). **The others unmap the whole page that it lies in** |
/// | `EINVAL` | `len` is 0 (Linux, FreeBSD; 0 on NetBSD), the range wraps or leaves user space |
/// | `EINVAL` | large pages are cut (huge ones on Linux, which does not round here; those of an object on FreeBSD) |
/// | `ENOMEM` | cutting a mapping in two would exceed the number of mappings (Linux, `vm.max_map_count`) |
/// | `EPERM` | the range is sealed (Linux) |
///
/// # Safety
///
/// Nothing may rely on any page that the range touches, on the BSDs also on the bytes before an unaligned `addr`.
///
/// # References
///
/// [Linux munmap(2)](https://man7.org/linux/man-pages/man2/munmap.2.html),
/// [FreeBSD munmap(2)](https://man.freebsd.org/cgi/man.cgi?query=munmap&sektion=2),
/// [NetBSD munmap(2)](https://man.netbsd.org/munmap.2)
#[inline]
pub unsafe fn munmap(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::munmap(addr.expose_provenance(), len) })
}

/// Sets what may be done with the pages of `addr .. addr + len`.
///
/// Pages are the unit: a range of two bytes changes one page or two.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | `addr` is not aligned (Linux). **The others change every page that the range touches**; FreeBSD changes one even for an unaligned range of length 0 |
/// | `EINVAL` | a bit that the kernel does not know (Linux, FreeBSD; ignored by NetBSD) |
/// | `ENOMEM` | a page is not mapped (Linux; pages before it may have changed). **The others answer 0** and change what is there |
/// | `ENOMEM` | the change would exceed the number of mappings (Linux); resources are lacking (FreeBSD) |
/// | `EINVAL` | large pages are cut; the range wraps (FreeBSD, NetBSD; `ENOMEM` on Linux) |
/// | `EACCES` | a shared mapping of a descriptor that is not open for writing cannot become writable; beyond the maximum protection (FreeBSD, NetBSD); `EXEC` of a file system that forbids it (Linux); policy refuses `WRITE` with `EXEC` |
/// | `ENOTSUP` | `prot` beyond the maximum that it names itself (FreeBSD) |
/// | `EPERM` | the range is sealed (Linux) |
///
/// A length of 0 is Ok. A FreeBSD guard ([`MapFlags`]) answers 0 and stays a guard.
///
/// # Safety
///
/// Nothing may rely on accesses to these pages that `prot` does not allow; making code or shared data writable is
/// subject to the same care as making a pointer to it.
///
/// # References
///
/// [Linux mprotect(2)](https://man7.org/linux/man-pages/man2/mprotect.2.html),
/// [FreeBSD mprotect(2)](https://man.freebsd.org/cgi/man.cgi?query=mprotect&sektion=2),
/// [NetBSD mprotect(2)](https://man.netbsd.org/mprotect.2)
#[inline]
pub unsafe fn mprotect(addr: *mut c_void, len: usize, prot: Prot) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::mprotect(addr.expose_provenance(), len, prot.bits() as usize) })
}

/// Tells the kernel how the range will be used; some advice changes what it holds.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | `addr` is not aligned (Linux). **The others act on every page that the range touches** |
/// | `EINVAL` | the kernel does not know the advice, or it does not go with this mapping (`FREE` of shared memory, `DONTNEED` of locked memory on Linux) |
/// | `EINVAL` | the range wraps, or leaves user space (FreeBSD, NetBSD) |
/// | `ENOMEM` | a page is not mapped (Linux). FreeBSD answers 0 |
/// | `EFAULT` | a page is not mapped, for `DONTNEED` and `FREE` (NetBSD); a page lies beyond the end of its file, for `POPULATE_READ` and `POPULATE_WRITE` (Linux) |
/// | `EBADF` | `WILLNEED` of what is no file (Linux kernels that cannot read ahead there) |
/// | `EBUSY` | `FREE` of locked memory (NetBSD) |
/// | `EAGAIN`, `EIO`, `EHWPOISON` | resources are lacking for now, or pages cannot be read, for advice that needs it (Linux) |
/// | `EPERM` | destructive advice for a sealed range that cannot be written; or advice that is for the privileged |
///
/// # Safety
///
/// Nothing may rely on what the advice takes away from any page that the range touches: its bytes, its presence in
/// forked children, or the possibility to touch it. On the BSDs these pages include the one that an unaligned `addr`
/// lies in, and everywhere the whole of the last one. For advice that [is benign](Advice::is_benign), nothing is needed.
///
/// # References
///
/// [Linux madvise(2)](https://man7.org/linux/man-pages/man2/madvise.2.html),
/// [FreeBSD madvise(2)](https://man.freebsd.org/cgi/man.cgi?query=madvise&sektion=2),
/// [NetBSD madvise(2)](https://man.netbsd.org/madvise.2)
#[inline]
pub unsafe fn madvise(addr: *mut c_void, len: usize, advice: Advice) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::madvise(addr.expose_provenance(), len, advice.raw() as usize) })
}

/// Brings the changed pages of a shared file mapping to the file.
///
/// A length of 0 does nothing on Linux, and writes the whole mapping that holds `addr` on FreeBSD and NetBSD.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | `addr` is not aligned (Linux; rounded down by the others) |
/// | `EINVAL` | `ASYNC` with `SYNC` (Linux, NetBSD); `ASYNC` with `INVALIDATE` (FreeBSD); no flag at all (NetBSD); an unknown one (Linux, NetBSD) |
/// | `ENOMEM` | a page is not mapped (Linux, FreeBSD) |
/// | `EFAULT` | a page is not mapped (NetBSD, `ENOMEM` for a range outside user space) |
/// | `EINVAL` | nothing is mapped at `addr`, with the length 0 (NetBSD) |
/// | `EBUSY` | `INVALIDATE` of locked memory |
/// | `EIO` | writing failed |
///
/// # Safety
///
/// None beyond that of the mapping: no byte of memory changes by it, except that `INVALIDATE` may drop pages whose
/// changes were not written on systems where files and mappings are not one.
///
/// # References
///
/// [Linux msync(2)](https://man7.org/linux/man-pages/man2/msync.2.html),
/// [FreeBSD msync(2)](https://man.freebsd.org/cgi/man.cgi?query=msync&sektion=2),
/// [NetBSD msync(2)](https://man.netbsd.org/msync.2)
#[inline]
pub unsafe fn msync(addr: *mut c_void, len: usize, flags: SyncFlags) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::msync(addr.expose_provenance(), len, flags.bits() as usize) })
}

/// Resizes a mapping, moves it, or both, and returns where it is then.
///
/// The arguments are in this order on every system, whatever order the kernel has. `new_addr` counts only with
/// [`FIXED`](RemapFlags), on Linux as a hint also with `DONTUNMAP`; it is null otherwise.
///
/// | | Linux | NetBSD |
/// |---|---|---|
/// | without a flag | stays where it is | may move |
/// | to stay | no flag | `FIXED`, with `new_addr` equal to `old_addr` |
/// | `FIXED` to a place in use | **replaces what is there** | `ENOMEM` |
/// | `old_len` 0 | shares a shared mapping a second time | `EINVAL` |
/// | to keep the source | `DONTUNMAP`: empty; or `old_len` 0 | `REMAPDUP`: the same pages |
/// | atomic for other threads | yes | no |
///
/// After success only the returned pointer is valid for the mapping, even if it is the same address.
///
/// **Systems:** Linux, NetBSD. FreeBSD has no such call: `ENOSYS`.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | an unaligned address, a new length of 0, an unknown flag, flags that do not go together, source and target overlap; NetBSD: nothing is mapped at the source |
/// | `EFAULT` | the source is not one whole mapping (Linux) |
/// | `ENOMEM` | no room to grow, a place in use (NetBSD), a limit, or too many mappings |
/// | `EAGAIN` | the limit on locked memory (Linux) |
/// | `EPERM` | the source, or what would be replaced, is sealed (Linux) |
/// | `ENOSYS` | FreeBSD |
///
/// # Safety
///
/// Nothing may rely on the pages that go: the source's if it moves or shrinks, and on Linux with `FIXED` those at
/// `new_addr`, which an error does not bring back. On NetBSD an error while the mapping grows may have unmapped all
/// of it.
///
/// # References
///
/// [Linux mremap(2)](https://man7.org/linux/man-pages/man2/mremap.2.html),
/// [NetBSD mremap(2)](https://man.netbsd.org/mremap.2)
#[inline]
pub unsafe fn mremap(
    old_addr: *mut c_void,
    old_len: usize,
    new_len: usize,
    flags: RemapFlags,
    new_addr: *mut c_void,
) -> Result<*mut c_void> {
    // SAFETY: the caller's contract.
    address(unsafe {
        os::mremap(
            old_addr.expose_provenance(),
            old_len,
            new_len,
            flags.bits() as usize,
            new_addr.expose_provenance(),
        )
    })
}

/// Stores a byte for each page of `addr .. addr + len` that says whether it is in memory; see
/// [`ResidencyFlags`](crate::ResidencyFlags).
///
/// `vec` has room for a byte for each page that the range touches: FreeBSD takes an unaligned `addr`, and an unaligned
/// range of one page's length touches two. What the bytes say may be over by the time they are read, unless the pages
/// are locked.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | `addr` is not aligned (Linux, NetBSD; FreeBSD rounds down); `len` is 0 (NetBSD) |
/// | `ENOMEM` | a page is not mapped, or the range wraps (`EINVAL` on NetBSD) |
/// | `EFAULT` | `vec` cannot be written |
///
/// # Safety
///
/// The bytes at `vec`, one for each page that the range touches, are the caller's to change.
///
/// # References
///
/// [Linux mincore(2)](https://man7.org/linux/man-pages/man2/mincore.2.html),
/// [FreeBSD mincore(2)](https://man.freebsd.org/cgi/man.cgi?query=mincore&sektion=2),
/// [NetBSD mincore(2)](https://man.netbsd.org/mincore.2)
#[inline]
pub unsafe fn mincore(addr: *mut c_void, len: usize, vec: *mut u8) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::mincore(addr.expose_provenance(), len, vec.expose_provenance()) })
}

/// Makes the pages that the range touches present and keeps them in memory.
///
/// An unaligned `addr` is rounded down on every system. Locks do not nest: one [`munlock`] undoes them.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `ENOMEM` | the limit on locked memory (Linux, FreeBSD); a page is not mapped; a page may not be read (Linux, FreeBSD) |
/// | `EAGAIN` | the limit on locked memory (NetBSD); a page could not be locked |
/// | `EINVAL` | the range wraps; a page but the first is not mapped, or may not be read (NetBSD) |
/// | `EPERM` | locking is for the privileged here (Linux with the limit 0; FreeBSD by `security.bsd.unprivileged_mlock`) |
///
/// # Safety
///
/// None: no byte changes, and what the range holds is no concern of the call.
///
/// # References
///
/// [Linux mlock(2)](https://man7.org/linux/man-pages/man2/mlock.2.html),
/// [FreeBSD mlock(2)](https://man.freebsd.org/cgi/man.cgi?query=mlock&sektion=2),
/// [NetBSD mlock(2)](https://man.netbsd.org/mlock.2)
#[inline]
pub unsafe fn mlock(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::mlock(addr.expose_provenance(), len) })
}

/// Keeps the pages that the range touches in memory from when they are first used; those in memory now, at once.
///
/// **Systems:** Linux, since 4.4 (`mlock2`). The others, and older kernels: `ENOSYS`.
///
/// # Errors
///
/// As [`mlock`], and `ENOSYS`.
///
/// # Safety
///
/// None, as for [`mlock`].
///
/// # References
///
/// [Linux mlock2(2)](https://man7.org/linux/man-pages/man2/mlock2.2.html)
#[inline]
pub unsafe fn mlock_onfault(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::mlock_onfault(addr.expose_provenance(), len) })
}

/// Undoes [`mlock`] for the pages that the range touches.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `ENOMEM` | a page is not mapped; a page is not locked (NetBSD) |
/// | `EINVAL` | the range wraps |
/// | `EPERM` | locking is for the privileged here (FreeBSD) |
///
/// # Safety
///
/// Nothing may rely on these pages staying in memory.
///
/// # References
///
/// [Linux munlock(2)](https://man7.org/linux/man-pages/man2/munlock.2.html),
/// [FreeBSD munlock(2)](https://man.freebsd.org/cgi/man.cgi?query=munlock&sektion=2),
/// [NetBSD munlock(2)](https://man.netbsd.org/munlock.2)
#[inline]
pub unsafe fn munlock(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::munlock(addr.expose_provenance(), len) })
}

/// Keeps everything that the process has mapped, will map, or both, in memory.
///
/// **Systems:** all.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | no flag, an unknown one, or `ONFAULT` alone |
/// | `ENOMEM`, `EAGAIN` | the limit on locked memory, or memory itself |
/// | `EPERM` | locking is for the privileged here |
///
/// # Safety
///
/// None: no byte changes. With `FUTURE` a later mapping may fail for the limit.
///
/// # References
///
/// [Linux mlockall(2)](https://man7.org/linux/man-pages/man2/mlockall.2.html),
/// [FreeBSD mlockall(2)](https://man.freebsd.org/cgi/man.cgi?query=mlockall&sektion=2),
/// [NetBSD mlockall(2)](https://man.netbsd.org/mlockall.2)
#[inline]
pub unsafe fn mlockall(flags: LockAllFlags) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::mlockall(flags.bits() as usize) })
}

/// Undoes [`mlockall`] and every [`mlock`].
///
/// **Systems:** all.
///
/// # Errors
///
/// `EPERM` on FreeBSD where locking is for the privileged.
///
/// # Safety
///
/// Nothing in the process may rely on its pages staying in memory.
///
/// # References
///
/// [Linux munlockall(2)](https://man7.org/linux/man-pages/man2/munlockall.2.html),
/// [FreeBSD munlockall(2)](https://man.freebsd.org/cgi/man.cgi?query=munlockall&sektion=2),
/// [NetBSD munlockall(2)](https://man.netbsd.org/munlockall.2)
#[inline]
pub unsafe fn munlockall() -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::munlockall() })
}

/// Sets what a forked child finds in the pages that the range touches.
///
/// **Systems:** FreeBSD, NetBSD. Linux has no such call: `ENOSYS`; advice does part of it there.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | the kernel does not know the value, or the range wraps |
/// | `ENOSYS` | Linux |
///
/// # Safety
///
/// Children of the process may not rely on another content of these pages; with [`Inherit::SHARE`] they change them
/// under the parent's references.
///
/// # References
///
/// [FreeBSD minherit(2)](https://man.freebsd.org/cgi/man.cgi?query=minherit&sektion=2),
/// [NetBSD minherit(2)](https://man.netbsd.org/minherit.2)
#[inline]
pub unsafe fn minherit(addr: *mut c_void, len: usize, inherit: Inherit) -> Result<()> {
    // SAFETY: the caller's contract.
    Errno::done(unsafe { os::minherit(addr.expose_provenance(), len, inherit.raw() as usize) })
}

/// Makes an empty memory object and returns a descriptor of it, open for reading and writing.
///
/// `name` ends with a null byte and is for people who look at the process; objects may have the same.
///
/// **Systems:** Linux, since 3.17; NetBSD, since 11.0, on older kernels `ENOSYS` (they are asked for their release
/// first, since they would kill the process). FreeBSD makes such objects by `shm_open2`.
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | an unknown flag, or a name longer than 249 bytes (Linux) |
/// | `ENODEV` | a size of huge pages that the system does not have (Linux) |
/// | `ENAMETOOLONG` | the name is too long (NetBSD) |
/// | `EFAULT` | the name cannot be read |
/// | `EMFILE`, `ENFILE`, `ENOMEM` | a limit on descriptors, or memory |
/// | `ENOSYS` | NetBSD before 11 |
///
/// # Safety
///
/// `name` points to bytes that can be read up to a null byte.
///
/// # References
///
/// [Linux memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html),
/// [NetBSD memfd_create(2)](https://man.netbsd.org/memfd_create.2)
#[cfg(any(target_os = "linux", target_os = "netbsd"))]
#[inline]
pub unsafe fn memfd_create(name: *const c_char, flags: crate::MemfdFlags) -> Result<RawFd> {
    // SAFETY: the caller's contract.
    descriptor(unsafe { os::memfd_create(name.expose_provenance(), flags.bits() as usize) })
}

/// [`shm_open2`]'s path of an object without a name (`SHM_ANON`).
///
/// **Systems:** FreeBSD.
#[cfg(target_os = "freebsd")]
pub const SHM_ANON: *const c_char = ptr::without_provenance(os::SHM_ANON);

/// Opens or makes a shared memory object and returns a descriptor of it.
///
/// `path` ends with a null byte, or is [`SHM_ANON`] for a new object without a name. `open_flags` are those of
/// open(2), of which the object without a name needs `O_RDWR`. `name` ends with a null byte or is null; the kernel
/// ignores it.
///
/// **Systems:** FreeBSD, since 13.0; on older kernels `ENOSYS` (they are asked for their release first, since they
/// would kill the process).
///
/// # Errors
///
/// | error | cause |
/// |---|---|
/// | `EINVAL` | an unknown flag, flags that do not go together, or an object without a name opened for reading only |
/// | `EEXIST`, `ENOENT`, `EACCES`, `ENAMETOOLONG`, `EFAULT` | the path |
/// | `EPERM` | a seal forbids what the flags ask for |
/// | `ENOTTY` | large pages that the processor does not have |
/// | `ECAPMODE` | a path in capability mode |
/// | `EMFILE`, `ENFILE` | a limit on descriptors |
/// | `ENOSYS` | FreeBSD before 13 |
///
/// # Safety
///
/// `path`, unless it is [`SHM_ANON`], and `name`, unless it is null, point to bytes that can be read up to a null byte.
///
/// # References
///
/// [FreeBSD shm_open(2)](https://man.freebsd.org/cgi/man.cgi?query=shm_open&sektion=2)
#[cfg(target_os = "freebsd")]
#[inline]
pub unsafe fn shm_open2(
    path: *const c_char,
    open_flags: i32,
    mode: u32,
    flags: crate::ShmFlags,
    name: *const c_char,
) -> Result<RawFd> {
    // SAFETY: the caller's contract.
    descriptor(unsafe {
        os::shm_open2(
            path.expose_provenance(),
            open_flags as usize,
            mode as usize,
            flags.bits() as usize,
            name.expose_provenance(),
        )
    })
}
