//! NetBSD 10.99.12: its numbers, and the rules of its memory calls.

mod brand;
mod memory;
mod remap;

pub(crate) use brand::brand;

use crate::convention::Value;

use super::{SystemCall, call, input_output, lifecycle, shared_memory, sysctl};

/// `sizeof(struct stat)`.
const STAT_SIZE: usize = 152;

/// The thread of every process here; it has one.
const THREAD_ID: u64 = 1;

/// Every call that the machine knows. Before each `off_t` stands a slot of padding.
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
    call(20, "getpid", 0, |kernel, _| {
        Ok(Value {
            first: lifecycle::process_id(kernel),
            second: lifecycle::parent_id(kernel),
        })
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
    call(197, "mmap", 7, memory::mmap),
    call(199, "lseek", 4, |kernel, a| {
        input_output::seek(kernel, a[0], a[2], a[3])
    }),
    call(201, "ftruncate", 3, |kernel, a| {
        input_output::truncate(kernel, a[0], a[2])
    }),
    call(202, "sysctl", 6, sysctl::sysctl),
    call(203, "mlock", 2, |kernel, a| {
        memory::mlock(kernel, a[0], a[1])
    }),
    call(204, "munlock", 2, |kernel, a| {
        memory::munlock(kernel, a[0], a[1])
    }),
    call(242, "mlockall", 1, |kernel, a| {
        memory::mlockall(kernel, a[0])
    }),
    call(243, "munlockall", 0, |kernel, _| {
        kernel.unwire_everything();
        Ok(0.into())
    }),
    call(273, "minherit", 3, |kernel, a| {
        memory::minherit(kernel, a[0], a[1], a[2])
    }),
    call(277, "msync", 3, |kernel, a| {
        memory::msync(kernel, a[0], a[1], a[2])
    }),
    call(311, "_lwp_self", 0, |_, _| Ok(THREAD_ID.into())),
    call(411, "mremap", 5, remap::mremap),
    call(440, "fstat", 2, |kernel, a| {
        input_output::status(kernel, a[0], a[1], STAT_SIZE)
    }),
    call(449, "wait4", 4, |kernel, a| {
        lifecycle::wait(kernel, a[0], a[1], a[2])
    }),
    call(468, "openat", 4, |kernel, a| {
        input_output::open_at(kernel, a[0], a[1], a[2])
    }),
    call(500, "memfd_create", 2, |kernel, a| {
        shared_memory::memfd_create(kernel, a[0], a[1])
    }),
];
