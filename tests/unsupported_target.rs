//! A target without system calls here is refused by the build script, in one line that names those that have them.

use std::{
    env,
    path::PathBuf,
    process::{Command, Output},
};

/// Compiles the build script once a test, in a folder of its own.
fn build_script(name: &str) -> PathBuf {
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(rustc)
        .args([
            "--edition=2024",
            concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs"),
            "-o",
        ])
        .arg(&program)
        .status()
        .expect("rustc runs");
    assert!(compiled.success());
    program
}

fn run(program: &PathBuf, os: &str, arch: &str, width: &str, endian: &str) -> Output {
    Command::new(program)
        .env("TARGET", format!("{arch}-unknown-{os}"))
        .env("CARGO_CFG_TARGET_OS", os)
        .env("CARGO_CFG_TARGET_ARCH", arch)
        .env("CARGO_CFG_TARGET_POINTER_WIDTH", width)
        .env("CARGO_CFG_TARGET_ENDIAN", endian)
        .output()
        .expect("the build script runs")
}

fn errors(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix("cargo::error="))
        .map(String::from)
        .collect()
}

#[test]
fn the_six_are_accepted() {
    let program = build_script("accepts");
    for os in ["linux", "freebsd", "netbsd"] {
        for arch in ["x86_64", "aarch64"] {
            assert!(
                errors(&run(&program, os, arch, "64", "little")).is_empty(),
                "{arch} {os}"
            );
        }
    }
}

#[test]
fn others_are_refused_in_one_line() {
    let program = build_script("refuses");
    for (os, arch, width, endian) in [
        ("openbsd", "x86_64", "64", "little"),
        ("macos", "aarch64", "64", "little"),
        ("linux", "riscv64", "64", "little"),
        ("linux", "x86", "32", "little"),
        // x32, ILP32, and Arm the other way round.
        ("linux", "x86_64", "32", "little"),
        ("linux", "aarch64", "32", "little"),
        ("linux", "aarch64", "64", "big"),
    ] {
        let errors = errors(&run(&program, os, arch, width, endian));
        let [line] = &errors[..] else {
            panic!("{arch} {os}: {errors:?}")
        };
        for name in [os, arch, "Linux", "FreeBSD", "NetBSD", "x86_64", "aarch64"] {
            assert!(line.contains(name), "{line}");
        }
    }
}
