//! What families.toml says about the check; `cargo xtask constants` reads the rest of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde::Deserialize;

use crate::{Constant, Result};

#[derive(Deserialize)]
pub struct List {
    family: Vec<Group>,
    picked: Vec<Group>,
    errno: Group,
    linux_calls: Calls,
    only_in_headers: Vec<OnlyInHeaders>,
    older_in_libc: Vec<OlderInLibc>,
}

#[derive(Deserialize)]
struct Group {
    header: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Calls {
    names: Vec<String>,
}

#[derive(Deserialize)]
struct OnlyInHeaders {
    names: Vec<String>,
    reason: String,
}

#[derive(Deserialize)]
struct OlderInLibc {
    name: String,
    system: String,
    value: i64,
    reason: String,
}

impl List {
    pub fn read(path: &str) -> Result<Self> {
        let list: List = toml::from_str(&fs::read_to_string(path)?)?;
        let only_in_headers = list.only_in_headers.iter().map(|entry| &entry.reason);
        let older_in_libc = list.older_in_libc.iter().map(|entry| &entry.reason);
        if only_in_headers.chain(older_in_libc).any(String::is_empty) {
            return Err(format!("{path}: an exception has no reason").into());
        }
        Ok(list)
    }

    /// Every exception must name one of the constants of a system, whatever the architecture.
    pub fn exceptions_exist(&self, system: &str, constants: &[Constant]) -> Result<()> {
        let mut names: BTreeSet<&str> = self.older_in_libc(system).into_keys().collect();
        if system == "linux" {
            names.extend(self.only_in_headers());
        }
        for constant in constants {
            names.remove(constant.name);
        }
        if names.is_empty() {
            Ok(())
        } else {
            Err(format!("families.toml has exceptions for no constant: {names:?}").into())
        }
    }

    /// Every header of a system that a constant or an error number comes from.
    pub fn headers(&self, system: &str) -> BTreeSet<&str> {
        let groups = self.family.iter().chain(&self.picked).chain([&self.errno]);
        groups
            .filter_map(|group| group.header.get(system))
            .map(String::as_str)
            .collect()
    }

    /// The calls of Linux whose numbers the library takes from the `syscalls` crate.
    pub fn linux_calls(&self) -> &[String] {
        &self.linux_calls.names
    }

    /// The constants of Linux that no crate has.
    pub fn only_in_headers(&self) -> BTreeSet<&str> {
        let names = self.only_in_headers.iter().flat_map(|entry| &entry.names);
        names.map(String::as_str).collect()
    }

    /// What `libc` has from an older release of a system.
    pub fn older_in_libc(&self, system: &str) -> BTreeMap<&str, i64> {
        let entries = self.older_in_libc.iter();
        entries
            .filter(|entry| entry.system == system)
            .map(|entry| (entry.name.as_str(), entry.value))
            .collect()
    }
}
