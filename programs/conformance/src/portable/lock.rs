//! Locked memory.

use rawmap::{
    Prot, Result, page_size,
    space::{AddressSpace, Kernel, Region},
};
use rawmap_bare::{
    limit::{self, Resource},
    process::{self, Ended},
};

use super::owned::{Owned, anonymous, region};
use crate::{
    answer::{DONE, ENOMEM},
    layout::{Layout, resident},
    pages::{Pages, WRITTEN},
    place,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (271, present),
    (272, limited),
    (273, unlocked),
    (274, refused),
];

fn lock(region: Region) -> Result<()> {
    // SAFETY: the row's own pages, or nobody's.
    unsafe { Kernel.lock(region) }
}

fn unlock(region: Region) -> Result<()> {
    // SAFETY: nothing relies on the pages staying in memory.
    unsafe { Kernel.unlock(region) }
}

fn present(row: &Row<'_>) -> core::result::Result<(), Unable> {
    for (what, request) in [
        ("private", anonymous(4)),
        ("shared", anonymous(4).shared(true)),
        ("read-only", anonymous(4).prot(Prot::READ)),
    ] {
        let owned = Owned::map(&request)?;
        row.is(format_args!("{what}: lock"), lock(owned.part(1, 2)), DONE);
        let came = resident(owned.pages.page(1), 2);
        row.is(
            format_args!("{what}: it is in memory"),
            came,
            Layout::of("xx"),
        );
        row.is(format_args!("{what}: once more"), lock(owned.region), DONE);
        let came = resident(owned.pages.start, 4);
        row.is(format_args!("{what}: all of it"), came, Layout::of("xxxx"));
        row.is(format_args!("{what}: unlock"), unlock(owned.region), DONE);
        row.is(
            format_args!("{what}: unlock once more"),
            unlock(owned.region),
            DONE,
        );
    }
    let owned = Owned::private(2)?;
    let bytes = region(owned.pages.start, page_size() + 1);
    row.is("a page and a byte", lock(bytes), DONE);
    row.is(
        "two pages are in memory",
        resident(owned.pages.start, 2),
        Layout::of("xx"),
    );
    Ok(())
}

/// Without root, and with a limit of so many pages, in a child.
fn within(row: &Row<'_>, pages: usize, ask: impl Fn() -> core::result::Result<(), Unable>) {
    let ended = process::child(|| {
        let limited = || {
            place::give_up_root()?;
            limit::set_current(Resource::LockedMemory, (pages * page_size()) as u64)
                .map_err(|number| Unable::because("setrlimit", number))?;
            ask()
        };
        limited().map_or(1, |()| 0)
    });
    row.is(
        format_args!("the end of the process with {pages} pages"),
        ended,
        Ended::Exited(0),
    );
}

fn limited(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let owned = Owned::private(4)?;
    within(row, 2, || {
        row.is("over the limit", lock(owned.part(0, 3)), ENOMEM);
        row.is("within the limit", lock(owned.part(0, 2)), DONE);
        row.is("over the limit by one more", lock(owned.part(2, 1)), ENOMEM);
        row.is("unlock", unlock(owned.part(0, 2)), DONE);
        row.is("within the limit again", lock(owned.part(2, 2)), DONE);
        Ok(())
    });
    within(row, 0, || {
        row.is("with a limit of 0", lock(owned.part(0, 1)), ENOMEM);
        row.is("unlock with a limit of 0", unlock(owned.part(0, 1)), DONE);
        Ok(())
    });
    // SAFETY: the row's own pages.
    row.holds("what they hold", unsafe { owned.holds(0, 4) });
    Ok(())
}

fn unlocked(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let owned = Owned::private(6)?;
    row.is("what was never locked", unlock(owned.region), DONE);
    for (what, first) in [
        ("the first half", 0),
        ("the middle", 2),
        ("the last half", 4),
    ] {
        within(row, 2, || {
            row.is(
                format_args!("{what}: lock"),
                lock(owned.part(first, 2)),
                DONE,
            );
            let full = lock(owned.part((first + 2) % 6, 1));
            row.is(format_args!("{what}: that is all"), full, ENOMEM);
            row.is(
                format_args!("{what}: unlock of everything"),
                unlock(owned.region),
                DONE,
            );
            // There is room for others only if these are unlocked.
            let others = lock(owned.part((first + 2) % 6, 2));
            row.is(format_args!("{what}: they are unlocked"), others, DONE);
            row.is(
                format_args!("{what}: the others too"),
                unlock(owned.region),
                DONE,
            );
            Ok(())
        });
    }
    within(row, 2, || {
        row.is("the first page", lock(owned.part(0, 1)), DONE);
        row.is("the third page", lock(owned.part(2, 1)), DONE);
        row.is("unlock of every other page", unlock(owned.part(0, 4)), DONE);
        row.is("both are unlocked", lock(owned.part(4, 2)), DONE);
        Ok(())
    });
    Ok(())
}

fn refused(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let place = Pages::free_place(1)?;
    row.is(
        "nothing is mapped",
        lock(region(place.start, page_size())),
        ENOMEM,
    );
    let none = Owned::map(&anonymous(2).prot(Prot::NONE))?;
    row.is("no access", lock(none.region), ENOMEM);
    let owned = Owned::private(3)?;
    owned.cut(1, 1)?;
    for (what, first, count) in [
        ("a hole inside", 0, 3),
        ("at the start", 1, 2),
        ("at the end", 0, 2),
    ] {
        row.is(what, lock(owned.part(first, count)), ENOMEM);
    }
    // SAFETY: the row's own pages.
    let came = unsafe { [owned.pages.read(0), owned.pages.read(2)] };
    row.is("what is there", came, [WRITTEN; 2]);
    Ok(())
}
