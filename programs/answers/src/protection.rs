//! What protection can be raised to, and the kinds of memory that have rules of their own.

use core::ptr::null_mut;

use rawmap::{Prot, raw};

use crate::{
    answer::ask,
    pages::{PAGE, PRIVATE, READ_EXEC, READ_WRITE, READ_WRITE_EXEC, anonymous},
};

/// Maps a page with one protection and sets another.
fn raise(from: Prot, to: Prot) -> rawmap::Result<()> {
    // SAFETY: the page is new, and nothing refers to it.
    unsafe {
        let page = anonymous(null_mut(), PAGE, from, PRIVATE)?;
        raw::mprotect(page, PAGE, to)
    }
}

pub(crate) fn ask_kernel() {
    #[cfg(target_os = "freebsd")]
    {
        guards();
        ask("PROT_MAX(R), then mprotect RW", || {
            raise(Prot::READ.with_max(Prot::READ), READ_WRITE)
        });
        ask("NONE|PROT_MAX(RW), then mprotect RW", || {
            raise(Prot::NONE.with_max(READ_WRITE), READ_WRITE)
        });
        // SAFETY: new memory.
        unsafe {
            ask("prot not in max", || {
                let prot = READ_WRITE.with_max(Prot::READ);
                anonymous(null_mut(), PAGE, prot, PRIVATE)
            });
            ask("MAP_STACK 64K", || {
                let flags = rawmap::MapFlags::STACK;
                anonymous(null_mut(), 16 * PAGE, READ_WRITE, flags)
            });
        }
    }
    ask("NONE, then mprotect RW", || raise(Prot::NONE, READ_WRITE));
    ask("RW, then mprotect RX", || raise(READ_WRITE, READ_EXEC));
    ask("mprotect RWX", || raise(READ_WRITE, READ_WRITE_EXEC));
    #[cfg(target_os = "netbsd")]
    {
        ask("NONE|PROT_MPROTECT(RW), then mprotect RW", || {
            raise(Prot::NONE.with_max(READ_WRITE), READ_WRITE)
        });
        ask("RW|PROT_MPROTECT(X), then mprotect RX", || {
            raise(READ_WRITE.with_max(Prot::EXEC), READ_EXEC)
        });
    }
}

/// Reserved addresses.
#[cfg(target_os = "freebsd")]
fn guards() {
    use rawmap::MapFlags;

    use crate::child::store_in_child;

    // SAFETY: the guard is new, and nothing refers to it.
    let guard = unsafe { anonymous(null_mut(), 2 * PAGE, Prot::NONE, MapFlags::GUARD) };
    ask("GUARD", || guard);
    let Ok(guard) = guard else { return };
    // SAFETY: as above.
    unsafe {
        ask("mprotect GUARD to RW", || {
            raw::mprotect(guard, PAGE, READ_WRITE)
        });
        ask("poke GUARD after mprotect (1000+signal)", || {
            store_in_child(guard)
        });
        ask("commit GUARD by FIXED", || {
            anonymous(guard, PAGE, READ_WRITE, PRIVATE | MapFlags::FIXED)
        });
        ask("poke after commit", || store_in_child(guard));
    }
}
