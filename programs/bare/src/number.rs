//! The numbers of the system calls that the programs need beside those of `rawmap`.

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

//       Linux x86_64, Linux aarch64, FreeBSD, NetBSD
numbers! {
    WRITE:   1,  64,   4,   4;
    CLOSE:   3,  57,   6,   6;
    OPENAT: 257, 56, 499, 468;
    EXIT:  231,  94,   1,   1;
}
