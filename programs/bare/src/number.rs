//! The numbers of the system calls that the programs need beside those of `rawmap`.

/// Makes a constant of each line: a call's name and its numbers on Linux x86_64, Linux aarch64, FreeBSD and NetBSD.
#[macro_export]
macro_rules! numbers {
    ($($NAME:ident: $linux_x86_64:literal, $linux_aarch64:literal, $freebsd:literal, $netbsd:literal;)*) => {
        $(
            pub(crate) const $NAME: usize = if cfg!(target_os = "freebsd") {
                $freebsd
            } else if cfg!(target_os = "netbsd") {
                $netbsd
            } else if cfg!(target_arch = "x86_64") {
                $linux_x86_64
            } else {
                $linux_aarch64
            };
        )*
    };
}

// FORK is clone on aarch64 Linux. MMAP is for memory that does not come from what is tested.
//            Linux x86_64, Linux aarch64, FreeBSD, NetBSD
numbers! {
    READ:        0,  63,   3,   3;
    WRITE:       1,  64,   4,   4;
    CLOSE:       3,  57,   6,   6;
    MMAP:        9, 222, 477, 197;
    PREAD:      17,  67, 475, 173;
    PWRITE:     18,  68, 476, 174;
    GETPID:     39, 172,  20,  20;
    FORK:       57, 220,   2,   2;
    WAIT4:      61, 260,   7, 449;
    FTRUNCATE:  77,  46, 480, 201;
    GETUID:    102, 174,  24,  24;
    SETUID:    105, 146,  23,  23;
    GETRLIMIT:  97, 163, 194, 194;
    SETRLIMIT: 160, 164, 195, 195;
    SIGACTION:  13, 134, 416, 340;
    PIPE2:     293,  59, 542, 453;
    EXIT:      231,  94,   1,   1;
    OPENAT:    257,  56, 499, 468;
    UNLINKAT:  263,  35, 503, 471;
}

/// Calls that only Linux' programs make, as init.
#[cfg(target_os = "linux")]
pub(crate) mod linux {
    numbers! {
        MOUNT:   165, 40, 0, 0;
        MKDIRAT: 258, 34, 0, 0;
    }
}
