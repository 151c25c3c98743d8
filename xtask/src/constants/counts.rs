//! How much the check member compared.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

use super::headers::words;

/// What the check member counted on one target.
pub struct Counts {
    /// Constants and error numbers of the target.
    pub listed: u64,
    /// Numbers that were compared with the `libc` crate.
    pub in_libc: u64,
    /// Numbers that were compared with `linux-raw-sys` on Linux, and with the system's headers elsewhere.
    pub in_linux_raw_sys_or_headers: u64,
}

/// Reads the counts out of `librawmap_constants.rlib`: a library of another system cannot be run and asked.
pub fn counts(library: &Path) -> Result<Counts> {
    let archive =
        fs::read(library).with_context(|| format!("cannot read {}", library.display()))?;
    for member in ArchiveFile::parse(&*archive)?.members() {
        let Ok(file) = object::File::parse(member?.data(&*archive)?) else {
            continue;
        };
        let is_counts = |name: &str| name.contains("rawmap_constants") && name.contains("COUNTS");
        let Some(symbol) = file
            .symbols()
            .find(|symbol| symbol.is_definition() && symbol.name().is_ok_and(is_counts))
        else {
            continue;
        };
        let section = file.section_by_index(
            symbol
                .section_index()
                .context("the counts lie in a section")?,
        )?;
        let bytes = section
            .data_range(symbol.address(), 24)?
            .context("the counts are three words")?;
        let [listed, in_libc, in_linux_raw_sys_or_headers] = words(bytes)[..] else {
            bail!("the counts are three words")
        };
        ensure!(
            listed > 0 && in_libc > 0 && in_linux_raw_sys_or_headers > 0,
            "nothing was compared"
        );
        return Ok(Counts {
            listed,
            in_libc,
            in_linux_raw_sys_or_headers,
        });
    }
    bail!("{} has no counts", library.display())
}
