//! Builds the static programs without libc, and looks into what came out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::Package;
use object::elf::{
    ET_DYN, ET_EXEC, PT_DYNAMIC, PT_INTERP, PT_TLS, SHF_ALLOC, SHF_WRITE, SHT_FINI_ARRAY,
    SHT_INIT_ARRAY, SHT_NOBITS, SHT_PREINIT_ARRAY,
};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _};

use crate::log::Log;
use crate::packages::Packages;
use crate::project::Project;
use crate::target::Target;
use crate::toolchain::{PROFILE, Toolchain};

/// The programs that relocate themselves.
const STATIC_PIE: [&str; 1] = ["rawmap-early"];

/// How a program is linked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Linking {
    /// At one address.
    Static,
    /// At any address: it relocates itself.
    StaticPie,
}

impl Linking {
    fn of(package: &Package) -> Linking {
        if STATIC_PIE.contains(&package.name.as_str()) {
            Linking::StaticPie
        } else {
            Linking::Static
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Linking::Static => &["-Crelocation-model=static"],
            Linking::StaticPie => &["-Crelocation-model=pie", "-Clink-arg=-pie"],
        }
    }
}

/// What is different from how a program is built for every day: nothing, unless something is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Variant<'a> {
    /// Features of its package.
    pub features: &'a [&'a str],
    /// Settings of cargo's, as its `--config` takes them.
    pub settings: &'a [&'a str],
}

/// A program that was built.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its package's name.
    pub name: String,
    /// What it was built for.
    pub target: Target,
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub size: Size,
}

/// Bytes of the sections that are loaded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Size {
    /// Of those that cannot be written.
    pub text: u64,
    /// Of those that can.
    pub data: u64,
    /// Of those that the file does not hold.
    pub zeroed: u64,
}

/// Builds `package` of `project` for `target` and puts the program into `into`.
pub fn build(
    project: &Project,
    packages: &Packages,
    package: &Package,
    target: Target,
    variant: Variant<'_>,
    into: &Path,
    log: &mut Log,
) -> Result<Program> {
    let toolchain = Toolchain::for_target(target, packages)?;
    let linking = Linking::of(package);
    let name = package.name.as_str();
    let mut command = toolchain.cargo(project, "rustc");
    command
        .args(["--profile", PROFILE, "--package", name, "--bin", name])
        .args(["--features", &variant.features.join(",")])
        .args(
            variant
                .settings
                .iter()
                .flat_map(|setting| ["--config", setting]),
        )
        .arg("--")
        // Given to the last crate alone: in RUSTFLAGS they would have `core` built anew for each program.
        .args([
            "-Clinker-flavor=ld.lld",
            &format!("-Clinker={}", toolchain.linker(packages)?),
        ])
        .args(linking.arguments())
        .args(["-Clink-arg=--no-dynamic-linker", "-Dwarnings"]);
    log.run(&mut command)?;
    // The next build of the same name, from a changed copy of the project, replaces cargo's own file.
    fs::create_dir_all(into)?;
    let path = into.join(name);
    let built = toolchain.built_folder(project).join(name);
    fs::copy(&built, &path).with_context(|| format!("cannot copy {}", built.display()))?;
    let size = examine(&path, linking)?;
    Ok(Program {
        name: name.to_owned(),
        target,
        path,
        size,
    })
}

/// The size of a program, if it is one that needs nothing but a kernel.
pub fn examine(path: &Path, linking: Linking) -> Result<Size> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = ElfFile64::<Endianness>::parse(&*bytes)?;
    let faults = faults(&file, linking)?;
    if !faults.is_empty() {
        bail!("{}: {}", path.display(), faults.join(", "));
    }
    let endian = file.endian();
    let mut size = Size::default();
    for section in file.elf_section_table().iter() {
        let flags = section.sh_flags(endian);
        let bytes = section.sh_size(endian);
        if !flags.contains(SHF_ALLOC) {
            continue;
        }
        if section.sh_type(endian) == SHT_NOBITS {
            size.zeroed += bytes;
        } else if !flags.contains(SHF_WRITE) {
            size.text += bytes;
        } else {
            size.data += bytes;
        }
    }
    Ok(size)
}

/// What keeps a file from being a program that starts without a loader and a C library.
fn faults(file: &ElfFile64<'_, Endianness>, linking: Linking) -> Result<Vec<String>> {
    let endian = file.endian();
    let mut faults = Vec::new();
    let kind = file.elf_header().e_type(endian);
    let expected = match linking {
        Linking::Static => ET_EXEC,
        Linking::StaticPie => ET_DYN,
    };
    if kind != expected {
        faults.push(format!("its ELF type is {kind}, not {expected}"));
    }
    for (segment, name) in [
        (PT_INTERP, "PT_INTERP"),
        (PT_TLS, "PT_TLS"),
        (PT_DYNAMIC, "PT_DYNAMIC"),
    ] {
        let is_there = file
            .elf_program_headers()
            .iter()
            .any(|header| header.p_type(endian) == segment);
        if is_there && !(linking == Linking::StaticPie && segment == PT_DYNAMIC) {
            faults.push(format!("it has a segment {name}"));
        }
    }
    for section in file.elf_section_table().iter() {
        if [SHT_INIT_ARRAY, SHT_FINI_ARRAY, SHT_PREINIT_ARRAY].contains(&section.sh_type(endian)) {
            let name = file.elf_section_table().section_name(endian, section)?;
            faults.push(format!(
                "it has a section {}",
                String::from_utf8_lossy(name)
            ));
        }
    }
    if file.symbols().next().is_none() {
        faults.push("it has no symbol table to be checked".to_owned());
    }
    // The first entry of each table is undefined by definition; `object` leaves it out.
    for symbol in file.symbols().chain(file.dynamic_symbols()) {
        if symbol.is_undefined() {
            faults.push(format!("the symbol {} is undefined", symbol.name()?));
        }
    }
    Ok(faults)
}

/// The symbols of a program that belong to panics or to formatting, apart from its own handler.
pub fn panic_machinery(path: &Path) -> Result<Vec<String>> {
    let bytes = fs::read(path)?;
    let file = ElfFile64::<Endianness>::parse(&*bytes)?;
    let mut found = Vec::new();
    for symbol in file.symbols() {
        let name = symbol.name()?;
        let is_handler = name.contains("rust_begin_unwind");
        let belongs = ["panicking", "core3fmt", "4core3str", "unwrap_failed"];
        if !is_handler && belongs.iter().any(|part| name.contains(part)) {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}
