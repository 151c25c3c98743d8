//! constants/families.toml: which macros become constants.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::SYSTEMS;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    pub(super) family: Vec<Family>,
    pub(super) picked: Vec<Picked>,
    pub(super) errno: Errnos,
    // These three are for the check member.
    #[serde(rename = "linux_calls")]
    pub(super) _linux_calls: IgnoredAny,
    #[serde(rename = "only_in_headers")]
    pub(super) _only_in_headers: IgnoredAny,
    #[serde(rename = "older_in_libc")]
    pub(super) _older_in_libc: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    pub(super) prefix: String,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) header: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) absent: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) exclude: Vec<Exclude>,
    #[serde(default)]
    pub(super) derived: Vec<Derived>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exclude {
    pub(super) names: Vec<String>,
    pub(super) reason: String,
}

/// A constant that no macro spells out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Derived {
    pub(super) name: String,
    /// Where it differs from the family's.
    #[serde(rename = "type")]
    pub(super) kind: Option<Kind>,
    pub(super) system: String,
    pub(super) expression: String,
    /// The macro of the family that has no number of its own.
    pub(super) covers: String,
    pub(super) comment: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Picked {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) hexadecimal: bool,
    pub(super) header: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    /// Our name, and the header's.
    #[serde(default)]
    pub(super) renamed: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Errnos {
    pub(super) header: BTreeMap<String, String>,
    pub(super) exclude: Vec<Exclude>,
    pub(super) alias: Vec<ExtraAlias>,
}

/// A second name that a system's header lacks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtraAlias {
    pub(super) name: String,
    pub(super) system: String,
    pub(super) of: String,
    pub(super) reason: String,
}

impl List {
    pub(super) fn validate(&self) -> Result<()> {
        for family in &self.family {
            for (system, ..) in SYSTEMS {
                ensure!(
                    family.header.contains_key(system) != family.absent.contains_key(system),
                    "family {}: {system} must have either a header or a reason why there is none",
                    family.prefix
                );
            }
        }
        let reasons = self.family.iter().flat_map(|family| {
            let excluded = family.exclude.iter().map(|exclude| &exclude.reason);
            excluded.chain(family.absent.values())
        });
        let of_errnos = self.errno.exclude.iter().map(|exclude| &exclude.reason);
        let of_aliases = self.errno.alias.iter().map(|alias| &alias.reason);
        for reason in reasons.chain(of_errnos).chain(of_aliases) {
            ensure!(
                !reason.trim().is_empty(),
                "families.toml has an empty reason"
            );
        }
        Ok(())
    }

    /// Every header that something of `system` is defined in.
    pub(super) fn headers(&self, system: &str) -> BTreeSet<&str> {
        let families = self.family.iter().map(|family| &family.header);
        let picked = self.picked.iter().map(|picked| &picked.header);
        let all = families.chain(picked).chain([&self.errno.header]);
        all.filter_map(|header| header.get(system))
            .map(String::as_str)
            .collect()
    }

    /// Every name that must turn up in some header, or the list is out of date.
    pub(super) fn exclusions(&self) -> BTreeSet<String> {
        let families = self.family.iter().flat_map(|family| &family.exclude);
        families
            .chain(&self.errno.exclude)
            .flat_map(|exclude| exclude.names.iter().cloned())
            .collect()
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    I32,
    U8,
    U32,
    Usize,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::I32 => "i32",
            Kind::U8 => "u8",
            Kind::U32 => "u32",
            Kind::Usize => "usize",
        }
    }

    /// What `value` is in this type. C computes most of these in `int`, so that bit 31 arrives sign-extended.
    pub(super) fn read(self, value: u64) -> Option<u64> {
        let narrowed = match self {
            Kind::I32 => return i32::try_from(value.cast_signed()).ok().map(|_| value),
            Kind::U8 => u64::from(u8::try_from(value).ok()?),
            Kind::Usize => value,
            Kind::U32 => match i32::try_from(value.cast_signed()) {
                Ok(signed) => u64::from(signed.cast_unsigned()),
                Err(_) => u64::from(u32::try_from(value).ok()?),
            },
        };
        Some(narrowed)
    }

    /// Bits are read in hexadecimal, numbers in decimal.
    pub(super) fn is_bits(self) -> bool {
        matches!(self, Kind::U8 | Kind::U32)
    }

    pub(super) fn literal(self, value: u64, hexadecimal: bool) -> String {
        match self {
            _ if hexadecimal => format!("{value:#x}"),
            Kind::I32 => value.cast_signed().to_string(),
            _ => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_31_of_a_c_int_is_a_bit() {
        assert_eq!(Kind::U32.read(0xffff_ffff_ff00_0000), Some(0xff00_0000));
        assert_eq!(Kind::U32.read(0x8800_0000), Some(0x8800_0000));
        assert_eq!(Kind::U32.read(0x1_0000_0000), None);
        assert_eq!(Kind::U8.read(0x100), None);
    }

    #[test]
    fn a_negative_number_stays_negative() {
        let minus_100 = (-100_i64).cast_unsigned();
        assert_eq!(Kind::I32.read(minus_100), Some(minus_100));
        assert_eq!(Kind::I32.literal(minus_100, false), "-100");
        assert_eq!(Kind::I32.read(0x8000_0000), None);
    }
}
