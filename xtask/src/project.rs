//! Where the project's files are, and what cargo knows of its packages.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};

/// The workspace that this program was built from, or a changed copy of it.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of the workspace.
    pub root: PathBuf,
    /// The folder for everything that is made.
    pub made: PathBuf,
}

impl Project {
    /// The workspace that this program was built from.
    pub fn here() -> Result<Project> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the root of the project")?
            .to_path_buf();
        let made = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => env::current_dir()?.join(folder),
            None => root.join("target"),
        };
        Ok(Project { root, made })
    }

    /// What cargo knows of the packages.
    pub fn metadata(&self) -> Result<Metadata> {
        MetadataCommand::new()
            .current_dir(&self.root)
            .no_deps()
            .exec()
            .context("cargo cannot read the workspace")
    }

    /// The program of this name.
    pub fn program(&self, name: &str) -> Result<Package> {
        self.programs()?
            .into_iter()
            .find(|package| package.name.as_str() == name)
            .with_context(|| format!("there is no program {name}"))
    }

    /// The packages under programs/ that are programs, by name.
    pub fn programs(&self) -> Result<Vec<Package>> {
        let metadata = self.metadata()?;
        let folder = self.root.join("programs");
        let mut programs: Vec<Package> = metadata
            .packages
            .into_iter()
            .filter(|package| package.manifest_path.as_std_path().starts_with(&folder))
            .filter(|package| package.targets.iter().any(|target| target.is_bin()))
            .collect();
        programs.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(programs)
    }
}
