//! NetBSD 10.99.12: its numbers, and the rules of its memory calls.

mod backing;
mod brand;
mod memory;
mod names;
mod remap;
mod signal;

pub(crate) use brand::brand;
pub(crate) use names::NAMES;
pub(crate) use signal::{SIGNAL_RULES, UC_CPU, UC_FPU, UC_SIGMASK};

use crate::convention::Value;
use crate::limits::{Limit, Limits, Resource};

use super::descriptors::{self, StatusLayout};
use super::transfer::{self, Place};
use super::{
    SystemCall, call, entropy, identity, lifecycle, limits, paths, shared_memory, signals, sysctl,
    time,
};

/// Versions that brought new calls.
pub(crate) mod release {
    pub(crate) const VERSION_10: u32 = 1_000_000_000;
    /// 10.99.5, on the way to 11.
    pub(crate) const MEMORY_FILES: u32 = 1_099_000_500;
    /// 10.99.12.
    pub(crate) const MEASURED: u32 = 1_099_001_200;
}

const STATUS: StatusLayout = StatusLayout {
    size: 152,
    number: 16,
    links: 24,
    mode: 8,
    owner: 28,
    length: 112,
};

/// `CLOCK_REALTIME` to `CLOCK_MONOTONIC`, and the two for a process and a thread.
const CLOCKS: &[u32] = &[0, 1, 2, 3, 0x2000_0000, 0x4000_0000];

/// `RLIM_NLIMITS`
const LIMIT_COUNT: usize = 12;

/// What a process starts with on a machine with so much memory.
pub(crate) fn limits(memory: u64) -> Limits {
    let limit = |current, maximum| Limit { current, maximum };
    Limits::new(
        LIMIT_COUNT,
        &[
            (Resource::Data, limit(256 << 20, 8 << 30)),
            (Resource::Stack, limit(4 << 20, 128 << 20)),
            (Resource::LockedMemory, limit(memory / 3, memory)),
            (Resource::Descriptors, limit(128, 1772)),
        ],
    )
}

/// Every call that the machine knows. Before each `off_t` stands a slot of padding.
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
    call(10, "unlink", 1, |kernel, a| {
        paths::unlink_at(kernel, paths::WORKING_DIRECTORY, a[0], 0)
    }),
    call(20, "getpid", 0, |kernel, _| {
        Ok(Value {
            first: lifecycle::process_id(kernel),
            second: lifecycle::parent_id(kernel),
            is_pair: false,
        })
    }),
    call(23, "setuid", 1, |kernel, a| identity::setuid(kernel, a[0])),
    call(24, "getuid", 0, |kernel, _| {
        Ok(Value {
            first: identity::getuid(kernel),
            second: identity::geteuid(kernel),
            is_pair: false,
        })
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
    call(42, "pipe", 0, |kernel, _| descriptors::pipe(kernel)),
    call(43, "getegid", 0, |kernel, _| {
        Ok(identity::getegid(kernel).into())
    }),
    call(47, "getgid", 0, |kernel, _| {
        Ok(Value {
            first: identity::getgid(kernel),
            second: identity::getegid(kernel),
            is_pair: false,
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
    call(90, "dup2", 2, |kernel, a| {
        descriptors::duplicate_to(kernel, a[0], a[1])
    }),
    call(91, "getrandom", 3, |kernel, a| {
        entropy::getrandom(kernel, a[0], a[1], a[2])
    })
    .since(release::VERSION_10),
    call(92, "fcntl", 3, |kernel, a| {
        descriptors::control(kernel, a[0], a[1], a[2])
    }),
    call(136, "mkdir", 2, |kernel, a| {
        paths::make_directory(kernel, a[0])
    }),
    call(137, "rmdir", 1, |kernel, a| {
        paths::remove_directory(kernel, a[0])
    }),
    call(173, "pread", 5, |kernel, a| {
        transfer::read(kernel, a[0], a[1], a[2], Place::Offset(a[4]))
    }),
    call(174, "pwrite", 5, |kernel, a| {
        transfer::write(kernel, a[0], a[1], a[2], Place::Offset(a[4]))
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
    call(197, "mmap", 7, memory::mmap),
    call(199, "lseek", 4, |kernel, a| {
        descriptors::seek(kernel, a[0], a[2], a[3])
    }),
    call(201, "ftruncate", 3, |kernel, a| {
        descriptors::truncate(kernel, a[0], a[2])
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
    call(281, "sigaltstack", 2, |kernel, a| {
        signals::sigaltstack(kernel, a[0], a[1])
    }),
    call(292, "sigpending", 1, |kernel, a| {
        signals::sigpending(kernel, a[0])
    }),
    call(293, "sigprocmask", 3, |kernel, a| {
        signals::sigprocmask(kernel, a[0], a[1], a[2])
    }),
    call(294, "sigsuspend", 1, |kernel, a| {
        signals::sigsuspend(kernel, a[0])
    }),
    call(308, "setcontext", 1, |kernel, a| kernel.resume(a[0])),
    call(311, "_lwp_self", 0, |kernel, _| {
        Ok(kernel.process().thread.into())
    }),
    call(318, "_lwp_kill", 2, |kernel, a| {
        signals::kill_thread(kernel, a[0], a[1])
    }),
    call(340, "sigaction", 5, |kernel, a| {
        signals::sigaction(kernel, a[0], a[1], a[2], a[3], a[4])
    }),
    call(350, "sched_yield", 0, |kernel, _| time::sched_yield(kernel)),
    call(411, "mremap", 5, remap::mremap),
    call(427, "clock_gettime", 2, |kernel, a| {
        time::clock_gettime(kernel, a[0], a[1], CLOCKS)
    }),
    call(430, "nanosleep", 2, |kernel, a| {
        time::nanosleep(kernel, a[0])
    }),
    call(440, "fstat", 2, |kernel, a| {
        descriptors::status(kernel, a[0], a[1], &STATUS)
    }),
    call(449, "wait4", 4, |kernel, a| {
        lifecycle::wait(kernel, a[0], a[1], a[2], a[3])
    }),
    call(453, "pipe2", 2, |kernel, a| {
        descriptors::pipe2(kernel, a[0], a[1])
    }),
    call(468, "openat", 4, |kernel, a| {
        paths::open_at(kernel, a[0], a[1], a[2], a[3])
    }),
    call(471, "unlinkat", 3, |kernel, a| {
        paths::unlink_at(kernel, a[0], a[1], a[2])
    }),
    call(500, "memfd_create", 2, |kernel, a| {
        shared_memory::memfd_create(kernel, a[0], a[1])
    })
    .since(release::MEMORY_FILES),
];
