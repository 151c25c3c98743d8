//! What a dynamic loader would do for a static-PIE program: add the address where it was loaded to every word that
//! its dynamic section lists.

use core::{arch::asm, ptr};

/// An entry of the dynamic section.
#[repr(C)]
struct Dynamic {
    tag: usize,
    value: usize,
}

/// A relocation with its addend.
#[repr(C)]
struct Relocation {
    offset: usize,
    info: usize,
    addend: usize,
}

const DT_NULL: usize = 0;
const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;

#[cfg(target_arch = "x86_64")]
const R_RELATIVE: usize = 8;
#[cfg(target_arch = "aarch64")]
const R_RELATIVE: usize = 1027;

/// The address of a symbol that the linker makes, computed from the program counter: the compiler would look it up
/// in a table that is to be relocated first.
#[cfg(target_arch = "x86_64")]
macro_rules! address_of {
    ($symbol:literal) => {{
        let address: usize;
        // SAFETY: an address is computed, nothing else happens.
        unsafe {
            asm!(concat!("lea {}, [rip + ", $symbol, "]"), out(reg) address, options(nomem, nostack, preserves_flags));
        }
        address
    }};
}

/// The address of a symbol that the linker makes, computed from the program counter: the compiler would look it up
/// in a table that is to be relocated first.
#[cfg(target_arch = "aarch64")]
macro_rules! address_of {
    ($symbol:literal) => {{
        let address: usize;
        // SAFETY: an address is computed, nothing else happens.
        unsafe {
            asm!(concat!("adrp {0}, ", $symbol), concat!("add {0}, {0}, :lo12:", $symbol), out(reg) address,
                options(nomem, nostack, preserves_flags));
        }
        address
    }};
}

/// Relocates the program, and says how many words that were; 0 also if there is one that it does not understand.
///
/// # Safety
///
/// Called once, before anything relies on a word that is to be relocated, and while no other thread runs.
pub(crate) unsafe fn relocate() -> usize {
    // The file begins at the address 0, as the linker counts.
    let base = address_of!("__ehdr_start");
    let mut dynamic = ptr::with_exposed_provenance::<Dynamic>(address_of!("_DYNAMIC"));
    let (mut table, mut size) = (0, 0);
    loop {
        // SAFETY: no entry before this one ended the section.
        let entry = unsafe { &*dynamic };
        match entry.tag {
            DT_NULL => break,
            DT_RELA => table = base + entry.value,
            DT_RELASZ => size = entry.value,
            _ => {}
        }
        // SAFETY: this entry does not end the section.
        dynamic = unsafe { dynamic.add(1) };
    }
    let count = size / size_of::<Relocation>();
    let relocations = ptr::with_exposed_provenance::<Relocation>(table);
    for at in 0..count {
        // SAFETY: the linker made a table of this many entries.
        let relocation = unsafe { &*relocations.add(at) };
        if relocation.info != R_RELATIVE {
            return 0;
        }
        let word = ptr::with_exposed_provenance_mut::<usize>(base + relocation.offset);
        // SAFETY: a word of the program's data, which the linker wants to have this value.
        unsafe { word.write_volatile(base.wrapping_add(relocation.addend)) };
    }
    count
}
