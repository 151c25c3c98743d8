//! What the registry and the kernel have in an arena, and what they are to have.

use core::fmt::{self, Write as _};

use rawmap::{
    Prot, page_size,
    registry::{MapInfo, Registry},
};

use crate::{
    layout::{Layout, mapped},
    pages::{ALL, Pages, READ_EXECUTE, READ_WRITE},
};

/// The most pages that an arena has.
const MOST: usize = 16;

/// A sign for each page of an arena.
///
/// A mapping is a capital letter for its first page and small ones for the others: `n` for no access, `r` to read, `w` to
/// read and write, `x` to read and execute, `a` for all, `o` for anything else, `u` for what nobody knows. `.` is a page
/// where nothing is, `*` one that the kernel alone has, and `!` one that the registry alone has.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Picture([u8; MOST]);

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signs = self.0.iter().filter(|sign| **sign != 0);
        signs
            .into_iter()
            .try_for_each(|&sign| f.write_char(sign.into()))
    }
}

/// The state of a registry of which all lies in one arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pages: Picture,
    maps: usize,
    mapped_pages: usize,
    wrong: Option<&'static str>,
}

impl State {
    /// What such a text says.
    pub(super) fn of(text: &str) -> Self {
        let mut pages = Picture([0; MOST]);
        for (place, sign) in pages.0.iter_mut().zip(text.bytes()) {
            *place = sign;
        }
        Self {
            pages,
            maps: text.bytes().filter(u8::is_ascii_uppercase).count(),
            mapped_pages: text.bytes().filter(u8::is_ascii_alphabetic).count(),
            wrong: None,
        }
    }

    /// What there is.
    pub(super) fn now(registry: &Registry, arena: &Pages) -> Self {
        let mut pages = Picture([0; MOST]);
        let count = arena.len() / page_size();
        for (page, place) in pages.0.iter_mut().take(count).enumerate() {
            let at = arena.page(page);
            let is_mapped = mapped(at, 1) == Layout::of("x");
            *place = match registry.find(at.addr()) {
                Some(_) if !is_mapped => b'!',
                Some(info) if info.start() == at.addr() => sign(&info).to_ascii_uppercase(),
                Some(info) => sign(&info),
                None if is_mapped => b'*',
                None => b'.',
            };
        }
        Self {
            pages,
            maps: registry.len(),
            mapped_pages: registry.mapped_bytes() / page_size(),
            wrong: wrong(registry, arena),
        }
    }
}

fn sign(info: &MapInfo) -> u8 {
    match info.prot() {
        None => b'u',
        Some(Prot::NONE) => b'n',
        Some(Prot::READ) => b'r',
        Some(READ_WRITE) => b'w',
        Some(READ_EXECUTE) => b'x',
        Some(ALL) => b'a',
        Some(_) => b'o',
    }
}

/// Says what is not so.
const fn unless(holds: bool, what: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(what) }
}

/// What contradicts itself, if anything does.
pub(super) fn wrong(registry: &Registry, arena: &Pages) -> Option<&'static str> {
    let checked = registry.check().map_err(|violation| violation.what());
    checked
        .and_then(|()| listing(registry))
        .and_then(|()| kernel(registry, arena))
        .err()
}

/// The listing, the numbers, and the lookups at every boundary.
fn listing(registry: &Registry) -> Result<(), &'static str> {
    let (mut maps, mut bytes, mut last) = (0, 0, 0);
    for info in registry {
        unless(last <= info.start(), "the listing has no order")?;
        unless(info.start() < info.end(), "a mapping is empty")?;
        unless(!info.changing(), "nothing is under way")?;
        let (start, end) = (info.start(), info.end());
        for inside in [start, start + 1, start + (end - start) / 2, end - 1] {
            unless(registry.find(inside) == Some(info), "find inside")?;
            unless(registry.next(inside) == Some(info), "next inside")?;
        }
        unless(registry.find(start - 1) != Some(info), "find below")?;
        unless(registry.find(end) != Some(info), "find behind")?;
        if last < start {
            unless(registry.find(start - 1).is_none(), "find in a hole")?;
            unless(registry.next(last) == Some(info), "next from a hole")?;
            unless(!registry.overlaps(last..start), "overlaps in a hole")?;
        }
        unless(registry.overlaps(start..end), "overlaps")?;
        (maps, bytes, last) = (maps + 1, bytes + info.len(), end);
    }
    unless(registry.next(last).is_none(), "next behind all")?;
    unless(maps == registry.len(), "the number of mappings")?;
    unless(bytes == registry.mapped_bytes(), "the number of bytes")?;
    unless(registry.is_empty() == (maps == 0), "being empty")
}

/// Linux says of every page what may be done with it and which part of a file it shows.
#[cfg(target_os = "linux")]
fn kernel(registry: &Registry, arena: &Pages) -> Result<(), &'static str> {
    use rawmap::space::Kind;

    use crate::proc;

    let page = page_size();
    let mut answer = Ok(());
    proc::each_mapping(|mapping| {
        let from = mapping.start.max(arena.start.addr());
        let to = mapping.end.min(arena.start.addr() + arena.len());
        for at in (from..to).step_by(page) {
            // What was mapped otherwise is not the registry's.
            let Some(info) = registry.find(at) else {
                continue;
            };
            let Some(prot) = info.prot() else {
                continue;
            };
            let may = |access, sign| if prot.contains(access) { sign } else { b'-' };
            let columns = [
                may(Prot::READ, b'r'),
                may(Prot::WRITE, b'w'),
                may(Prot::EXEC, b'x'),
                if info.shared() { b's' } else { b'p' },
            ];
            if columns != mapping.columns {
                answer = Err("the kernel has other columns");
            }
            if let Kind::File { offset } = info.kind()
                && offset + (at - info.start()) as u64
                    != mapping.offset + (at - mapping.start) as u64
            {
                answer = Err("the kernel has another offset");
            }
        }
    })
    .map_or(Err(proc::MISSING), |()| answer)
}

/// The others say no more than which pages are there.
#[cfg(not(target_os = "linux"))]
const fn kernel(_: &Registry, _: &Pages) -> Result<(), &'static str> {
    Ok(())
}
