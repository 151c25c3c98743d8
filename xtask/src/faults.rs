//! Planted faults: a changed copy of the project must be caught by its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use ignore::WalkBuilder;
use serde::Deserialize;

use crate::conformance;
use crate::log::Log;
use crate::packages::Packages;
use crate::programs::{self, Variant};
use crate::project::Project;
use crate::run::{Outcome, Place};
use crate::target::Target;
use crate::tidy;

/// One fault, as a file in xtask/faults describes it; the file's name is its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    #[serde(skip)]
    name: String,
    /// The file that is changed, from the root of the project.
    file: PathBuf,
    /// What is replaced; it must be there once.
    find: String,
    /// What it is replaced by.
    replace: String,
    /// The triples that it is planted for.
    targets: Vec<String>,
    /// The package of the program that is built with it.
    program: String,
    /// The one row that is asked, if the program is the conformance program.
    row: Option<u32>,
    /// Features of its package.
    #[serde(default)]
    features: Vec<String>,
    /// Whether the program is the tidy one, and each of its calls is refused in turn until something is left behind.
    #[serde(default)]
    refused: bool,
    /// What the line that shows the fault contains: one of a check that failed, or of the machine, or what is said of what
    /// was left behind.
    caught_by: String,
}

impl Fault {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is planted for `target`.
    pub fn is_for(&self, target: Target) -> bool {
        self.targets.iter().any(|triple| triple == target.triple)
    }
}

/// All planted faults, by name.
pub fn all(project: &Project) -> Result<Vec<Fault>> {
    let folder = project.root.join("xtask/faults");
    let pattern = folder.join("*.toml");
    let mut faults = Vec::new();
    for path in glob::glob(pattern.to_str().context("the path is not UTF-8")?)? {
        let path = path?;
        let mut fault: Fault = toml::from_str(&fs::read_to_string(&path)?)
            .with_context(|| path.display().to_string())?;
        fault.name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        faults.push(fault);
    }
    ensure!(
        !faults.is_empty(),
        "there is no planted fault in {}",
        folder.display()
    );
    for fault in &faults {
        // A misspelt one would be planted nowhere, without a word.
        ensure!(!fault.targets.is_empty(), "{}: for no target", fault.name);
        for triple in &fault.targets {
            triple
                .parse::<Target>()
                .with_context(|| fault.name.clone())?;
        }
    }
    Ok(faults)
}

/// How programs with a fault are built: what does not depend on it is not built again.
const QUICKLY: &[&str] = &[
    "profile.static.incremental=true",
    "profile.static.lto=\"off\"",
    "profile.static.codegen-units=16",
];

/// A copy of the project for one target, in which one file at a time is changed. It is made apart from everything else: cargo
/// takes it for the same package, and what is built here would later pass for the project's own.
pub struct Copy {
    project: Project,
    target: Target,
}

impl Copy {
    /// A copy of how the project is now.
    pub fn of(project: &Project, target: Target) -> Result<Copy> {
        let root = project.made.join("faults").join(target.triple);
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        copy(project, &root)?;
        let made = project.made.join("faulty");
        Ok(Copy {
            project: Project { root, made },
            target,
        })
    }

    /// Plants `fault`, and returns the line that caught it at `place`.
    pub fn plant(
        &self,
        packages: &Packages,
        fault: &Fault,
        place: &Place,
        limit: Duration,
        log: &mut Log,
    ) -> Result<String> {
        let path = self.project.root.join(&fault.file);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", fault.file.display()))?;
        fs::write(&path, patched(&text, fault)?)?;
        let caught = self.catch(packages, fault, place, limit, log);
        fs::write(&path, text)?;
        caught
    }

    fn catch(
        &self,
        packages: &Packages,
        fault: &Fault,
        place: &Place,
        limit: Duration,
        log: &mut Log,
    ) -> Result<String> {
        let package = self.project.program(&fault.program)?;
        let features: Vec<&str> = fault.features.iter().map(String::as_str).collect();
        let program = programs::build(
            &self.project,
            packages,
            &package,
            self.target,
            Variant {
                features: &features,
                settings: QUICKLY,
            },
            &self.project.root.join("built"),
            log,
        )
        .context("the fault must build, or nothing is tested")?;
        if fault.refused {
            let (_, error) = tidy::ERRORS[0];
            let refused = tidy::each(place, &program.path, error, tidy::Choice::ALL, limit, log);
            return catch_left_behind(fault, refused);
        }
        let outcome = match fault.row {
            Some(row) => conformance::ask(place, &program.path, row..=row, limit, log)?,
            None => place.run(&program.path, limit, log)?,
        };
        catch(fault, &outcome)
    }
}

fn catch_left_behind(fault: &Fault, refused: Result<tidy::Refused>) -> Result<String> {
    let Err(error) = refused else {
        bail!("NOT CAUGHT: the program left nothing behind with the fault");
    };
    let said = format!("{error:#}");
    ensure!(
        said.contains(&fault.caught_by),
        "the program failed, but not by {:?}: {said}",
        fault.caught_by
    );
    Ok(said)
}

fn catch(fault: &Fault, outcome: &Outcome) -> Result<String> {
    let Err(verdict) = outcome.verdict() else {
        bail!("NOT CAUGHT: the program passed with the fault");
    };
    let mut complaints = outcome
        .output
        .lines()
        .filter(|line| line.starts_with("not ok ") || line.starts_with("machine: "));
    let line = complaints.find(|line| line.contains(&fault.caught_by));
    match line {
        Some(line) => Ok(line.trim().to_owned()),
        None => bail!(
            "the program failed, but not by {:?}: {verdict:#}",
            fault.caught_by
        ),
    }
}

/// Copies everything that belongs to the project.
fn copy(project: &Project, to: &Path) -> Result<()> {
    let made = project.made.clone();
    let walk = WalkBuilder::new(&project.root)
        .hidden(false)
        .require_git(false)
        .filter_entry(move |entry| entry.file_name() != ".git" && entry.path() != made)
        .build();
    for entry in walk {
        let entry = entry?;
        let path = to.join(entry.path().strip_prefix(&project.root)?);
        if entry.path().is_dir() {
            fs::create_dir_all(&path)?;
        } else {
            fs::copy(entry.path(), &path).with_context(|| entry.path().display().to_string())?;
        }
    }
    Ok(())
}

fn patched(text: &str, fault: &Fault) -> Result<String> {
    let found = text.matches(&fault.find).count();
    ensure!(
        found == 1,
        "the text to replace is {found} times in {}",
        fault.file.display()
    );
    ensure!(fault.find != fault.replace, "the fault changes nothing");
    Ok(text.replacen(&fault.find, &fault.replace, 1))
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::{Fault, catch, catch_left_behind};
    use crate::run::Outcome;
    use crate::tidy::Refused;

    fn fault() -> Fault {
        toml::from_str(
            "file = 'arch/a.rs'\nfind = 'x6'\nreplace = 'x5'\ntargets = ['aarch64-unknown-netbsd']\n\
             program = 'rawmap-demo'\ncaught-by = 'offset'\n",
        )
        .unwrap()
    }

    #[test]
    fn what_is_left_behind_is_caught_by_what_must_catch_it_alone() {
        let caught =
            |refused| catch_left_behind(&fault(), refused).map_err(|error| error.to_string());
        let offset = || Err(anyhow!("not ok 1 - offset").context("call 3 of 9"));
        assert_eq!(
            caught(offset()),
            Ok("call 3 of 9: not ok 1 - offset".to_owned())
        );
        assert!(caught(Err(anyhow!("not ok 1 - length"))).is_err());
        assert!(caught(Ok(Refused::default())).is_err());
    }

    fn caught(status: i32, output: &str) -> Result<String, String> {
        let outcome = Outcome {
            status,
            output: output.to_owned(),
        };
        catch(&fault(), &outcome).map_err(|error| error.to_string())
    }

    #[test]
    fn a_fault_is_caught_by_what_must_catch_it_alone() {
        assert_eq!(
            caught(1, "not ok 1 - offset\n1..1\n"),
            Ok("not ok 1 - offset".to_owned())
        );
        assert_eq!(
            caught(0, "ok 1 - offset\n1..1\n"),
            Err("NOT CAUGHT: the program passed with the fault".to_owned())
        );
        let other = caught(1, "not ok 1 - length\n1..1\n").unwrap_err();
        assert_eq!(
            other,
            "the program failed, but not by \"offset\": not ok 1 - length"
        );
    }
}
