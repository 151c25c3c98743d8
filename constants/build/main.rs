//! Turns the library's constants into the comparisons that src/lib.rs compiles, and has a C compiler compare those of
//! FreeBSD and NetBSD with the systems' headers.

mod crates;
mod headers;
mod list;

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use list::List;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A number of the library.
#[derive(Clone, Copy)]
struct Constant {
    /// The library's name for it.
    name: &'static str,
    /// The `cfg` on it, if there is one, and its documentation.
    attributes: &'static [&'static str],
    value: i64,
    /// What it is in the system's headers.
    expression: &'static str,
}

impl Constant {
    fn exists_on(&self, architecture: &str) -> bool {
        let mut conditions = self.attributes.iter().filter(|it| it.starts_with("cfg"));
        conditions.all(|condition| condition.contains(&format!("\"{architecture}\"")))
    }
}

macro_rules! constants {
    ($($(#[$attribute:meta])* $name:ident: $type:ty = $value:literal => $expression:literal;)+) => {
        const CONSTANTS: &[Constant] = &[$(Constant {
            name: stringify!($name),
            attributes: &[$(stringify!($attribute)),*],
            value: $value,
            expression: $expression,
        }),+];
    };
}

macro_rules! errnos {
    (
        numbers: { $($(#[$attribute:meta])* $name:ident = $value:literal, $meaning:literal;)+ }
        aliases: { $($alias:ident = $of:ident;)* }
    ) => {
        const ERRNOS: &[Constant] = {
            $(const $name: i64 = $value;)+
            &[
                $(Constant { name: stringify!($name), attributes: &[], value: $name, expression: stringify!($name) },)+
                $(Constant { name: stringify!($alias), attributes: &[], value: $of, expression: stringify!($alias) },)*
            ]
        };
    };
}

/// The files of one system, as the library includes them.
macro_rules! system {
    ($module:ident, $constants:literal, $errnos:literal) => {
        mod $module {
            use super::Constant;

            include!($constants);
            include!($errnos);

            pub fn all() -> Vec<Constant> {
                [CONSTANTS, ERRNOS].concat()
            }
        }
    };
}

system!(
    linux,
    "../../src/os/linux/constants.rs",
    "../../src/os/linux/errno.rs"
);
system!(
    freebsd,
    "../../src/os/freebsd/constants.rs",
    "../../src/os/freebsd/errno.rs"
);
system!(
    netbsd,
    "../../src/os/netbsd/constants.rs",
    "../../src/os/netbsd/errno.rs"
);

fn main() -> ExitCode {
    match check() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result<()> {
    // The library's files need no such line: a change of them rebuilds this program, which includes them.
    println!("cargo::rerun-if-changed=families.toml");
    let system = env::var("CARGO_CFG_TARGET_OS")?;
    let architecture = env::var("CARGO_CFG_TARGET_ARCH")?;
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let list = List::read("families.toml")?;

    let mut constants = match system.as_str() {
        "linux" => linux::all(),
        "freebsd" => freebsd::all(),
        "netbsd" => netbsd::all(),
        _ => return Err(format!("rawmap has no constants for {system}").into()),
    };
    list.exceptions_exist(&system, &constants)?;
    constants.retain(|constant| constant.exists_on(&architecture));

    let mut checks = format!("const IN_LIBRARY: usize = {};\n", constants.len());
    if system == "linux" {
        checks += &crates::linux(&list, &constants);
    } else {
        let compared = headers::compare(
            &list.headers(&system),
            &constants,
            &system,
            &architecture,
            out,
        )?;
        checks += &format!("const IN_HEADERS: usize = {compared};\n");
        checks += &crates::bsd(&list, &constants, &system);
    }
    fs::write(out.join("checks.rs"), checks)?;
    Ok(())
}
