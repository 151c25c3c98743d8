//! Which files NetBSD takes for its own, and what it remembers of them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::image::{Image, Refusal};
use crate::pool::PAGE;
use crate::process::Personality;

const ABI_NOTE_NAME: &[u8] = b"NetBSD\0";
const ABI_NOTE: u32 = 1;

const PAX_NOTE_NAME: &[u8] = b"PaX\0";
const PAX_NOTE: u32 = 3;
const PAX_NO_MPROTECT: u32 = 2;
const PAX_NO_ASLR: u32 = 0x20;

/// A longer note segment is not read.
const LONGEST_NOTE_SEGMENT: usize = 1024;

/// With randomization, mappings start up to this many pages below their usual place.
const SHIFT_PAGES: u64 = 0x1000;

const MOST_PROGRAM_HEADERS: usize = 128;

/// Recognises a program by its note; the identification of the file is not looked at.
pub(crate) fn brand(image: &Image, random: &mut ChaCha8Rng) -> Result<Personality, Refusal> {
    if image.header_count > MOST_PROGRAM_HEADERS {
        return Err(Refusal::Unbranded("more than 128 program headers"));
    }
    let note = |name: &'static [u8], kind| {
        image
            .note_records(LONGEST_NOTE_SEGMENT)
            .filter(move |note| note.name == name && note.kind == kind)
            .find_map(|note| note.number())
    };
    if note(ABI_NOTE_NAME, ABI_NOTE).is_none() {
        return Err(Refusal::Unbranded(
            "NetBSD wants its ABI note in a note segment of at most 1024 bytes",
        ));
    }
    // Both restrictions are on by default, but only for a program that has the note at all.
    let pax = note(PAX_NOTE_NAME, PAX_NOTE);
    Ok(Personality {
        restricts_protections: pax.is_some_and(|flags| flags & PAX_NO_MPROTECT == 0),
        placement_shift: match pax {
            Some(flags) if flags & PAX_NO_ASLR == 0 => random.next_u64() % SHIFT_PAGES * PAGE,
            _ => 0,
        },
        ..Personality::default()
    })
}
