//! Writes src/os/*/constants.rs and src/os/*/errno.rs from the systems' own headers.
//!
//! constants/families.toml says which macros are wanted; their values come from compiling them, because many are
//! expressions (`1 << 9`, `MAP_ALIGNED(16)`), and their meaning from the comments beside them.

mod counts;
mod found;
mod headers;
mod list;
mod render;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

pub use counts::counts;
use found::{Found, merge};
use headers::{Headers, succeed};
use list::List;
use render::{render_constants, render_errnos};

/// The name in `cfg` and in the list, the name in a target of zig, and the name for people.
const SYSTEMS: [(&str, &str, &str); 3] = [
    ("linux", "linux-gnu", "Linux"),
    ("freebsd", "freebsd", "FreeBSD"),
    ("netbsd", "netbsd", "NetBSD"),
];
const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

/// What one run made or compared.
pub struct Report {
    /// One line for each system.
    pub systems: Vec<SystemReport>,
}

/// The counts of one system.
pub struct SystemReport {
    /// Its name in `cfg(target_os)`.
    pub system: &'static str,
    /// Constants, however many architectures have them.
    pub constants: usize,
    /// Those among them that one architecture lacks, or has with another value.
    pub one_architecture: usize,
    /// Error numbers.
    pub errnos: usize,
    /// Further names of error numbers.
    pub aliases: usize,
    /// Macros of a wanted family that the list leaves out, with its reason.
    pub excluded: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for system in &self.systems {
            writeln!(
                out,
                "{}: {} constants ({} on one architecture), {} error numbers, {} aliases, {} macros left out with a reason",
                system.system,
                system.constants,
                system.one_architecture,
                system.errnos,
                system.aliases,
                system.excluded
            )?;
        }
        Ok(())
    }
}

/// Writes the generated files below `root` from the headers that `zig` carries; with `check`, compares them with what
/// is there and fails, line by line, where they differ.
pub fn generate(zig: &Path, root: &Path, check: bool) -> Result<Report> {
    let path = root.join("constants/families.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let list: List = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    list.validate()?;

    let version = succeed(Command::new(zig).arg("version"))?;
    let version = String::from_utf8(version.stdout)?;
    let mut exclusions = list.exclusions();
    let mut differences = Vec::new();
    let mut report = Report {
        systems: Vec::new(),
    };
    for (system, zig_system, spoken) in SYSTEMS {
        let mut of_architecture = Vec::new();
        for architecture in ARCHITECTURES {
            let headers = Headers::read(
                zig,
                &format!("{architecture}-{zig_system}"),
                list.headers(system),
            )?;
            of_architecture.push(Found::in_headers(&list, system, &headers)?);
        }
        let excluded: BTreeSet<String> = of_architecture
            .iter()
            .flat_map(|found| found.excluded.iter().cloned())
            .collect();
        exclusions.retain(|name| !excluded.contains(name));
        let [first, second] = <[Found; 2]>::try_from(of_architecture)
            .ok()
            .context("two architectures")?;
        let made_by = format!(
            "// Made by `cargo xtask constants` from the {spoken} headers that ziglang {} ships. Do not edit.\n",
            version.trim()
        );

        let constants = merge(first.constants, second.constants);
        ensure!(!constants.is_empty(), "no constants for {system}");
        ensure!(!first.errnos.is_empty(), "no error numbers for {system}");
        ensure!(
            first.errnos == second.errnos && first.aliases == second.aliases,
            "the architectures of {system} disagree about error numbers"
        );
        report.systems.push(SystemReport {
            system,
            constants: constants
                .iter()
                .map(|(constant, _)| &constant.name)
                .collect::<BTreeSet<_>>()
                .len(),
            one_architecture: constants
                .iter()
                .filter(|(_, architecture)| architecture.is_some())
                .map(|(constant, _)| &constant.name)
                .collect::<BTreeSet<_>>()
                .len(),
            errnos: first.errnos.len(),
            aliases: first.aliases.len(),
            excluded: excluded.len(),
        });

        for (file, body) in [
            (
                format!("src/os/{system}/constants.rs"),
                render_constants(&constants),
            ),
            (
                format!("src/os/{system}/errno.rs"),
                render_errnos(&first.errnos, &first.aliases),
            ),
        ] {
            let wanted = made_by.clone() + &body;
            let path = root.join(&file);
            if check {
                differences.extend(compare(
                    &file,
                    &fs::read_to_string(&path).unwrap_or_default(),
                    &wanted,
                ));
            } else {
                fs::create_dir_all(path.parent().context("a file in a folder")?)?;
                fs::write(&path, wanted)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
    }
    ensure!(
        exclusions.is_empty(),
        "families.toml leaves out what no header defines: {exclusions:?}"
    );
    ensure!(
        differences.is_empty(),
        "the generated files do not say what the headers say; `cargo xtask constants` writes them\n{}",
        differences.join("\n")
    );
    Ok(report)
}

/// The lines that only one of the two has.
fn compare(file: &str, there: &str, wanted: &str) -> Vec<String> {
    if there == wanted {
        return Vec::new();
    }
    let lines_there: BTreeSet<&str> = there.lines().collect();
    let lines_wanted: BTreeSet<&str> = wanted.lines().collect();
    let surplus = lines_there
        .difference(&lines_wanted)
        .map(|line| format!("{file}: not in the headers: {}", line.trim()));
    let missing = lines_wanted
        .difference(&lines_there)
        .map(|line| format!("{file}: in the headers: {}", line.trim()));
    let found: Vec<String> = surplus.chain(missing).collect();
    if found.is_empty() {
        vec![format!("{file}: the same lines in another order")]
    } else {
        found
    }
}
