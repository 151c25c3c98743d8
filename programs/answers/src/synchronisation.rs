//! msync: its flags, rounding and holes.

use rawmap::{SyncFlags, raw};

use crate::{
    answer::ask,
    pages::{PAGE, gone, pages, with_hole},
};

/// `SYNC` of Linux and NetBSD, which FreeBSD has no name for.
const FOUR: SyncFlags = SyncFlags::from_bits_retain(4);

pub(crate) fn ask_kernel() {
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe {
        for (question, flags) in [
            ("msync SYNC anon", SyncFlags::SYNC),
            ("msync flags 0", SyncFlags::empty()),
            ("msync flags 4", FOUR),
            ("msync ASYNC|SYNC", SyncFlags::ASYNC | FOUR),
            (
                "msync ASYNC|INVALIDATE",
                SyncFlags::ASYNC | SyncFlags::INVALIDATE,
            ),
            ("msync unknown 0x100", SyncFlags::from_bits_retain(0x100)),
        ] {
            ask(question, || raw::msync(pages(1)?, PAGE, flags));
        }
        ask("msync unaligned", || {
            raw::msync(pages(1)?.wrapping_byte_add(5), 1, SyncFlags::SYNC)
        });
        ask("msync unmapped", || {
            raw::msync(gone(1)?, PAGE, SyncFlags::SYNC)
        });
        ask("msync hole in the middle", || {
            raw::msync(with_hole()?, 3 * PAGE, SyncFlags::SYNC)
        });
        ask("msync len 0", || raw::msync(pages(1)?, 0, SyncFlags::SYNC));
    }
}

/// Where nothing is mapped a length of 0 has no mapping to stand for.
#[cfg(target_os = "freebsd")]
pub(crate) fn ask_of_nothing() {
    ask("msync len 0 unmapped", || {
        // SAFETY: nothing is there.
        unsafe { raw::msync(gone(1)?, 0, SyncFlags::SYNC) }
    });
}
