//! What the first bytes of a program or a kernel say of it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::FileHeader as _;

use crate::target::Arch;

/// The architecture of an ELF file or of a Linux kernel.
pub fn arch(path: &Path) -> Result<Arch> {
    let start = start_of(path)?;
    if let Ok(header) = FileHeader64::<Endianness>::parse(&*start) {
        return match header.e_machine(header.endian()?) {
            EM_X86_64 => Ok(Arch::X86_64),
            EM_AARCH64 => Ok(Arch::Aarch64),
            machine => bail!(
                "{}: ELF machine {machine} is neither x86_64 nor aarch64",
                path.display()
            ),
        };
    }
    if is_arm64_image(&start) {
        return Ok(Arch::Aarch64);
    }
    if start.get(0x202..0x206) == Some(b"HdrS") {
        return Ok(Arch::X86_64);
    }
    bail!(
        "{} is neither an ELF file nor a Linux kernel",
        path.display()
    )
}

/// The page size of an arm64 Linux kernel.
pub fn linux_page_size(path: &Path) -> Result<usize> {
    let start = start_of(path)?;
    if !is_arm64_image(&start) {
        bail!("{} is no arm64 Linux kernel", path.display());
    }
    let flags = start[24];
    match flags >> 1 & 3 {
        1 => Ok(4096),
        2 => Ok(16384),
        3 => Ok(65536),
        _ => bail!("{} does not say how large its pages are", path.display()),
    }
}

fn is_arm64_image(start: &[u8]) -> bool {
    start.get(0x38..0x3c) == Some(b"ARM\x64")
}

fn start_of(path: &Path) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(4096)
        .read_to_end(&mut start)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(start)
}
