//! The library's features, as far as a target can have them.

use anyhow::{Context, Result};

use crate::project::Project;
use crate::target::{Os, Target};

/// All features that can be built for `target`, as cargo's `--features` takes them.
pub fn all_for(project: &Project, target: Target) -> Result<String> {
    let metadata = project.metadata()?;
    let package = metadata
        .root_package()
        .context("the root of the workspace is the library")?;
    let features: Vec<&str> = package
        .features
        .keys()
        .map(String::as_str)
        // For the BSDs `core` alone is built.
        .filter(|feature| target.os == Os::Linux || *feature != "std")
        .collect();
    Ok(features.join(","))
}
