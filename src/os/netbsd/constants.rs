// Made by `cargo xtask constants` from the NetBSD headers that ziglang 0.17.1 ships. Do not edit.
constants! {
    /// No permissions.
    PROT_NONE: u32 = 0x0 => "PROT_NONE";
    /// Pages can be read.
    PROT_READ: u32 = 0x1 => "PROT_READ";
    /// Pages can be written.
    PROT_WRITE: u32 = 0x2 => "PROT_WRITE";
    /// Pages can be executed.
    PROT_EXEC: u32 = 0x4 => "PROT_EXEC";
    /// Where PROT_MPROTECT() puts its protection.
    PROT_MPROTECT_SHIFT: u32 = 3 => "__builtin_ctz(PROT_MPROTECT(1))";
    /// Share changes.
    MAP_SHARED: u32 = 0x1 => "MAP_SHARED";
    /// Changes are private.
    MAP_PRIVATE: u32 = 0x2 => "MAP_PRIVATE";
    /// Mremap only: duplicate the mapping.
    MAP_REMAPDUP: u32 = 0x4 => "MAP_REMAPDUP";
    /// Map addr must be exactly as requested.
    MAP_FIXED: u32 = 0x10 => "MAP_FIXED";
    /// Sun: rename private pages to file.
    MAP_RENAME: u32 = 0x20 => "MAP_RENAME";
    /// Sun: don't reserve needed swap area.
    MAP_NORESERVE: u32 = 0x40 => "MAP_NORESERVE";
    /// Region is retained after exec.
    MAP_INHERIT: u32 = 0x80 => "MAP_INHERIT";
    /// Region may contain semaphores.
    MAP_HASSEMAPHORE: u32 = 0x200 => "MAP_HASSEMAPHORE";
    /// Attempt hint address, even within break.
    MAP_TRYFIXED: u32 = 0x400 => "MAP_TRYFIXED";
    /// Mlock() mapping when it is established.
    MAP_WIRED: u32 = 0x800 => "MAP_WIRED";
    /// Allocated from memory, swap space.
    MAP_ANONYMOUS: u32 = 0x1000 => "MAP_ANONYMOUS";
    /// Allocated from memory, swap space (stack).
    MAP_STACK: u32 = 0x2000 => "MAP_STACK";
    MAP_ALIGNMENT_SHIFT: u32 = 24 => "MAP_ALIGNMENT_SHIFT";
    MAP_ALIGNMENT_MASK: u32 = 0xff000000 => "MAP_ALIGNMENT_MASK";
    /// 2^16.
    MAP_ALIGNMENT_64KB: u32 = 0x10000000 => "MAP_ALIGNMENT_64KB";
    /// 2^24.
    MAP_ALIGNMENT_16MB: u32 = 0x18000000 => "MAP_ALIGNMENT_16MB";
    /// 2^32.
    MAP_ALIGNMENT_4GB: u32 = 0x20000000 => "MAP_ALIGNMENT_4GB";
    /// 2^40.
    MAP_ALIGNMENT_1TB: u32 = 0x28000000 => "MAP_ALIGNMENT_1TB";
    /// 2^48.
    MAP_ALIGNMENT_256TB: u32 = 0x30000000 => "MAP_ALIGNMENT_256TB";
    /// 2^56.
    MAP_ALIGNMENT_64PB: u32 = 0x38000000 => "MAP_ALIGNMENT_64PB";
    /// Share with child.
    MAP_INHERIT_SHARE: i32 = 0 => "MAP_INHERIT_SHARE";
    /// Copy into child.
    MAP_INHERIT_COPY: i32 = 1 => "MAP_INHERIT_COPY";
    /// Absent from child.
    MAP_INHERIT_NONE: i32 = 2 => "MAP_INHERIT_NONE";
    /// Copy and delete -- not implemented in UVM.
    MAP_INHERIT_DONATE_COPY: i32 = 3 => "MAP_INHERIT_DONATE_COPY";
    /// Zero in child.
    MAP_INHERIT_ZERO: i32 = 4 => "MAP_INHERIT_ZERO";
    MADV_NORMAL: i32 = 0 => "MADV_NORMAL";
    MADV_RANDOM: i32 = 1 => "MADV_RANDOM";
    MADV_SEQUENTIAL: i32 = 2 => "MADV_SEQUENTIAL";
    MADV_WILLNEED: i32 = 3 => "MADV_WILLNEED";
    MADV_DONTNEED: i32 = 4 => "MADV_DONTNEED";
    /// Insure that resources are reserved.
    MADV_SPACEAVAIL: i32 = 5 => "MADV_SPACEAVAIL";
    /// Pages are empty, free them.
    MADV_FREE: i32 = 6 => "MADV_FREE";
    /// Perform asynchronous writes.
    MS_ASYNC: u32 = 0x1 => "MS_ASYNC";
    /// Invalidate cached data.
    MS_INVALIDATE: u32 = 0x2 => "MS_INVALIDATE";
    /// Perform synchronous writes.
    MS_SYNC: u32 = 0x4 => "MS_SYNC";
    /// Lock all pages currently mapped.
    MCL_CURRENT: u32 = 0x1 => "MCL_CURRENT";
    /// Lock all pages mapped in the future.
    MCL_FUTURE: u32 = 0x2 => "MCL_FUTURE";
    MFD_CLOEXEC: u32 = 0x1 => "MFD_CLOEXEC";
    MFD_ALLOW_SEALING: u32 = 0x2 => "MFD_ALLOW_SEALING";
    MFD_CLOFORK: u32 = 0x4 => "MFD_CLOFORK";
    /// Prevent further seals from being set.
    F_SEAL_SEAL: u32 = 0x1 => "F_SEAL_SEAL";
    /// Prevent file from shrinking.
    F_SEAL_SHRINK: u32 = 0x2 => "F_SEAL_SHRINK";
    /// Prevent file from growing.
    F_SEAL_GROW: u32 = 0x4 => "F_SEAL_GROW";
    /// Prevent writes.
    F_SEAL_WRITE: u32 = 0x8 => "F_SEAL_WRITE";
    /// Prevent future writes while mapped.
    F_SEAL_FUTURE_WRITE: u32 = 0x10 => "F_SEAL_FUTURE_WRITE";
    /// Marks end of array.
    AT_NULL: u32 = 0x0 => "AT_NULL";
    /// PAGESIZE.
    AT_PAGESZ: u32 = 0x6 => "AT_PAGESZ";
    /// "high kernel": proc, limits.
    CTL_KERN: i32 = 1 => "CTL_KERN";
    /// Generic CPU/io.
    CTL_HW: i32 = 6 => "CTL_HW";
    /// Int: software page size.
    HW_PAGESIZE: i32 = 7 => "HW_PAGESIZE";
    /// Int: system revision.
    KERN_OSREV: i32 = 3 => "KERN_OSREV";
    /// Open for reading only.
    O_RDONLY: u32 = 0x0 => "O_RDONLY";
    /// Open for reading and writing.
    O_RDWR: u32 = 0x2 => "O_RDWR";
    /// No delay.
    O_NONBLOCK: u32 = 0x4 => "O_NONBLOCK";
    /// Don't assign controlling terminal.
    O_NOCTTY: u32 = 0x8000 => "O_NOCTTY";
    /// Set close on exec.
    O_CLOEXEC: u32 = 0x400000 => "O_CLOEXEC";
    S_IFMT: u32 = 0xf000 => "S_IFMT";
    S_IFDIR: u32 = 0x4000 => "S_IFDIR";
    S_IFREG: u32 = 0x8000 => "S_IFREG";
    FUTEX_WAIT: u32 = 0x0 => "FUTEX_WAIT";
    FUTEX_WAKE: u32 = 0x1 => "FUTEX_WAKE";
    FUTEX_PRIVATE_FLAG: u32 = 0x80 => "FUTEX_PRIVATE_FLAG";
    SYS_OPEN: usize = 5 => "SYS_open";
    SYS_CLOSE: usize = 6 => "SYS_close";
    SYS_MUNMAP: usize = 73 => "SYS_munmap";
    SYS_MPROTECT: usize = 74 => "SYS_mprotect";
    SYS_MADVISE: usize = 75 => "SYS_madvise";
    SYS_MINCORE: usize = 78 => "SYS_mincore";
    SYS_MMAP: usize = 197 => "SYS_mmap";
    SYS_FTRUNCATE: usize = 201 => "SYS_ftruncate";
    SYS_SYSCTL: usize = 202 => "SYS___sysctl";
    SYS_MLOCK: usize = 203 => "SYS_mlock";
    SYS_MUNLOCK: usize = 204 => "SYS_munlock";
    SYS_MLOCKALL: usize = 242 => "SYS_mlockall";
    SYS_MUNLOCKALL: usize = 243 => "SYS_munlockall";
    SYS_MINHERIT: usize = 273 => "SYS_minherit";
    SYS_FUTEX: usize = 166 => "SYS___futex";
    SYS_MSYNC: usize = 277 => "SYS___msync13";
    SYS_LWP_SELF: usize = 311 => "SYS__lwp_self";
    SYS_SCHED_YIELD: usize = 350 => "SYS_sched_yield";
    SYS_MREMAP: usize = 411 => "SYS_mremap";
    SYS_FSTAT: usize = 440 => "SYS___fstat50";
    SYS_MEMFD_CREATE: usize = 500 => "SYS_memfd_create";
}
