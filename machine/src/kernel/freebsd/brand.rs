//! Which files FreeBSD takes for its own, and what it remembers of them.

use object::elf::OsAbi;

use crate::image::{Image, Refusal};
use crate::process::Personality;

/// `ELFOSABI_FREEBSD` in the identification.
const OS_ABI: OsAbi = OsAbi(9);

const NOTE_NAME: &[u8] = b"FreeBSD\0";
const ABI_NOTE: u32 = 1;
const FEATURE_NOTE: u32 = 4;
/// The program asks for no address-space randomization.
const FEATURE_NO_ASLR: u32 = 1;

/// Every note segment is read, whatever its size.
const ANY_SIZE: usize = usize::MAX;

/// Recognises a program as `kern.elf64.fallback_brand = -1` does.
pub(crate) fn brand(image: &Image) -> Result<Personality, Refusal> {
    let note = |kind| {
        image
            .note_records(ANY_SIZE)
            .filter(move |note| note.name == NOTE_NAME && note.kind == kind)
            .find_map(|note| note.number())
    };
    let release = note(ABI_NOTE);
    if release.is_none() && image.os_abi != OS_ABI {
        return Err(Refusal::Unbranded(
            "FreeBSD wants EI_OSABI 9 or its ABI note",
        ));
    }
    Ok(Personality {
        os_release: release.unwrap_or(0),
        randomizes: note(FEATURE_NOTE).unwrap_or(0) & FEATURE_NO_ASLR == 0,
        ..Personality::default()
    })
}
