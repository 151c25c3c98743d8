//! NetBSD's PaX note.

/// An ELF note with a description of one word.
#[repr(C)]
struct Note {
    name_bytes: u32,
    description_bytes: u32,
    kind: u32,
    name: [u8; 4],
    description: u32,
}

/// No flag of its own: the system's defaults hold for the program, which has none of them without a note.
#[used]
#[unsafe(link_section = ".note.netbsd.pax")]
static PAX: Note = Note {
    name_bytes: 4,
    description_bytes: 4,
    kind: 3,
    name: *b"PaX\0",
    description: 0,
};
