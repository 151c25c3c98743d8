//! What a program is told, and what can be printed.

use core::{
    fmt,
    sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed},
};

use rawmap::{
    Advice, Inherit, Prot, page_size,
    registry::{Event, Registry},
    space::{AddressSpace, Discard, Kernel, MapRequest, MoveTo, SyncMode},
};

use super::{
    arena::{Arena, anonymous},
    state::State,
};
use crate::{
    object::object,
    pages::READ_WRITE,
    portable::owned::borrowed,
    report::{Ask, Row, Unable},
    text::Text,
};

pub(super) const ROWS: &[(u32, Ask)] = &[(381, hook), (382, nested), (383, printed)];

const LONGEST: usize = 160;

/// The last line that the hook was given.
static LINE: [AtomicU8; LONGEST] = [const { AtomicU8::new(0) }; LONGEST];
static EVENTS: AtomicUsize = AtomicUsize::new(0);

fn note(event: &Event) {
    EVENTS.fetch_add(1, Relaxed);
    let mut buffer = [0; LONGEST];
    let mut bytes = event.line(&mut buffer).bytes();
    for place in &LINE {
        place.store(bytes.next().unwrap_or(0), Relaxed);
    }
}

/// The line since the last time, and how many there were.
fn told() -> (usize, Text<LONGEST>) {
    let mut line = [0; LONGEST];
    for (byte, place) in line.iter_mut().zip(&LINE) {
        *byte = place.load(Relaxed);
    }
    let line = core::str::from_utf8(&line).unwrap_or_default();
    let line = line.trim_end_matches('\0');
    (EVENTS.swap(0, Relaxed), Text::of(format_args!("{line}")))
}

/// One line was told, and it is this one.
fn is_told(row: &Row<'_>, what: &str, expected: fmt::Arguments<'_>) {
    let (count, line) = told();
    let expected = Text::<LONGEST>::of(format_args!("{expected}\n"));
    row.is(what, (count, as_str(&line)), (1, as_str(&expected)));
}

fn as_str(text: &Text<LONGEST>) -> &str {
    core::str::from_utf8(text.bytes()).unwrap_or_default()
}

fn hook(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("R.......")?;
    let registry = arena.registry;
    let page = page_size();
    let (start, two) = (arena.addr(0), 2 * page);
    // SAFETY: the hook does not unwind.
    unsafe { registry.set_hook(Some(note)) };
    let at = |page: usize| arena.addr(page);

    let _ = arena.map(1, &anonymous(2));
    is_told(
        row,
        "map",
        format_args!(
            "map {two:#x} READ | WRITE private anonymous at {:#x} = {:#x} [2 maps, {:#x} bytes]",
            at(1),
            at(1),
            3 * page,
        ),
    );
    let _ = arena.map(0, &anonymous(2));
    is_told(
        row,
        "a refused map",
        format_args!(
            "map {two:#x} READ | WRITE private anonymous at {start:#x} = EEXIST [2 maps, {:#x} bytes]",
            3 * page,
        ),
    );
    let _ = registry.map(&MapRequest::anonymous(0));
    is_told(
        row,
        "a map of nothing",
        format_args!(
            "map 0x0 READ | WRITE private anonymous anywhere = EINVAL [2 maps, {:#x} bytes]",
            3 * page,
        ),
    );
    let _ = arena.map_over(1..2, &anonymous(1).shared(true));
    is_told(
        row,
        "map_over",
        format_args!(
            "map over {:#x} + {page:#x} READ | WRITE shared anonymous = {:#x} [3 maps, {:#x} bytes]",
            at(1),
            at(1),
            3 * page,
        ),
    );
    let _ = arena.protect(2..3, Prot::READ);
    is_told(
        row,
        "protect",
        format_args!(
            "protect {:#x} + {page:#x} READ = 0 [3 maps, {:#x} bytes]",
            at(2),
            3 * page,
        ),
    );
    let _ = arena.protect(2..4, Prot::NONE);
    is_told(
        row,
        "protect over a hole",
        format_args!(
            "protect {:#x} + {two:#x} NONE = ENOMEM [3 maps, {:#x} bytes]",
            at(2),
            3 * page,
        ),
    );
    let _ = arena.remap(2..3, 2, MoveTo::FixedNoReplace(at(4)));
    is_told(
        row,
        "remap",
        format_args!(
            "remap {:#x} + {page:#x} to {two:#x} at {:#x} = {:#x} [3 maps, {:#x} bytes]",
            at(2),
            at(4),
            at(4),
            4 * page,
        ),
    );
    let _ = arena.inherit(4..5, Inherit::NONE);
    is_told(
        row,
        "inherit",
        format_args!(
            "inherit {:#x} + {page:#x} NONE = 0 [4 maps, {:#x} bytes]",
            at(4),
            4 * page,
        ),
    );
    let _ = arena.discard(4..6, Discard::Zero);
    is_told(
        row,
        "discard",
        format_args!(
            "discard {:#x} + {two:#x} to zero = 0 [4 maps, {:#x} bytes]",
            at(4),
            4 * page,
        ),
    );
    // SAFETY: the row's own page; none of this changes what it holds.
    let _ = unsafe { registry.advise(arena.part(1..2), Advice::WILLNEED) };
    is_told(
        row,
        "advise",
        format_args!(
            "advise {:#x} + {page:#x} WILLNEED = 0 [4 maps, {:#x} bytes]",
            at(1),
            4 * page,
        ),
    );
    let _ = registry.sync(arena.part(1..2), SyncMode::Wait, false);
    is_told(
        row,
        "sync",
        format_args!(
            "sync {:#x} + {page:#x} wait = 0 [4 maps, {:#x} bytes]",
            at(1),
            4 * page,
        ),
    );
    // SAFETY: as above.
    let _ = unsafe { registry.lock(arena.part(1..2)) };
    is_told(
        row,
        "lock",
        format_args!(
            "lock {:#x} + {page:#x} = 0 [4 maps, {:#x} bytes]",
            at(1),
            4 * page,
        ),
    );
    // SAFETY: as above.
    let _ = unsafe { registry.unlock(arena.part(1..2)) };
    is_told(
        row,
        "unlock",
        format_args!(
            "unlock {:#x} + {page:#x} = 0 [4 maps, {:#x} bytes]",
            at(1),
            4 * page,
        ),
    );
    let _ = arena.unmap(0..8);
    is_told(
        row,
        "unmap",
        format_args!("unmap {start:#x} + {:#x} = 0 [0 maps, 0x0 bytes]", 8 * page,),
    );
    let none = || {
        let (count, _) = told();
        count
    };
    row.is(
        "lookups tell nothing",
        (registry.find(start), none()),
        (None, 0),
    );
    // SAFETY: no function is no danger.
    unsafe { registry.set_hook(None) };
    let came = arena.map(0, &anonymous(1));
    row.is("nobody is told any more", (came, none()), (Ok(()), 0));
    Ok(())
}

static NESTED: Registry = Registry::new(Kernel);

/// Maps once more, for the first call alone.
fn map_more(event: &Event) {
    note(event);
    if event.maps() == 1 {
        let _ = Arena::known(&NESTED, 4).map(2, &anonymous(1));
    }
}

/// A hook may use the registry.
fn nested(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::of(&NESTED, 4);
    // SAFETY: the hook does not unwind.
    unsafe { NESTED.set_hook(Some(map_more)) };
    let came = arena.map(0, &anonymous(1));
    row.is(
        "a hook that maps",
        (came, arena.state()),
        (Ok(()), State::of("W.W.")),
    );
    row.is("how often it was called", told().0, 2);
    Ok(())
}

fn printed(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww..")?;
    let page = page_size();
    let object = borrowed(object(2 * page)?);
    let file = MapRequest::file(object, page as u64, page)
        .prot(READ_WRITE)
        .shared(true);
    let came = arena
        .map(2, &file)
        .and(arena.registry.set_user(arena.addresses(2..3), 0xbeef));
    row.is(
        "mappings",
        (came, arena.state()),
        (Ok(()), State::of("WwW.")),
    );
    let at = |page: usize| arena.addr(page);
    let came = Text::<LONGEST>::of(format_args!("{}", arena.registry));
    let expected = Text::<LONGEST>::of(format_args!(
        "{:012x}-{:012x} rw-p 00000000 anonymous\n{:012x}-{:012x} rw-s {page:08x} file user=0xbeef\n",
        at(0),
        at(2),
        at(2),
        at(3),
    ));
    row.is("their lines", as_str(&came), as_str(&expected));
    Ok(())
}
