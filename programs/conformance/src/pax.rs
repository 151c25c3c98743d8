//! The note by which NetBSD restricts the protections of this program, as it does for every program with a libc.

use core::arch::global_asm;

global_asm!(
    ".pushsection .note.netbsd.pax, \"a\", %note",
    ".balign 4",
    ".long 4", // bytes of the name
    ".long 4", // bytes of the description
    ".long 3", // ELF_NOTE_TYPE_PAX_TAG
    ".asciz \"PaX\"",
    ".long 0", // nothing asked for and nothing refused: the system's default
    ".popsection",
);
