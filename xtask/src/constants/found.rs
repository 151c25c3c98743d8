//! Picks out of the headers of one target what the list asks for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Context as _, Result, bail, ensure};

use super::ARCHITECTURES;
use super::headers::{Headers, Macro, sentence};
use super::list::{Derived, Family, Kind, List, Picked};

pub(super) struct Found {
    pub(super) constants: Vec<Constant>,
    pub(super) errnos: Vec<ErrorNumber>,
    pub(super) aliases: Vec<Alias>,
    /// The names that the list leaves out.
    pub(super) excluded: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) literal: String,
    pub(super) expression: String,
    pub(super) comment: Option<String>,
}

#[derive(PartialEq)]
pub(super) struct ErrorNumber {
    pub(super) name: String,
    pub(super) number: u16,
    pub(super) meaning: String,
}

#[derive(PartialEq)]
pub(super) struct Alias {
    pub(super) name: String,
    pub(super) of: String,
}

/// A constant whose value is still to be computed.
struct Wanted {
    name: String,
    kind: Kind,
    hexadecimal: bool,
    expression: String,
    comment: Option<String>,
}

impl Found {
    pub(super) fn in_headers(list: &List, system: &str, headers: &Headers<'_>) -> Result<Self> {
        let mut excluded = BTreeSet::new();
        let mut wanted = Vec::new();
        for family in &list.family {
            if let Some(header) = family.header.get(system) {
                family.collect(list, system, headers.of(header), &mut wanted, &mut excluded)?;
            }
        }
        for picked in &list.picked {
            if let Some(header) = picked.header.get(system) {
                picked
                    .collect(headers.of(header), &mut wanted)
                    .with_context(|| format!("<{header}> for {}", headers.target))?;
            }
        }
        let numbers = error_numbers(list, system, headers, &mut excluded)?;

        let of_constants = wanted.iter().map(|wanted| wanted.expression.as_str());
        let of_errnos = numbers.iter().map(|number| number.name.as_str());
        let expressions: Vec<&str> = of_constants.chain(of_errnos).collect();
        let values = headers.evaluate(&expressions)?;
        let (of_constants, of_errnos) = values.split_at(wanted.len());

        let mut constants = Vec::new();
        for (wanted, &value) in wanted.into_iter().zip(of_constants) {
            constants.push(wanted.with_value(value).context(headers.target.clone())?);
        }

        let mut errnos = Vec::new();
        let mut aliases = Vec::new();
        for (found, &value) in numbers.into_iter().zip(of_errnos) {
            let name = found.name.clone();
            if is_errno_name(&found.body) {
                let of = found.body.clone();
                aliases.push(Alias { name, of });
                continue;
            }
            ensure!(
                (1..=4095).contains(&value),
                "{name} is {value}: no error number"
            );
            let meaning = found.comment.clone();
            errnos.push(ErrorNumber {
                number: u16::try_from(value)?,
                meaning: meaning.with_context(|| format!("{name} has no comment"))?,
                name,
            });
        }
        errnos.sort_by_key(|errno| errno.number);
        for extra in list.errno.alias.iter().filter(|it| it.system == system) {
            let has = |name: &str| errnos.iter().any(|errno| errno.name == name);
            ensure!(
                has(&extra.of)
                    && !has(&extra.name)
                    && !aliases.iter().any(|alias| alias.name == extra.name),
                "{system}: {} is not a second name of {} that the header lacks",
                extra.name,
                extra.of
            );
            aliases.push(Alias {
                name: extra.name.clone(),
                of: extra.of.clone(),
            });
        }
        Ok(Found {
            constants,
            errnos,
            aliases,
            excluded,
        })
    }
}

impl Wanted {
    fn with_value(self, value: u64) -> Result<Constant> {
        let value = self
            .kind
            .read(value)
            .with_context(|| format!("{} is {value:#x}: no {}", self.name, self.kind.name()))?;
        let is_shift = self.name.ends_with("_SHIFT");
        Ok(Constant {
            literal: self.kind.literal(value, self.hexadecimal && !is_shift),
            name: self.name,
            kind: self.kind,
            expression: self.expression,
            comment: self.comment,
        })
    }
}

impl Family {
    fn collect(
        &self,
        list: &List,
        system: &str,
        macros: &[Macro],
        wanted: &mut Vec<Wanted>,
        excluded: &mut BTreeSet<String>,
    ) -> Result<()> {
        let is_mine = |name: &str| {
            let prefixes = list.family.iter().map(|family| family.prefix.as_str());
            let longest = prefixes
                .filter(|prefix| name.starts_with(prefix))
                .max_by_key(|prefix| prefix.len());
            longest == Some(self.prefix.as_str())
        };
        let derived = self.derived.iter().filter(|it| it.system == system);
        let derived: Vec<&Derived> = derived.collect();
        for derived in &derived {
            ensure!(
                macros.iter().any(|found| found.name == derived.covers),
                "{system}: {} stands for {}, which the header does not define",
                derived.name,
                derived.covers
            );
        }
        for found in macros.iter().filter(|found| is_mine(&found.name)) {
            let name = &found.name;
            if self.exclude.iter().any(|it| it.names.contains(name)) {
                excluded.insert(name.clone());
            } else if derived.iter().any(|derived| derived.covers == *name) {
                // Its derived constants come at the family's end.
            } else if found.has_parameters {
                bail!(
                    "{system}: {name} has parameters: families.toml must derive constants or leave it out"
                );
            } else {
                wanted.push(Wanted {
                    name: name.clone(),
                    kind: self.kind,
                    hexadecimal: self.kind.is_bits(),
                    expression: name.clone(),
                    comment: found.comment.clone(),
                });
            }
        }
        wanted.extend(derived.into_iter().map(|derived| {
            let kind = derived.kind.unwrap_or(self.kind);
            Wanted {
                name: derived.name.clone(),
                kind,
                hexadecimal: kind.is_bits(),
                expression: derived.expression.clone(),
                comment: sentence(&derived.comment),
            }
        }));
        Ok(())
    }
}

impl Picked {
    fn collect(&self, macros: &[Macro], wanted: &mut Vec<Wanted>) -> Result<()> {
        let same = self.names.iter().map(|name| (name, name));
        let renamed = self.renamed.iter().map(|(ours, theirs)| (theirs, ours));
        let mut missing: BTreeMap<&String, &String> = same.chain(renamed).collect();
        for found in macros {
            if let Some(name) = missing.remove(&found.name) {
                wanted.push(Wanted {
                    name: name.clone(),
                    kind: self.kind,
                    hexadecimal: self.hexadecimal || self.kind.is_bits(),
                    expression: found.name.clone(),
                    comment: found.comment.clone(),
                });
            }
        }
        ensure!(missing.is_empty(), "not defined: {:?}", missing.keys());
        Ok(())
    }
}

/// Every error number and alias of the system's header that the list does not leave out.
fn error_numbers<'a>(
    list: &List,
    system: &str,
    headers: &'a Headers<'_>,
    excluded: &mut BTreeSet<String>,
) -> Result<Vec<&'a Macro>> {
    let header = list.errno.header.get(system);
    let header = header.context("every system has error numbers")?;
    let mut numbers = Vec::new();
    for found in headers.of(header) {
        if found.has_parameters || !is_errno_name(&found.name) {
            continue;
        }
        let mut exclusions = list.errno.exclude.iter();
        if exclusions.any(|exclude| exclude.names.contains(&found.name)) {
            excluded.insert(found.name.clone());
        } else {
            numbers.push(found);
        }
    }
    Ok(numbers)
}

fn is_errno_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    name.len() > 1 && name.starts_with('E') && name.chars().all(is_letter)
}

/// Every constant once if the architectures agree, otherwise once for each architecture that has it.
pub(super) fn merge(
    first: Vec<Constant>,
    second: Vec<Constant>,
) -> Vec<(Constant, Option<&'static str>)> {
    let [of_first, of_second] = ARCHITECTURES;
    let in_first: BTreeSet<String> = first.iter().map(|it| it.name.clone()).collect();
    let mut second = VecDeque::from(second);
    let mut merged = Vec::new();
    for constant in first {
        while let Some(other) = second.pop_front_if(|other| !in_first.contains(&other.name)) {
            merged.push((other, Some(of_second)));
        }
        let position = second.iter().position(|it| it.name == constant.name);
        match position.and_then(|position| second.remove(position)) {
            Some(other) if other == constant => merged.push((constant, None)),
            Some(other) => merged.extend([(constant, Some(of_first)), (other, Some(of_second))]),
            None => merged.push((constant, Some(of_first))),
        }
    }
    merged.extend(
        second
            .into_iter()
            .map(|constant| (constant, Some(of_second))),
    );
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constants(list: &[(&str, &str)]) -> Vec<Constant> {
        let constant = |&(name, literal): &(&str, &str)| Constant {
            name: name.to_owned(),
            kind: Kind::U32,
            literal: literal.to_owned(),
            expression: name.to_owned(),
            comment: None,
        };
        list.iter().map(constant).collect()
    }

    #[test]
    fn order_alone_makes_no_difference() {
        let merged = merge(
            constants(&[("A", "1"), ("B", "2")]),
            constants(&[("B", "2"), ("A", "1")]),
        );
        assert!(
            merged
                .iter()
                .all(|(_, architecture)| architecture.is_none())
        );
        assert_eq!(merged.len(), 2);
    }

    #[test]
    fn architectures_are_named_only_where_they_differ() {
        let first = constants(&[("A", "1"), ("ONLY_FIRST", "2"), ("B", "3"), ("OTHER", "4")]);
        let second = constants(&[
            ("A", "1"),
            ("ONLY_SECOND", "5"),
            ("B", "3"),
            ("OTHER", "6"),
            ("LAST", "7"),
        ]);
        let merged = merge(first, second);
        let merged: Vec<_> = merged
            .iter()
            .map(|(it, architecture)| (it.name.as_str(), it.literal.as_str(), *architecture))
            .collect();
        assert_eq!(
            merged,
            [
                ("A", "1", None),
                ("ONLY_SECOND", "5", Some("aarch64")),
                ("ONLY_FIRST", "2", Some("x86_64")),
                ("B", "3", None),
                ("OTHER", "4", Some("x86_64")),
                ("OTHER", "6", Some("aarch64")),
                ("LAST", "7", Some("aarch64")),
            ]
        );
    }
}
