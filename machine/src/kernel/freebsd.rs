//! FreeBSD 15.1: its numbers, and the rules of its memory calls.

mod backing;
mod brand;
mod memory;
mod names;
mod placement;
mod signal;

pub(crate) use brand::brand;
pub(crate) use names::NAMES;
pub(crate) use signal::{BUS_PAGE_FAULT, SIGNAL_RULES, trampoline};

use crate::limits::{INFINITY, Limit, Limits, Resource};

use super::descriptors::{self, StatusLayout};
use super::transfer::{self, Place};
use super::{
    SystemCall, call, entropy, fault, identity, lifecycle, limits, paths, shared_memory, signals,
    sysctl, time,
};

/// Versions that matter.
pub(crate) mod release {
    /// From here on a program gets the behaviour it was linked for.
    pub(crate) const SEGMENTATION_FAULTS: u32 = 700_004;
    pub(crate) const REFUSES_LENGTH_0: u32 = 800_104;
    pub(crate) const STRICT_FILE_MAPPINGS: u32 = 1_100_036;
    /// Releases that brought new calls.
    pub(crate) const VERSION_12: u32 = 1_200_086;
    pub(crate) const VERSION_13: u32 = 1_300_139;
    /// 15.1.
    pub(crate) const MEASURED: u32 = 1_501_000;
}

/// How much a stack grows at least.
pub(crate) const STACK_GROWTH: u64 = 128 << 10;

const STATUS: StatusLayout = StatusLayout {
    size: 224,
    number: 8,
    links: 16,
    mode: 24,
    owner: 28,
    length: 112,
};

/// The clocks from `CLOCK_REALTIME` to `CLOCK_SECOND`.
const CLOCKS: &[u32] = &[0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// `RLIM_NLIMITS`
const LIMIT_COUNT: usize = 15;

/// What a process starts with.
pub(crate) fn limits() -> Limits {
    let limit = |current, maximum| Limit { current, maximum };
    Limits::new(
        LIMIT_COUNT,
        &[
            (Resource::Data, limit(32 << 30, 32 << 30)),
            (Resource::Stack, limit(512 << 20, 512 << 20)),
            (Resource::LockedMemory, limit(INFINITY, INFINITY)),
            (Resource::Descriptors, limit(7200, 7200)),
        ],
    )
}

/// Every call that the machine knows.
pub(crate) const CALLS: &[SystemCall] = &[
    call(1, "exit", 1, |kernel, a| lifecycle::exit(kernel, a[0])),
    call(2, "fork", 0, |kernel, _| lifecycle::fork(kernel)),
    call(3, "read", 3, |kernel, a| {
        transfer::read(kernel, a[0], a[1], a[2], Place::Position)
    }),
    call(4, "write", 3, |kernel, a| {
        transfer::write(kernel, a[0], a[1], a[2], Place::Position)
    }),
    call(5, "open", 3, |kernel, a| {
        paths::open_at(kernel, paths::WORKING_DIRECTORY, a[0], a[1], a[2])
    }),
    call(6, "close", 1, |kernel, a| descriptors::close(kernel, a[0])),
    call(7, "wait4", 4, |kernel, a| {
        lifecycle::wait(kernel, a[0], a[1], a[2], a[3])
    }),
    call(10, "unlink", 1, |kernel, a| {
        paths::unlink_at(kernel, paths::WORKING_DIRECTORY, a[0], 0)
    }),
    call(20, "getpid", 0, |kernel, _| {
        Ok(lifecycle::process_id(kernel).into())
    }),
    call(23, "setuid", 1, |kernel, a| identity::setuid(kernel, a[0])),
    call(24, "getuid", 0, |kernel, _| {
        Ok(identity::getuid(kernel).into())
    }),
    call(25, "geteuid", 0, |kernel, _| {
        Ok(identity::geteuid(kernel).into())
    }),
    call(37, "kill", 2, |kernel, a| signals::kill(kernel, a[0], a[1])),
    call(39, "getppid", 0, |kernel, _| {
        Ok(lifecycle::parent_id(kernel).into())
    }),
    call(41, "dup", 1, |kernel, a| {
        descriptors::duplicate(kernel, a[0])
    }),
    call(43, "getegid", 0, |kernel, _| {
        Ok(identity::getegid(kernel).into())
    }),
    call(47, "getgid", 0, |kernel, _| {
        Ok(identity::getgid(kernel).into())
    }),
    call(53, "sigaltstack", 2, |kernel, a| {
        signals::sigaltstack(kernel, a[0], a[1])
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
    call(90, "dup2", 2, |kernel, a| {
        descriptors::duplicate_to(kernel, a[0], a[1])
    }),
    call(92, "fcntl", 3, |kernel, a| {
        descriptors::control(kernel, a[0], a[1], a[2])
    }),
    call(136, "mkdir", 2, |kernel, a| {
        paths::make_directory(kernel, a[0])
    }),
    call(137, "rmdir", 1, |kernel, a| {
        paths::remove_directory(kernel, a[0])
    }),
    call(181, "setgid", 1, |kernel, a| identity::setgid(kernel, a[0])),
    call(183, "seteuid", 1, |kernel, a| {
        identity::seteuid(kernel, a[0])
    }),
    call(194, "getrlimit", 2, |kernel, a| {
        limits::getrlimit(kernel, a[0], a[1])
    }),
    call(195, "setrlimit", 2, |kernel, a| {
        limits::setrlimit(kernel, a[0], a[1])
    }),
    call(202, "sysctl", 6, sysctl::sysctl),
    call(203, "mlock", 2, |kernel, a| {
        memory::mlock(kernel, a[0], a[1])
    }),
    call(204, "munlock", 2, |kernel, a| {
        memory::munlock(kernel, a[0], a[1])
    }),
    call(232, "clock_gettime", 2, |kernel, a| {
        time::clock_gettime(kernel, a[0], a[1], CLOCKS)
    }),
    call(240, "nanosleep", 2, |kernel, a| {
        time::nanosleep(kernel, a[0])
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
    call(331, "sched_yield", 0, |kernel, _| time::sched_yield(kernel)),
    call(340, "sigprocmask", 3, |kernel, a| {
        signals::sigprocmask(kernel, a[0], a[1], a[2])
    }),
    call(341, "sigsuspend", 1, |kernel, a| {
        signals::sigsuspend(kernel, a[0])
    }),
    call(343, "sigpending", 1, |kernel, a| {
        signals::sigpending(kernel, a[0])
    }),
    call(416, "sigaction", 3, |kernel, a| {
        signals::sigaction(kernel, a[0], a[1], a[2], 0, 0)
    }),
    call(417, "sigreturn", 1, |kernel, a| kernel.resume(a[0])),
    call(432, "thr_self", 1, |kernel, a| {
        let process = kernel.process();
        let id = process.thread.to_le_bytes();
        process.space.write(a[0], &id).map_err(fault)?;
        Ok(0.into())
    }),
    call(433, "thr_kill", 2, |kernel, a| {
        signals::kill_thread(kernel, a[0], a[1])
    }),
    call(475, "pread", 4, |kernel, a| {
        transfer::read(kernel, a[0], a[1], a[2], Place::Offset(a[3]))
    }),
    call(476, "pwrite", 4, |kernel, a| {
        transfer::write(kernel, a[0], a[1], a[2], Place::Offset(a[3]))
    }),
    call(477, "mmap", 6, memory::mmap),
    call(478, "lseek", 3, |kernel, a| {
        descriptors::seek(kernel, a[0], a[1], a[2])
    }),
    call(480, "ftruncate", 2, |kernel, a| {
        descriptors::truncate(kernel, a[0], a[1])
    }),
    call(483, "shm_unlink", 1, |kernel, a| {
        shared_memory::shm_unlink(kernel, a[0])
    }),
    call(499, "openat", 4, |kernel, a| {
        paths::open_at(kernel, a[0], a[1], a[2], a[3])
    }),
    call(503, "unlinkat", 3, |kernel, a| {
        paths::unlink_at(kernel, a[0], a[1], a[2])
    }),
    call(542, "pipe2", 2, |kernel, a| {
        descriptors::pipe2(kernel, a[0], a[1])
    }),
    call(551, "fstat", 2, |kernel, a| {
        descriptors::status(kernel, a[0], a[1], &STATUS)
    })
    .since(release::VERSION_12),
    call(563, "getrandom", 3, |kernel, a| {
        entropy::getrandom(kernel, a[0], a[1], a[2])
    })
    .since(release::VERSION_12),
    call(571, "shm_open2", 5, |kernel, a| {
        shared_memory::shm_open2(kernel, a[0], a[1], a[2], a[3])
    })
    .since(release::VERSION_13),
];
