//! FreeBSD 15.1: its numbers, and the rules of its memory calls.

mod brand;
mod memory;
mod placement;

pub(crate) use brand::brand;

use crate::errno::Errno;

use super::{SystemCall, call, input_output, lifecycle, shared_memory, sysctl};

/// Versions from which a program gets the behaviour it was linked for.
pub(crate) mod release {
    pub(crate) const SEGMENTATION_FAULTS: u32 = 700_004;
    pub(crate) const REFUSES_LENGTH_0: u32 = 800_104;
    pub(crate) const STRICT_FILE_MAPPINGS: u32 = 1_100_036;
}

/// `sizeof(struct stat)`.
const STAT_SIZE: usize = 224;

/// The thread of every process here; it has one.
const THREAD_ID_BASE: u64 = 100_000;

/// Every call that the machine knows.
pub(crate) const CALLS: &[SystemCall] = &[
    call(1, "exit", 1, |kernel, a| lifecycle::exit(kernel, a[0])),
    call(2, "fork", 0, |kernel, _| lifecycle::fork(kernel)),
    call(3, "read", 3, |kernel, a| {
        input_output::read(kernel, a[0], a[1], a[2])
    }),
    call(4, "write", 3, |kernel, a| {
        input_output::write(kernel, a[0], a[1], a[2])
    }),
    call(5, "open", 3, |kernel, a| {
        input_output::open_at(kernel, input_output::WORKING_DIRECTORY, a[0], a[1])
    }),
    call(6, "close", 1, |kernel, a| input_output::close(kernel, a[0])),
    call(7, "wait4", 4, |kernel, a| {
        lifecycle::wait(kernel, a[0], a[1], a[2])
    }),
    call(20, "getpid", 0, |kernel, _| {
        Ok(lifecycle::process_id(kernel).into())
    }),
    call(65, "msync", 3, |kernel, a| {
        memory::msync(kernel, a[0], a[1], a[2])
    }),
    call(73, "munmap", 2, |kernel, a| {
        memory::munmap(kernel, a[0], a[1])
    }),
    call(74, "mprotect", 3, |kernel, a| {
        memory::mprotect(kernel, a[0], a[1], a[2])
    }),
    call(75, "madvise", 3, |kernel, a| {
        memory::madvise(kernel, a[0], a[1], a[2])
    }),
    call(78, "mincore", 3, |kernel, a| {
        memory::mincore(kernel, a[0], a[1], a[2])
    }),
    call(202, "sysctl", 6, sysctl::sysctl),
    call(203, "mlock", 2, |kernel, a| {
        memory::mlock(kernel, a[0], a[1])
    }),
    call(204, "munlock", 2, |kernel, a| {
        memory::munlock(kernel, a[0], a[1])
    }),
    call(250, "minherit", 3, |kernel, a| {
        memory::minherit(kernel, a[0], a[1], a[2])
    }),
    call(324, "mlockall", 1, |kernel, a| {
        memory::mlockall(kernel, a[0])
    }),
    call(325, "munlockall", 0, |kernel, _| {
        kernel.unwire_everything();
        Ok(0.into())
    }),
    call(432, "thr_self", 1, |kernel, a| {
        let id = THREAD_ID_BASE + lifecycle::process_id(kernel);
        let space = &kernel.process().space;
        space
            .write(a[0], &id.to_le_bytes())
            .map_err(|_| Errno::EFAULT)?;
        Ok(0.into())
    }),
    call(477, "mmap", 6, memory::mmap),
    call(478, "lseek", 3, |kernel, a| {
        input_output::seek(kernel, a[0], a[1], a[2])
    }),
    call(480, "ftruncate", 2, |kernel, a| {
        input_output::truncate(kernel, a[0], a[1])
    }),
    call(499, "openat", 4, |kernel, a| {
        input_output::open_at(kernel, a[0], a[1], a[2])
    }),
    call(551, "fstat", 2, |kernel, a| {
        input_output::status(kernel, a[0], a[1], STAT_SIZE)
    }),
    call(571, "shm_open2", 5, |kernel, a| {
        shared_memory::shm_open2(kernel, a[0], a[1])
    }),
];
