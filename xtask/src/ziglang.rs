//! The headers of FreeBSD and NetBSD, as the Python package `ziglang` ships them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::log::Log;
use crate::packages::{PIP, Packages};
use crate::project::Project;

/// Pinned: the constants are generated from the headers in this release.
const RELEASE: &str = "ziglang==0.17.1";

/// The path of `zig`, which is fetched into the project's own folder and never installed.
pub fn zig(project: &Project, packages: &Packages, log: &mut Log) -> Result<PathBuf> {
    let folder = project.made.join("ziglang");
    let zig = folder.join("ziglang/zig");
    if zig.exists() {
        return Ok(zig);
    }
    packages.ensure(&[PIP])?;
    eprintln!("fetching the Python package {RELEASE}; it is not installed");
    // A name of its own until it is complete: an interrupted run must not look like a finished one.
    let unpacked = project.made.join("ziglang.partial");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::create_dir_all(&unpacked)?;
    let wheels = unpacked.join("wheels");
    log.run(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--only-binary=:all:",
                RELEASE,
                "--dest",
            ])
            .arg(&wheels),
    )?;
    let wheel = fs::read_dir(&wheels)?
        .next()
        .context("pip fetched nothing")??
        .path();
    log.run(
        Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .args([&wheel, &unpacked]),
    )?;
    // Python's zipfile loses the permissions.
    fs::set_permissions(
        unpacked.join("ziglang/zig"),
        fs::Permissions::from_mode(0o755),
    )?;
    fs::remove_dir_all(&wheels)?;
    fs::rename(&unpacked, &folder)?;
    Ok(zig)
}
