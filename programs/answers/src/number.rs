//! The numbers of the system calls that are not `rawmap`'s.

//          Linux x86_64, Linux aarch64, FreeBSD, NetBSD
rawmap_bare::numbers! {
    GETPID:     39,  172,  20,  20;
    MPROTECT:   10,  226,  74,  74;
    MUNMAP:     11,  215,  73,  73;
    THREAD_ID: 186,  178, 432, 311;
    // Of no call of the system.
    UNKNOWN:  5110, 5110, 650, 511;
}

/// Made on Linux alone.
#[cfg(target_os = "linux")]
pub(crate) const MKDIRAT: usize = if cfg!(target_arch = "x86_64") {
    258
} else {
    34
};

/// Made on FreeBSD alone.
#[cfg(target_os = "freebsd")]
pub(crate) const SHM_UNLINK: usize = 483;
