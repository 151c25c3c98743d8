//! What a forked child finds.

use rawmap::{
    Errno, Inherit, Prot,
    mapping::{Builder, Mapping},
    page_size,
    space::{Discard, MoveTo},
};
use rawmap_bare::process::{self, Ended};

use super::space::{DONE, F, Space, W, needed, os, spaces};
use crate::{
    answer::by_system,
    fault::{self, SEGMENTATION_FAULT},
    layout::{Layout, mapped},
    pages::{FRESH, Pages, READ_WRITE, WRITTEN},
    portable::seen::seen,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(595, policies), (596, owners)];

const POLICIES: [(&str, Inherit, Ended); 3] = [
    ("copy", Inherit::COPY, Ended::Exited(WRITTEN)),
    ("none", Inherit::NONE, SEGMENTATION_FAULT),
    ("zero", Inherit::ZERO, Ended::Exited(FRESH)),
];

/// What children find in each of two pages that are written now.
fn found(mapping: &Mapping<Space>) -> [Ended; 2] {
    let pages = Pages::of(mapping.region());
    [0, 1].map(|page| {
        // SAFETY: the row's own pages.
        unsafe { pages.write(page, WRITTEN) };
        fault::load(pages.page(page))
    })
}

fn policies(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        for (what, policy, expected) in POLICIES {
            let mut mapping = needed(Mapping::anonymous_in(of, 2 * page))?;
            let came = mapping.inherit(policy);
            row.is(
                format_args!("{space}, {what}"),
                (came, found(&mapping)),
                (DONE, [expected; 2]),
            );
            let came = mapping.discard(.., Discard::Zero);
            row.is(
                format_args!("{space}, {what}: after it was discarded"),
                (came, found(&mapping)),
                (DONE, [expected; 2]),
            );
            let came = mapping.remap(3 * page, MoveTo::Anywhere);
            row.is(
                format_args!("{space}, {what}: after it grew"),
                (came, found(&mapping)),
                (DONE, [expected; 2]),
            );
            let came = mapping.inherit(Inherit::COPY);
            row.is(
                format_args!("{space}, {what}: then a copy"),
                (came, found(&mapping)),
                (DONE, [Ended::Exited(WRITTEN); 2]),
            );
            let builder = Builder::anonymous(2 * page).inherit(policy);
            for (how, builder) in [
                ("made so", builder),
                ("made so, between guards", builder.guards(page, page)),
            ] {
                let mapping = needed(builder.map_in(of))?;
                row.is(
                    format_args!("{space}, {what}, {how}"),
                    found(&mapping),
                    [expected; 2],
                );
            }
        }
        let mut mapping = needed(Mapping::anonymous_in(of, 2 * page))?;
        let came = mapping.inherit(Inherit::SHARE);
        row.is(
            format_args!("{space}, share"),
            came,
            by_system(os(Errno::ENOTSUP), DONE, DONE),
        );
    }
    Ok(())
}

/// The child has the owner as well.
fn owners(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let mut mapping = needed(Mapping::anonymous_in(of, 3 * page))?;
        let pages = Pages::of(mapping.region());
        // SAFETY: the row's own pages.
        unsafe { pages.fill() };
        let ended = process::child(|| {
            let came = [
                mapping.protect(..page, Prot::READ),
                mapping.protect(.., READ_WRITE),
                mapping.discard(page..2 * page, Discard::Zero),
            ];
            // SAFETY: the child's own pages.
            let bytes = unsafe { seen(pages.start) };
            row.is(
                format_args!("{space}, a child changes its own"),
                (came, bytes),
                ([DONE; 3], [W, F, W]),
            );
            let last = mapping.split_off(2 * page);
            row.is(
                format_args!("{space}, a child splits it"),
                last.as_ref().map(|last| last.len()).ok(),
                Some(page),
            );
            drop(last);
            row.is(
                format_args!("{space}, a child drops a part"),
                mapped(pages.start, 3),
                Layout::of("xx."),
            );
            0
        });
        // SAFETY: the row's own pages.
        let bytes = unsafe { seen(pages.start) };
        row.is(
            format_args!("{space}, what its parent has"),
            (ended, bytes, mapping.len()),
            (Ended::Exited(0), [W; 3], 3 * page),
        );
        drop(mapping);
        row.is(
            format_args!("{space}, its parent drops it"),
            mapped(pages.start, 3),
            Layout::of("..."),
        );
    }
    Ok(())
}
