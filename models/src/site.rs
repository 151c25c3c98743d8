//! The places in the sources at which an order stands, and taking it away at one of them.

use std::{
    collections::BTreeMap,
    fmt,
    panic::Location,
    str::FromStr,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::Ordering::{self, Acquire, Relaxed, Release},
    },
};

/// What stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Load,
    Store,
    /// A swap, an addition.
    Change,
    /// Of an exchange that succeeds.
    Success,
    /// Of one that does not.
    Failure,
    Fence,
}

/// An order at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    /// Within the folder of the registry.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) role: Role,
}

impl Site {
    fn new(at: &Location<'_>, role: Role) -> Self {
        let file = at.file();
        let file = file.rsplit_once("registry/").map_or(file, |(_, file)| file);
        Self {
            file: file.to_owned(),
            line: at.line(),
            column: at.column(),
            role,
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            role,
        } = self;
        write!(f, "{file}:{line}:{column}:{role:?}")
    }
}

impl FromStr for Site {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut parts = text.split(':');
        let mut part = || {
            parts
                .next()
                .ok_or_else(|| anyhow::anyhow!("no place: {text}"))
        };
        Ok(Self {
            file: part()?.to_owned(),
            line: part()?.parse()?,
            column: part()?.parse()?,
            role: match part()? {
                "Load" => Role::Load,
                "Store" => Role::Store,
                "Change" => Role::Change,
                "Success" => Role::Success,
                "Failure" => Role::Failure,
                "Fence" => Role::Fence,
                other => anyhow::bail!("no role: {other}"),
            },
        })
    }
}

/// What is taken away in this process.
#[derive(Clone, Debug)]
pub(crate) enum Mutant {
    /// The order at a place.
    Order(Site),
    /// The tag of the list of free descriptors.
    Tag,
}

static MUTANT: OnceLock<Mutant> = OnceLock::new();
static SEEN: Mutex<BTreeMap<(usize, u32, u32, Role), (Site, Ordering)>> =
    Mutex::new(BTreeMap::new());

/// Takes something away for good.
pub(crate) fn mutate(mutant: Mutant) {
    MUTANT.set(mutant).expect("one mutant a process");
}

/// The order at a place, as far as it was not taken away.
pub(crate) fn order(at: &'static Location<'static>, role: Role, order: Ordering) -> Ordering {
    if order == Relaxed {
        return order;
    }
    if let Some(Mutant::Order(site)) = MUTANT.get()
        && site.line == at.line()
        && site.column == at.column()
        && *site == Site::new(at, role)
    {
        return Relaxed;
    }
    let key = (at.file().as_ptr().addr(), at.line(), at.column(), role);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.entry(key)
        .or_insert_with(|| (Site::new(at, role), order));
    order
}

/// What an exchange writes, without a tag if that was taken away.
pub(crate) fn masked(at: &'static Location<'static>, new: u64) -> u64 {
    match MUTANT.get() {
        Some(Mutant::Tag) if at.file().ends_with("pool/freelist.rs") => new & u64::from(u32::MAX),
        _ => new,
    }
}

/// The places that were met, with their orders.
pub(crate) fn seen() -> Vec<(Site, Ordering)> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sites: Vec<_> = seen.values().cloned().collect();
    sites.sort_by(|(a, _), (b, _)| a.cmp(b));
    sites.dedup_by(|(a, _), (b, _)| a == b);
    sites
}

/// Is it an order that only says something about what was written before?
pub(crate) fn name(order: Ordering) -> &'static str {
    match order {
        Acquire => "acquire",
        Release => "release",
        _ => "both",
    }
}
