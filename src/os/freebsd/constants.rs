// Made by `cargo xtask constants` from the FreeBSD headers that ziglang 0.17.1 ships. Do not edit.
constants! {
    /// No permissions.
    PROT_NONE: u32 = 0x0 => "PROT_NONE";
    /// Pages can be read.
    PROT_READ: u32 = 0x1 => "PROT_READ";
    /// Pages can be written.
    PROT_WRITE: u32 = 0x2 => "PROT_WRITE";
    /// Pages can be executed.
    PROT_EXEC: u32 = 0x4 => "PROT_EXEC";
    /// Where PROT_MAX() puts its protection.
    PROT_MAX_SHIFT: u32 = 16 => "_PROT_MAX_SHIFT";
    /// Share changes.
    MAP_SHARED: u32 = 0x1 => "MAP_SHARED";
    /// Changes are private.
    MAP_PRIVATE: u32 = 0x2 => "MAP_PRIVATE";
    /// Map addr must be exactly as requested.
    MAP_FIXED: u32 = 0x10 => "MAP_FIXED";
    /// Region may contain semaphores.
    MAP_HASSEMAPHORE: u32 = 0x200 => "MAP_HASSEMAPHORE";
    /// Region grows down, like a stack.
    MAP_STACK: u32 = 0x400 => "MAP_STACK";
    /// Page to but do not sync underlying file.
    MAP_NOSYNC: u32 = 0x800 => "MAP_NOSYNC";
    /// For compatibility.
    MAP_ANONYMOUS: u32 = 0x1000 => "MAP_ANONYMOUS";
    /// Reserve but don't map address range.
    MAP_GUARD: u32 = 0x2000 => "MAP_GUARD";
    /// For MAP_FIXED, fail if address is used.
    MAP_EXCL: u32 = 0x4000 => "MAP_EXCL";
    /// Dont include these pages in a coredump.
    MAP_NOCORE: u32 = 0x20000 => "MAP_NOCORE";
    /// Prefault mapping for reading.
    MAP_PREFAULT_READ: u32 = 0x40000 => "MAP_PREFAULT_READ";
    /// Map in the low 2GB of address space.
    MAP_32BIT: u32 = 0x80000 => "MAP_32BIT";
    MAP_ALIGNMENT_SHIFT: u32 = 24 => "MAP_ALIGNMENT_SHIFT";
    MAP_ALIGNMENT_MASK: u32 = 0xff000000 => "MAP_ALIGNMENT_MASK";
    /// Align on a superpage.
    MAP_ALIGNED_SUPER: u32 = 0x1000000 => "MAP_ALIGNED_SUPER";
    INHERIT_SHARE: i32 = 0 => "INHERIT_SHARE";
    INHERIT_COPY: i32 = 1 => "INHERIT_COPY";
    INHERIT_NONE: i32 = 2 => "INHERIT_NONE";
    INHERIT_ZERO: i32 = 3 => "INHERIT_ZERO";
    MADV_NORMAL: i32 = 0 => "MADV_NORMAL";
    MADV_RANDOM: i32 = 1 => "MADV_RANDOM";
    MADV_SEQUENTIAL: i32 = 2 => "MADV_SEQUENTIAL";
    MADV_WILLNEED: i32 = 3 => "MADV_WILLNEED";
    MADV_DONTNEED: i32 = 4 => "MADV_DONTNEED";
    /// Dont need these pages, and junk contents.
    MADV_FREE: i32 = 5 => "MADV_FREE";
    /// Try to avoid flushes to physical media.
    MADV_NOSYNC: i32 = 6 => "MADV_NOSYNC";
    /// Revert to default flushing strategy.
    MADV_AUTOSYNC: i32 = 7 => "MADV_AUTOSYNC";
    /// Do not include these pages in a core file.
    MADV_NOCORE: i32 = 8 => "MADV_NOCORE";
    /// Revert to including pages in a core file.
    MADV_CORE: i32 = 9 => "MADV_CORE";
    /// Protect process from pageout kill.
    MADV_PROTECT: i32 = 10 => "MADV_PROTECT";
    /// Msync synchronously.
    MS_SYNC: u32 = 0x0 => "MS_SYNC";
    /// Return immediately.
    MS_ASYNC: u32 = 0x1 => "MS_ASYNC";
    /// Invalidate all cached data.
    MS_INVALIDATE: u32 = 0x2 => "MS_INVALIDATE";
    /// Lock only current memory.
    MCL_CURRENT: u32 = 0x1 => "MCL_CURRENT";
    /// Lock all future memory as well.
    MCL_FUTURE: u32 = 0x2 => "MCL_FUTURE";
    /// Page is incore.
    MINCORE_INCORE: u8 = 0x1 => "MINCORE_INCORE";
    /// Page has been referenced by us.
    MINCORE_REFERENCED: u8 = 0x2 => "MINCORE_REFERENCED";
    /// Page has been modified by us.
    MINCORE_MODIFIED: u8 = 0x4 => "MINCORE_MODIFIED";
    /// Page has been referenced.
    MINCORE_REFERENCED_OTHER: u8 = 0x8 => "MINCORE_REFERENCED_OTHER";
    /// Page has been modified.
    MINCORE_MODIFIED_OTHER: u8 = 0x10 => "MINCORE_MODIFIED_OTHER";
    /// Page is a "super" page.
    MINCORE_SUPER: u8 = 0x60 => "MINCORE_SUPER";
    SHM_ALLOW_SEALING: u32 = 0x1 => "SHM_ALLOW_SEALING";
    SHM_GROW_ON_WRITE: u32 = 0x2 => "SHM_GROW_ON_WRITE";
    SHM_LARGEPAGE: u32 = 0x4 => "SHM_LARGEPAGE";
    /// The path that means an object without a name.
    SHM_ANON: usize = 1 => "(unsigned long)SHM_ANON";
    /// Prevent adding sealings.
    F_SEAL_SEAL: u32 = 0x1 => "F_SEAL_SEAL";
    /// May not shrink.
    F_SEAL_SHRINK: u32 = 0x2 => "F_SEAL_SHRINK";
    /// May not grow.
    F_SEAL_GROW: u32 = 0x4 => "F_SEAL_GROW";
    /// May not write.
    F_SEAL_WRITE: u32 = 0x8 => "F_SEAL_WRITE";
    /// Terminates the vector.
    AT_NULL: u32 = 0x0 => "AT_NULL";
    /// Page size in bytes.
    AT_PAGESZ: u32 = 0x6 => "AT_PAGESZ";
    /// "high kernel": proc, limits.
    CTL_KERN: i32 = 1 => "CTL_KERN";
    /// Generic cpu/io.
    CTL_HW: i32 = 6 => "CTL_HW";
    /// Int: software page size.
    HW_PAGESIZE: i32 = 7 => "HW_PAGESIZE";
    /// Int: kernel release date.
    KERN_OSRELDATE: i32 = 24 => "KERN_OSRELDATE";
    /// Open for reading only.
    O_RDONLY: u32 = 0x0 => "O_RDONLY";
    /// Open for reading and writing.
    O_RDWR: u32 = 0x2 => "O_RDWR";
    /// No delay.
    O_NONBLOCK: u32 = 0x4 => "O_NONBLOCK";
    /// Don't assign controlling terminal.
    O_NOCTTY: u32 = 0x8000 => "O_NOCTTY";
    O_CLOEXEC: u32 = 0x100000 => "O_CLOEXEC";
    /// Type of file mask.
    S_IFMT: u32 = 0xf000 => "S_IFMT";
    /// Directory.
    S_IFDIR: u32 = 0x4000 => "S_IFDIR";
    /// Regular.
    S_IFREG: u32 = 0x8000 => "S_IFREG";
    UMTX_OP_WAIT_UINT_PRIVATE: u32 = 0xf => "UMTX_OP_WAIT_UINT_PRIVATE";
    UMTX_OP_WAKE_PRIVATE: u32 = 0x10 => "UMTX_OP_WAKE_PRIVATE";
    SYS_OPEN: usize = 5 => "SYS_open";
    SYS_CLOSE: usize = 6 => "SYS_close";
    SYS_MUNMAP: usize = 73 => "SYS_munmap";
    SYS_MPROTECT: usize = 74 => "SYS_mprotect";
    SYS_MADVISE: usize = 75 => "SYS_madvise";
    SYS_MINCORE: usize = 78 => "SYS_mincore";
    SYS_SYSCTL: usize = 202 => "SYS___sysctl";
    SYS_MLOCK: usize = 203 => "SYS_mlock";
    SYS_MUNLOCK: usize = 204 => "SYS_munlock";
    SYS_MINHERIT: usize = 250 => "SYS_minherit";
    SYS_MLOCKALL: usize = 324 => "SYS_mlockall";
    SYS_MUNLOCKALL: usize = 325 => "SYS_munlockall";
    SYS_MMAP: usize = 477 => "SYS_mmap";
    SYS_FTRUNCATE: usize = 480 => "SYS_ftruncate";
    SYS_MSYNC: usize = 65 => "SYS_msync";
    SYS_THR_SELF: usize = 432 => "SYS_thr_self";
    SYS_UMTX_OP: usize = 454 => "SYS__umtx_op";
    SYS_FSTAT: usize = 551 => "SYS_fstat";
    SYS_SHM_OPEN2: usize = 571 => "SYS_shm_open2";
}
