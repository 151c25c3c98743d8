//! A call of the address space that fails, each in its turn: nothing is left then.

use rawmap::{
    Errno, Inherit, Prot,
    mapping::{Builder, Error, Mapping, RequestError},
    page_size,
    space::{Discard, Failing, MoveTo, Placement, SyncMode},
};

use super::space::{DONE, Space, W, answer, at, between, needed, os, request, spaces};
use crate::{
    layout::{Layout, mapped},
    pages::{Pages, READ_WRITE},
    portable::seen::seen,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(597, builder), (598, somebody_else), (599, owner)];

/// More calls than anything makes.
const MANY: u64 = 20;

fn builder(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let around = between(4)?;
        let two = at(&around, 2, page + 1);
        let object =
            Builder::object(page + 1).placement(Placement::FixedNoReplace(around.page(2).addr()));
        for (what, builder, calls) in [
            ("plain", two.name("name"), 1),
            ("locked", two.lock(true), 2),
            ("guarded", two.guards(page, page).name("name"), 3),
            ("guarded and locked", two.guards(page, page).lock(true), 4),
            ("guarded before", two.guards(page, 0).lock(true), 4),
            ("guarded behind", two.guards(0, page).lock(true), 4),
            (
                "an object, guarded and locked",
                object.guards(page, page).lock(true),
                4,
            ),
        ] {
            let mut failed = 0;
            for nth in 1..MANY {
                let failing = Failing::new(of, nth, Errno::ENOMEM);
                let came = match builder.map_in(&failing) {
                    Ok(mapping) if !failing.has_failed() => {
                        // Its owner is not to be refused either.
                        let (raw, _) = mapping.into_raw();
                        // SAFETY: it is as it was, and of the space beneath.
                        drop(unsafe { Mapping::from_raw_in(raw, of) });
                        break;
                    }
                    came => answer(came),
                };
                failed += 1;
                // SAFETY: what is there can be read.
                let left = unsafe { seen(around.start) };
                row.is(
                    format_args!("{space}, {what}, call {nth}"),
                    (came, left),
                    (os(Errno::ENOMEM), [W, None, None, None, None, W]),
                );
            }
            row.is(
                format_args!("{space}, {what}: how many calls"),
                failed,
                calls,
            );
        }
    }
    Ok(())
}

/// Another thread takes the room between the guards, once and always.
fn somebody_else(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let builder = Builder::anonymous(page).guards(page, page);
        let failing = Failing::new(of, 3, Errno::EEXIST);
        let mapping = needed(builder.map_in(&failing))?;
        // Everything twice, and two guards unmapped between.
        row.is(
            format_args!("{space}, once: it is tried elsewhere"),
            (failing.calls(), mapping.guards()),
            (8, (page, page)),
        );
        let start = mapping.region().as_ptr().wrapping_byte_sub(page);
        drop(mapping);
        row.is(
            format_args!("{space}, once: dropped"),
            mapped(start, 3),
            Layout::of("..."),
        );
        let around = between(3)?;
        let failing = Failing::new(of, 3, Errno::EEXIST);
        let came = answer(at(&around, 2, page).guards(page, page).map_in(&failing));
        row.is(
            format_args!("{space}, at a fixed place: it is in use"),
            (came, failing.calls(), mapped(around.start, 5)),
            (os(Errno::EEXIST), 5, Layout::of("x...x")),
        );
    }
    Ok(())
}

type Change = fn(&mut Mapping<&Failing<Space>>) -> Result<(), Error>;

fn protect(mapping: &mut Mapping<&Failing<Space>>) -> Result<(), Error> {
    mapping.protect(page_size().., Prot::NONE)
}

fn discard(mapping: &mut Mapping<&Failing<Space>>) -> Result<(), Error> {
    mapping.discard(.., Discard::Zero)
}

/// What a refused call leaves of a mapping.
fn owner(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let no_reference = request(RequestError::NoReference);
    // Whatever may have been done in part leaves no way to a reference.
    let changes: [(&str, Change, Errno, Option<Prot>, _); 8] = [
        ("protect", protect, Errno::EINVAL, Some(READ_WRITE), DONE),
        ("protect", protect, Errno::ENOMEM, None, no_reference),
        ("discard", discard, Errno::ENOTSUP, Some(READ_WRITE), DONE),
        ("discard", discard, Errno::ENOMEM, None, no_reference),
        (
            "inherit",
            |all| all.inherit(Inherit::NONE),
            Errno::ENOMEM,
            Some(READ_WRITE),
            no_reference,
        ),
        (
            "remap",
            |all| all.remap(page_size(), MoveTo::InPlace),
            Errno::ENOMEM,
            Some(READ_WRITE),
            DONE,
        ),
        (
            "lock",
            |all| all.lock(..),
            Errno::ENOMEM,
            Some(READ_WRITE),
            DONE,
        ),
        (
            "sync",
            |all| all.sync(.., SyncMode::Wait),
            Errno::EIO,
            Some(READ_WRITE),
            DONE,
        ),
    ];
    for (space, of) in spaces() {
        for (what, change, error, prot, plain) in changes {
            let failing = Failing::new(of, 2, error);
            let mut mapping = needed(Mapping::anonymous_in(&failing, 2 * page))?;
            let pages = Pages::of(mapping.region());
            // SAFETY: the row's own pages.
            unsafe { pages.fill() };
            let came = change(&mut mapping);
            // SAFETY: what is there can be read.
            let held = unsafe { seen(pages.start) };
            row.is(
                format_args!("{space}, {what}, {error:?}"),
                (came, mapping.len(), mapping.prot(), held),
                (os(error), 2 * page, prot, [W; 2]),
            );
            row.is(
                format_args!("{space}, {what}, {error:?}: as plain memory"),
                answer(mapping.into_map_mut()),
                plain,
            );
        }
        let failing = Failing::new(of, 2, Errno::ENOMEM);
        let mapping = needed(Mapping::anonymous_in(&failing, 2 * page))?;
        let start = mapping.region().as_ptr();
        let came = mapping.unmap();
        row.is(
            format_args!("{space}, unmap: it is there"),
            (came.is_err(), mapped(start, 2)),
            (true, Layout::of("xx")),
        );
        drop(came);
        row.is(
            format_args!("{space}, unmap: given back, and dropped"),
            mapped(start, 2),
            Layout::of(".."),
        );
        let failing = Failing::new(of, 2, Errno::ENOMEM);
        let mapping = needed(Mapping::anonymous_in(&failing, 2 * page))?;
        let start = mapping.region().as_ptr();
        drop(mapping);
        row.is(
            format_args!("{space}, dropped, which is refused: it stays"),
            mapped(start, 2),
            Layout::of("xx"),
        );
    }
    Ok(())
}
