// Made by `cargo xtask constants` from the Linux headers that ziglang 0.17.1 ships. Do not edit.
constants! {
    /// Page can be read.
    PROT_READ: u32 = 0x1 => "PROT_READ";
    /// Page can be written.
    PROT_WRITE: u32 = 0x2 => "PROT_WRITE";
    /// Page can be executed.
    PROT_EXEC: u32 = 0x4 => "PROT_EXEC";
    /// Page may be used for atomic ops.
    PROT_SEM: u32 = 0x8 => "PROT_SEM";
    /// Page can not be accessed.
    PROT_NONE: u32 = 0x0 => "PROT_NONE";
    /// Mprotect flag: extend change to start of growsdown vma.
    PROT_GROWSDOWN: u32 = 0x1000000 => "PROT_GROWSDOWN";
    /// Mprotect flag: extend change to end of growsup vma.
    PROT_GROWSUP: u32 = 0x2000000 => "PROT_GROWSUP";
    /// BTI guarded page.
    #[cfg(target_arch = "aarch64")]
    PROT_BTI: u32 = 0x10 => "PROT_BTI";
    /// Normal Tagged mapping.
    #[cfg(target_arch = "aarch64")]
    PROT_MTE: u32 = 0x20 => "PROT_MTE";
    /// Only give out 32bit addresses.
    #[cfg(target_arch = "x86_64")]
    MAP_32BIT: u32 = 0x40 => "MAP_32BIT";
    /// Only map above 4GB.
    #[cfg(target_arch = "x86_64")]
    MAP_ABOVE4G: u32 = 0x80 => "MAP_ABOVE4G";
    /// Mask for type of mapping.
    MAP_TYPE: u32 = 0xf => "MAP_TYPE";
    /// Interpret addr exactly.
    MAP_FIXED: u32 = 0x10 => "MAP_FIXED";
    /// Don't use a file.
    MAP_ANONYMOUS: u32 = 0x20 => "MAP_ANONYMOUS";
    /// Populate (prefault) pagetables.
    MAP_POPULATE: u32 = 0x8000 => "MAP_POPULATE";
    /// Do not block on IO.
    MAP_NONBLOCK: u32 = 0x10000 => "MAP_NONBLOCK";
    /// Give out an address that is best suited for process/thread stacks.
    MAP_STACK: u32 = 0x20000 => "MAP_STACK";
    /// Create a huge page mapping.
    MAP_HUGETLB: u32 = 0x40000 => "MAP_HUGETLB";
    /// Perform synchronous page faults for the mapping.
    MAP_SYNC: u32 = 0x80000 => "MAP_SYNC";
    /// MAP_FIXED which doesn't unmap underlying mapping.
    MAP_FIXED_NOREPLACE: u32 = 0x100000 => "MAP_FIXED_NOREPLACE";
    /// For anonymous mmap, memory could be uninitialized.
    MAP_UNINITIALIZED: u32 = 0x4000000 => "MAP_UNINITIALIZED";
    /// Stack-like segment.
    MAP_GROWSDOWN: u32 = 0x100 => "MAP_GROWSDOWN";
    /// ETXTBSY.
    MAP_DENYWRITE: u32 = 0x800 => "MAP_DENYWRITE";
    /// Mark it as an executable.
    MAP_EXECUTABLE: u32 = 0x1000 => "MAP_EXECUTABLE";
    /// Pages are locked.
    MAP_LOCKED: u32 = 0x2000 => "MAP_LOCKED";
    /// Don't check for reservations.
    MAP_NORESERVE: u32 = 0x4000 => "MAP_NORESERVE";
    /// Share changes.
    MAP_SHARED: u32 = 0x1 => "MAP_SHARED";
    /// Changes are private.
    MAP_PRIVATE: u32 = 0x2 => "MAP_PRIVATE";
    /// Share + validate extension flags.
    MAP_SHARED_VALIDATE: u32 = 0x3 => "MAP_SHARED_VALIDATE";
    /// Zero memory under memory pressure.
    MAP_DROPPABLE: u32 = 0x8 => "MAP_DROPPABLE";
    MAP_HUGE_SHIFT: u32 = 26 => "MAP_HUGE_SHIFT";
    MAP_HUGE_MASK: u32 = 0x3f => "MAP_HUGE_MASK";
    MAP_HUGE_16KB: u32 = 0x38000000 => "MAP_HUGE_16KB";
    MAP_HUGE_64KB: u32 = 0x40000000 => "MAP_HUGE_64KB";
    MAP_HUGE_512KB: u32 = 0x4c000000 => "MAP_HUGE_512KB";
    MAP_HUGE_1MB: u32 = 0x50000000 => "MAP_HUGE_1MB";
    MAP_HUGE_2MB: u32 = 0x54000000 => "MAP_HUGE_2MB";
    MAP_HUGE_8MB: u32 = 0x5c000000 => "MAP_HUGE_8MB";
    MAP_HUGE_16MB: u32 = 0x60000000 => "MAP_HUGE_16MB";
    MAP_HUGE_32MB: u32 = 0x64000000 => "MAP_HUGE_32MB";
    MAP_HUGE_256MB: u32 = 0x70000000 => "MAP_HUGE_256MB";
    MAP_HUGE_512MB: u32 = 0x74000000 => "MAP_HUGE_512MB";
    MAP_HUGE_1GB: u32 = 0x78000000 => "MAP_HUGE_1GB";
    MAP_HUGE_2GB: u32 = 0x7c000000 => "MAP_HUGE_2GB";
    MAP_HUGE_16GB: u32 = 0x88000000 => "MAP_HUGE_16GB";
    /// No further special treatment.
    MADV_NORMAL: i32 = 0 => "MADV_NORMAL";
    /// Expect random page references.
    MADV_RANDOM: i32 = 1 => "MADV_RANDOM";
    /// Expect sequential page references.
    MADV_SEQUENTIAL: i32 = 2 => "MADV_SEQUENTIAL";
    /// Will need these pages.
    MADV_WILLNEED: i32 = 3 => "MADV_WILLNEED";
    /// Don't need these pages.
    MADV_DONTNEED: i32 = 4 => "MADV_DONTNEED";
    /// Free pages only if memory pressure.
    MADV_FREE: i32 = 8 => "MADV_FREE";
    /// Remove these pages & resources.
    MADV_REMOVE: i32 = 9 => "MADV_REMOVE";
    /// Don't inherit across fork.
    MADV_DONTFORK: i32 = 10 => "MADV_DONTFORK";
    /// Do inherit across fork.
    MADV_DOFORK: i32 = 11 => "MADV_DOFORK";
    /// Poison a page for testing.
    MADV_HWPOISON: i32 = 100 => "MADV_HWPOISON";
    /// Soft offline page for testing.
    MADV_SOFT_OFFLINE: i32 = 101 => "MADV_SOFT_OFFLINE";
    /// KSM may merge identical pages.
    MADV_MERGEABLE: i32 = 12 => "MADV_MERGEABLE";
    /// KSM may not merge identical pages.
    MADV_UNMERGEABLE: i32 = 13 => "MADV_UNMERGEABLE";
    /// Worth backing with hugepages.
    MADV_HUGEPAGE: i32 = 14 => "MADV_HUGEPAGE";
    /// Not worth backing with hugepages.
    MADV_NOHUGEPAGE: i32 = 15 => "MADV_NOHUGEPAGE";
    /// Explicity exclude from the core dump, overrides the coredump filter bits.
    MADV_DONTDUMP: i32 = 16 => "MADV_DONTDUMP";
    /// Clear the MADV_DONTDUMP flag.
    MADV_DODUMP: i32 = 17 => "MADV_DODUMP";
    /// Zero memory on fork, child only.
    MADV_WIPEONFORK: i32 = 18 => "MADV_WIPEONFORK";
    /// Undo MADV_WIPEONFORK.
    MADV_KEEPONFORK: i32 = 19 => "MADV_KEEPONFORK";
    /// Deactivate these pages.
    MADV_COLD: i32 = 20 => "MADV_COLD";
    /// Reclaim these pages.
    MADV_PAGEOUT: i32 = 21 => "MADV_PAGEOUT";
    /// Populate (prefault) page tables readable.
    MADV_POPULATE_READ: i32 = 22 => "MADV_POPULATE_READ";
    /// Populate (prefault) page tables writable.
    MADV_POPULATE_WRITE: i32 = 23 => "MADV_POPULATE_WRITE";
    /// Like DONTNEED, but drop locked pages too.
    MADV_DONTNEED_LOCKED: i32 = 24 => "MADV_DONTNEED_LOCKED";
    /// Synchronous hugepage collapse.
    MADV_COLLAPSE: i32 = 25 => "MADV_COLLAPSE";
    /// Fatal signal on access to range.
    MADV_GUARD_INSTALL: i32 = 102 => "MADV_GUARD_INSTALL";
    /// Unguard range.
    MADV_GUARD_REMOVE: i32 = 103 => "MADV_GUARD_REMOVE";
    /// Sync memory asynchronously.
    MS_ASYNC: u32 = 0x1 => "MS_ASYNC";
    /// Invalidate the caches.
    MS_INVALIDATE: u32 = 0x2 => "MS_INVALIDATE";
    /// Synchronous memory sync.
    MS_SYNC: u32 = 0x4 => "MS_SYNC";
    /// Lock all current mappings.
    MCL_CURRENT: u32 = 0x1 => "MCL_CURRENT";
    /// Lock all future mappings.
    MCL_FUTURE: u32 = 0x2 => "MCL_FUTURE";
    /// Lock all pages that are faulted in.
    MCL_ONFAULT: u32 = 0x4 => "MCL_ONFAULT";
    /// Lock pages in range after they are faulted in, do not prefault.
    MLOCK_ONFAULT: u32 = 0x1 => "MLOCK_ONFAULT";
    MREMAP_MAYMOVE: u32 = 0x1 => "MREMAP_MAYMOVE";
    MREMAP_FIXED: u32 = 0x2 => "MREMAP_FIXED";
    MREMAP_DONTUNMAP: u32 = 0x4 => "MREMAP_DONTUNMAP";
    PKEY_DISABLE_ACCESS: u32 = 0x1 => "PKEY_DISABLE_ACCESS";
    PKEY_DISABLE_WRITE: u32 = 0x2 => "PKEY_DISABLE_WRITE";
    #[cfg(target_arch = "aarch64")]
    PKEY_DISABLE_EXECUTE: u32 = 0x4 => "PKEY_DISABLE_EXECUTE";
    #[cfg(target_arch = "aarch64")]
    PKEY_DISABLE_READ: u32 = 0x8 => "PKEY_DISABLE_READ";
    MFD_CLOEXEC: u32 = 0x1 => "MFD_CLOEXEC";
    MFD_ALLOW_SEALING: u32 = 0x2 => "MFD_ALLOW_SEALING";
    MFD_HUGETLB: u32 = 0x4 => "MFD_HUGETLB";
    MFD_NOEXEC_SEAL: u32 = 0x8 => "MFD_NOEXEC_SEAL";
    MFD_EXEC: u32 = 0x10 => "MFD_EXEC";
    MFD_HUGE_SHIFT: u32 = 26 => "MFD_HUGE_SHIFT";
    MFD_HUGE_MASK: u32 = 0x3f => "MFD_HUGE_MASK";
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
    /// Prevent chmod modifying exec bits.
    F_SEAL_EXEC: u32 = 0x20 => "F_SEAL_EXEC";
    /// End of vector.
    AT_NULL: u32 = 0x0 => "AT_NULL";
    /// System page size.
    AT_PAGESZ: u32 = 0x6 => "AT_PAGESZ";
    /// Extension of AT_HWCAP.
    AT_HWCAP2: u32 = 0x1a => "AT_HWCAP2";
    PR_SET_VMA: u32 = 0x53564d41 => "PR_SET_VMA";
    PR_SET_VMA_ANON_NAME: u32 = 0x0 => "PR_SET_VMA_ANON_NAME";
    PR_GET_AUXV: u32 = 0x41555856 => "PR_GET_AUXV";
    O_RDONLY: u32 = 0x0 => "O_RDONLY";
    O_RDWR: u32 = 0x2 => "O_RDWR";
    /// Not fcntl.
    O_NOCTTY: u32 = 0x100 => "O_NOCTTY";
    O_NONBLOCK: u32 = 0x800 => "O_NONBLOCK";
    /// Set close_on_exec.
    O_CLOEXEC: u32 = 0x80000 => "O_CLOEXEC";
    /// Special value for dirfd used to indicate openat should use the current working directory.
    AT_FDCWD: i32 = -100 => "AT_FDCWD";
    S_IFMT: u32 = 0xf000 => "S_IFMT";
    S_IFREG: u32 = 0x8000 => "S_IFREG";
    S_IFDIR: u32 = 0x4000 => "S_IFDIR";
    FUTEX_WAIT: u32 = 0x0 => "FUTEX_WAIT";
    FUTEX_WAKE: u32 = 0x1 => "FUTEX_WAKE";
    FUTEX_PRIVATE_FLAG: u32 = 0x80 => "FUTEX_PRIVATE_FLAG";
}
