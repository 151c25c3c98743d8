//! Has zig's C compiler compare constants with the headers that it carries for FreeBSD and NetBSD.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Constant, Result};

/// C computes most constants in `int`, so that bit 31 may be a sign.
const SAME: &str = "#define SAME(theirs, ours) \\\n    \
    ((unsigned long long)(theirs) == (ours) || (long long)(theirs) == (int)(ours))\n";

/// Compiles one static assertion for each constant, and says how many.
pub fn compare(
    headers: &BTreeSet<&str>,
    constants: &[Constant],
    system: &str,
    architecture: &str,
    out: &Path,
) -> Result<usize> {
    println!("cargo::rerun-if-env-changed=ZIG");
    let zig = env::var("ZIG").map_err(|_| {
        format!(
            "set ZIG to the zig of the PyPI package ziglang: it carries the headers of {system}"
        )
    })?;
    println!("cargo::rerun-if-changed={zig}");

    let mut source = String::new();
    for header in headers {
        writeln!(source, "#include <{header}>")?;
    }
    source.push_str(SAME);
    for constant in constants {
        let Constant {
            name,
            value,
            expression,
            ..
        } = constant;
        writeln!(
            source,
            "_Static_assert(SAME({expression}, {value}ULL), \"{name} is not {value} ({value:#x}) in the headers\");"
        )?;
    }
    let path = out.join("constants.c");
    fs::write(&path, source)?;
    let target = format!("{architecture}-{system}");
    let output = Command::new(&zig)
        // zig would otherwise leave its cache in the home folder.
        .env("ZIG_GLOBAL_CACHE_DIR", out.join("zig"))
        .env("ZIG_LOCAL_CACHE_DIR", out.join("zig"))
        .args(["cc", "-target", &target, "-ferror-limit=0", "-c", "-o"])
        .args([out.join("constants.o"), path])
        .output()
        .map_err(|error| format!("cannot run {zig}: {error}"))?;
    if output.status.success() {
        Ok(constants.len())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}
