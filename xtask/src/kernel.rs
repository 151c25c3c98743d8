//! Debian's arm64 kernels, with a program as their init.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cpio::{NewcBuilder, newc::trailer};
use flate2::{Compression, write::GzEncoder};

use crate::image;
use crate::log::Log;
use crate::packages::{Packages, QEMU_ARM};
use crate::project::Project;
use crate::qemu::{Boot, Root};
use crate::run::Outcome;
use crate::target::{Arch, Os, Target};

/// A package that stands for the newest kernel of its kind.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    package: &'static str,
    page_size: usize,
}

/// The kernels that programs run on: nothing may take a page for 4 KiB.
pub const RELEASES: [Release; 2] = [
    Release {
        package: "linux-image-cloud-arm64",
        page_size: 4096,
    },
    Release {
        package: "linux-image-6.12-arm64-16k",
        page_size: 16384,
    },
];

/// A kernel that is ready to boot.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The package that it is of.
    pub package: &'static str,
    path: PathBuf,
    /// The size of its pages.
    pub page_size: usize,
}

impl fmt::Display for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Linux {} with {} KiB pages",
            self.release(),
            self.page_size / 1024
        )
    }
}

impl Release {
    /// The kernel, from Debian's package, which is never installed.
    pub fn fetch(self, project: &Project, packages: &Packages, log: &mut Log) -> Result<Kernel> {
        packages.ensure(&[QEMU_ARM])?;
        let folder = project.made.join("kernels").join(self.package);
        if !folder.exists() {
            self.unpack_into(&folder, packages, log)?;
        }
        let path = only_file(&folder, "vmlinuz-*")?;
        let page_size = image::linux_page_size(&path)?;
        if page_size != self.page_size {
            bail!(
                "{} has pages of {page_size} bytes, not {}",
                path.display(),
                self.page_size
            );
        }
        Ok(Kernel {
            package: self.package,
            path,
            page_size,
        })
    }

    fn unpack_into(self, folder: &Path, packages: &Packages, log: &mut Log) -> Result<()> {
        // A name of its own until it is complete: an interrupted run must not look like a finished one.
        let partial = folder.with_extension("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(&partial)?;
        packages.download_arm64(self.package, &partial)?;
        let package = only_file(&partial, "*.deb")?;
        let unpacked = partial.join("unpacked");
        log.run(
            Command::new("dpkg-deb")
                .arg("--extract")
                .args([&package, &unpacked]),
        )?;
        let kernel = only_file(&unpacked.join("boot"), "vmlinuz-*")?;
        fs::rename(
            &kernel,
            partial.join(kernel.file_name().context("a kernel has a name")?),
        )?;
        fs::remove_dir_all(&unpacked)?;
        fs::remove_file(&package)?;
        fs::rename(&partial, folder)?;
        Ok(())
    }
}

fn only_file(folder: &Path, pattern: &str) -> Result<PathBuf> {
    let pattern = folder.join(pattern);
    let pattern = pattern.to_str().context("the path is not UTF-8")?;
    let found: Vec<PathBuf> = glob::glob(pattern)?.collect::<Result<_, _>>()?;
    match <[PathBuf; 1]>::try_from(found) {
        Ok([path]) => Ok(path),
        Err(found) => bail!("{} files match {pattern}", found.len()),
    }
}

impl Kernel {
    /// As `uname -r` has it, which its file is named for.
    pub fn release(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.trim_start_matches("vmlinuz-").to_owned()
    }

    /// Boots with `program` as init.
    pub fn run(&self, program: &Path, limit: Duration, log: &mut Log) -> Result<Outcome> {
        self.run_on(1, program, limit, log)
    }

    /// Boots with so many processors.
    pub fn run_on(
        &self,
        processors: u32,
        program: &Path,
        limit: Duration,
        log: &mut Log,
    ) -> Result<Outcome> {
        let archive = program.with_extension("cpio.gz");
        pack(program, &archive)?;
        let target = Target::of(Os::Linux, Arch::Aarch64);
        Boot {
            target,
            kernel: &self.path,
            root: Root::Ram(archive),
            processors,
            limit,
        }
        .run(log)
    }
}

/// Writes an initial RAM file system with `program` as /init. A kernel makes /dev/console by itself.
pub fn pack(program: &Path, archive: &Path) -> Result<()> {
    const EXECUTABLE_FILE: u32 = 0o100_755;
    let bytes = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let output = GzEncoder::new(File::create(archive)?, Compression::fast());
    let mut entry = NewcBuilder::new("init")
        .mode(EXECUTABLE_FILE)
        .write(output, u32::try_from(bytes.len())?);
    entry.write_all(&bytes)?;
    trailer(entry.finish()?)?.finish()?;
    Ok(())
}
