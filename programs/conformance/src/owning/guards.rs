//! Guard pages on both sides.

use rawmap::{
    Prot,
    mapping::{Builder, Mapping},
    page_size,
    space::Placement,
};
use rawmap_bare::process::Ended;

use super::space::{DONE, Space, W, answer, between, needed, spaces};
use crate::{
    fault::{self, SEGMENTATION_FAULT},
    layout::{Layout, mapped},
    pages::{Pages, READ_WRITE},
    portable::{owned::region, seen::seen},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(521, kill), (522, aligned), (523, placed)];

const STORES: Ended = Ended::Exited(0);
const FAULTS: Ended = SEGMENTATION_FAULT;

/// The mapping, guard pages and all, from the first of them on.
fn all_of(mapping: &Mapping<Space>) -> Pages {
    let (before, after) = mapping.guards();
    let pages = Pages::of(mapping.region());
    let len = before + pages.len() + after;
    let start = pages.start.wrapping_byte_sub(before);
    Pages::of(region(start, len))
}

fn kill(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let two = Builder::anonymous(2 * page);
    for (space, of) in spaces() {
        for (what, builder) in [
            ("private", two.guards(page, 2 * page)),
            ("shared", two.shared(true).guards(page, 2 * page)),
            (
                "an object",
                Builder::object(2 * page).guards(page, 2 * page),
            ),
            ("concealed", two.conceal(true).guards(page, 2 * page)),
            ("rounded", two.guards(1, page + 1)),
        ] {
            let mut mapping = needed(builder.map_in(of))?;
            let all = all_of(&mapping);
            row.is(
                format_args!("{space}, {what}: how many"),
                (mapping.guards(), mapping.len()),
                ((page, 2 * page), 2 * page),
            );
            row.is(
                format_args!("{space}, {what}: they are there"),
                mapped(all.start, 5),
                Layout::of("xxxxx"),
            );
            let stores = [0, 1, 2, 3, 4].map(|page| fault::store(all.page(page)));
            row.is(
                format_args!("{space}, {what}: stores"),
                stores,
                [FAULTS, STORES, STORES, FAULTS, FAULTS],
            );
            let came = [
                mapping.protect(.., Prot::NONE),
                mapping.protect(.., READ_WRITE),
            ];
            let edges = [
                all.page(1).wrapping_byte_sub(1),
                all.page(1),
                all.page(3).wrapping_byte_sub(1),
                all.page(3),
            ];
            let ended = edges.map(|byte| matches!(fault::load(byte), Ended::Exited(_)));
            row.is(
                format_args!("{space}, {what}: loads at the edges, after a change of all"),
                (came, ended),
                ([DONE; 2], [false, true, true, false]),
            );
            drop(mapping);
            row.is(
                format_args!("{space}, {what}: dropped"),
                mapped(all.start, 5),
                Layout::of("....."),
            );
        }
        for (what, guards, layout) in [("before", (page, 0), "..x"), ("behind", (0, page), "x..")] {
            let builder = Builder::anonymous(page).guards(guards.0, guards.1);
            let mapping = needed(builder.map_in(of))?;
            let all = all_of(&mapping);
            let stores = [0, 1].map(|page| fault::store(all.page(page)) == STORES);
            row.is(
                format_args!("{space}, only {what}"),
                (mapping.guards(), stores),
                (guards, [layout.starts_with('x'), layout.ends_with('x')]),
            );
            let came = answer(mapping.unmap());
            row.is(
                format_args!("{space}, only {what}: unmap"),
                (came, mapped(all.start, 2)),
                (DONE, Layout::of("..")),
            );
        }
    }
    Ok(())
}

fn aligned(row: &Row<'_>) -> Result<(), Unable> {
    const ALIGN: usize = 1 << 16;
    let page = page_size();
    for (space, of) in spaces() {
        let builder = Builder::anonymous(page).guards(page, page).align(ALIGN);
        let mapping = needed(builder.map_in(of))?;
        let all = all_of(&mapping);
        row.is(
            format_args!("{space}: the place and the guards"),
            (mapping.region().start() % ALIGN, mapping.guards()),
            (0, (ALIGN, page)),
        );
        let first = ALIGN / page;
        let stores = [0, first - 1, first, first + 1].map(|page| fault::store(all.page(page)));
        row.is(
            format_args!("{space}: stores"),
            stores,
            [FAULTS, FAULTS, STORES, FAULTS],
        );
        drop(mapping);
        row.is(
            format_args!("{space}: dropped"),
            mapped(all.start, first + 2),
            Layout::none(first + 2),
        );
    }
    Ok(())
}

fn placed(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        // One before, two for the mapping, one behind.
        let around = between(4)?;
        let place = Placement::FixedNoReplace(around.page(2).addr());
        let builder = Builder::anonymous(page + 1).placement(place);
        let mapping = needed(builder.guards(page, page).map_in(of))?;
        row.is(
            format_args!("{space}: where it was asked for"),
            mapping.region().start(),
            around.page(2).addr(),
        );
        let stores = [0, 1, 2, 3, 4, 5].map(|page| fault::store(around.page(page)));
        row.is(
            format_args!("{space}: stores"),
            stores,
            [STORES, FAULTS, STORES, STORES, FAULTS, STORES],
        );
        drop(mapping);
        // SAFETY: what is there can be read.
        let came = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}: dropped, between its neighbours"),
            came,
            [W, None, None, None, None, W],
        );
    }
    Ok(())
}
