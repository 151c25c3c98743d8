//! What the headers of a system define, as its C compiler sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail, ensure};
use object::{Object as _, ObjectSection as _};

/// Where the compiled values lie in the object file.
const SECTION: &str = "rawmap";

pub(super) struct Macro {
    pub(super) name: String,
    pub(super) has_parameters: bool,
    pub(super) body: String,
    pub(super) comment: Option<String>,
}

/// What the headers of one target define.
pub(super) struct Headers<'a> {
    zig: &'a Path,
    pub(super) target: String,
    macros: BTreeMap<String, Vec<Macro>>,
}

impl<'a> Headers<'a> {
    pub(super) fn read(zig: &'a Path, target: &str, names: BTreeSet<&str>) -> Result<Self> {
        let mut macros = BTreeMap::new();
        for header in names {
            // -dD and not -dM: it keeps the headers' order and, with -CC, their comments.
            let listing = compile(
                zig,
                target,
                &["-E", "-dD", "-CC"],
                &format!("#include <{header}>\n"),
                |output, _| Ok(String::from_utf8(output.stdout)?),
            )
            .with_context(|| format!("listing the macros of <{header}> for {target}"))?;
            macros.insert(header.to_owned(), parse_macros(&listing));
        }
        Ok(Headers {
            zig,
            target: target.to_owned(),
            macros,
        })
    }

    pub(super) fn of(&self, header: &str) -> &[Macro] {
        &self.macros[header]
    }

    /// The values of C expressions, in their order, each as 64 bits.
    pub(super) fn evaluate(&self, expressions: &[&str]) -> Result<Vec<u64>> {
        let mut source = String::new();
        for header in self.macros.keys() {
            writeln!(source, "#include <{header}>")?;
        }
        writeln!(
            source,
            "__attribute__((section(\"{SECTION}\"))) const unsigned long long values[] = {{"
        )?;
        for expression in expressions {
            writeln!(source, "(unsigned long long)({expression}),")?;
        }
        writeln!(source, "}};")?;

        let compiled = compile(self.zig, &self.target, &["-c"], &source, |_, compiled| {
            Ok(fs::read(compiled)?)
        })
        .with_context(|| format!("compiling the constants for {}", self.target))?;
        let file = object::File::parse(&*compiled)?;
        let section = file
            .section_by_name(SECTION)
            .context("the object file has no values")?;
        let values = words(section.data()?);
        ensure!(
            values.len() == expressions.len(),
            "{} values for {}",
            values.len(),
            expressions.len()
        );
        Ok(values)
    }
}

pub(super) fn words(bytes: &[u8]) -> Vec<u64> {
    bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .collect()
}

/// Reads the output of `cc -E -dD -CC`.
fn parse_macros(listing: &str) -> Vec<Macro> {
    let mut macros: Vec<Macro> = Vec::new();
    let mut lines = listing.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("#undef ") {
            macros.retain(|found| found.name != name.trim());
        }
        let Some(definition) = line.strip_prefix("#define ") else {
            continue;
        };
        let mut definition = definition.to_owned();
        // A comment may go on over several lines.
        while definition.rfind("/*") > definition.rfind("*/") {
            let Some(more) = lines.next() else { break };
            definition.push(' ');
            definition.push_str(more);
        }
        let end = definition
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
            .unwrap_or(definition.len());
        let (name, rest) = definition.split_at(end);
        let (body, comment) = match rest.split_once("/*") {
            Some((body, comment)) => (body, comment.split("*/").next().and_then(sentence)),
            None => (rest, None),
        };
        macros.push(Macro {
            name: name.to_owned(),
            has_parameters: rest.starts_with('('),
            body: body.trim().to_owned(),
            comment,
        });
    }
    macros
}

/// A comment as the start of a documentation comment: one line, a capital, no full stop.
pub(super) fn sentence(comment: &str) -> Option<String> {
    let words: Vec<&str> = comment
        .split_whitespace()
        .filter(|word| *word != "*")
        .collect();
    let line = words.join(" ");
    let line = line.trim_end_matches('.');
    let mut letters = line.chars();
    let first = letters.next()?;
    Some(first.to_uppercase().chain(letters).collect())
}

/// Runs zig's C compiler on a file that holds `source`; hands the result to `action`, with the path of the object file.
fn compile<T>(
    zig: &Path,
    target: &str,
    arguments: &[&str],
    source: &str,
    action: impl FnOnce(Output, &Path) -> Result<T>,
) -> Result<T> {
    let folder = tempfile::tempdir()?;
    let [path, compiled, cache] =
        ["constants.c", "constants.o", "cache"].map(|name| folder.path().join(name));
    fs::write(&path, source)?;
    let mut command = Command::new(zig);
    // zig would otherwise leave its cache in the home folder.
    command
        .env("ZIG_GLOBAL_CACHE_DIR", &cache)
        .env("ZIG_LOCAL_CACHE_DIR", &cache);
    command
        .args(["cc", "-target", target])
        .args(arguments)
        .arg(&path);
    if arguments.contains(&"-c") {
        command.arg("-o").arg(&compiled);
    }
    action(succeed(&mut command)?, &compiled)
}

pub(super) fn succeed(command: &mut Command) -> Result<Output> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_with_their_comments() {
        let listing = "# 1 \"sys/mman.h\"\n\
            #define MAP_FIXED 0x0010 /* map addr must be exact. */\n\
            #define MAP_OLD 1\n\
            #undef MAP_OLD\n\
            #define MAP_ALIGNED(n) ((n) << 24)\n\
            #define MAP_COPY 3 /* copy and\n    * delete */\n\
            #define MAP_MASK (1 /* one */ | 2)\n";
        let macros = parse_macros(listing);
        let macros: Vec<_> = macros
            .iter()
            .map(|it| (it.name.as_str(), it.has_parameters, it.comment.as_deref()))
            .collect();
        assert_eq!(
            macros,
            [
                ("MAP_FIXED", false, Some("Map addr must be exact")),
                ("MAP_ALIGNED", true, None),
                ("MAP_COPY", false, Some("Copy and delete")),
                ("MAP_MASK", false, Some("One")),
            ]
        );
    }
}
