//! Refuses a target that the crate has no system calls for, in one line, before anything is compiled.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |key: &str| var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    let known = matches!(target("OS").as_str(), "linux" | "freebsd" | "netbsd")
        && matches!(target("ARCH").as_str(), "x86_64" | "aarch64")
        // x32, ILP32 and big-endian Arm have other system calls, or the same ones untested.
        && target("POINTER_WIDTH") == "64"
        && target("ENDIAN") == "little";
    if !known {
        println!(
            "cargo::error=rawmap has no system calls for {}: it supports Linux, FreeBSD and NetBSD on x86_64 and on aarch64",
            var("TARGET").unwrap_or_default()
        );
    }
}
