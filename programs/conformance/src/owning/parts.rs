//! Parts of a mapping that are owned each for itself.

use rawmap::{
    Inherit, Prot,
    mapping::{Builder, Mapping, RangeError, RequestError},
    page_size,
};
use rawmap_bare::process::Ended;

use super::space::{DONE, Space, W, answer, at, between, needed, range, request, spaces};
use crate::{
    fault::{self, SEGMENTATION_FAULT},
    layout::{Layout, mapped},
    pages::{Pages, READ_WRITE},
    portable::seen::seen,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (531, split),
    (532, dropped),
    (533, merged),
    (534, not_parts),
];

/// Four pages and five bytes between two neighbours, written.
fn whole(of: Space) -> Result<(Pages, Mapping<Space>), Unable> {
    let around = between(5)?;
    let mapping = needed(at(&around, 1, 4 * page_size() + 5).map_in(of))?;
    // SAFETY: the row's own pages.
    unsafe { around.fill() };
    Ok((around, mapping))
}

/// Where it starts and how long it is.
fn place(mapping: &Mapping<Space>) -> (usize, usize) {
    (mapping.region().start(), mapping.len())
}

fn split(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let len = 4 * page + 5;
    for (space, of) in spaces() {
        let (around, mut first) = whole(of)?;
        for (what, at, expected) in [
            ("at its start", 0, RangeError::Start),
            ("at its end", len, RangeError::End),
            ("at the end of its last page", 5 * page, RangeError::Start),
            ("behind it", len + 1, RangeError::Start),
            ("within a page", 5, RangeError::Unaligned),
            ("at the last address", usize::MAX, RangeError::Start),
        ] {
            let came = [answer(first.split_off(at)), answer(first.split_to(at))];
            row.is(format_args!("{space}, {what}"), came, [range(expected); 2]);
        }
        row.is(
            format_args!("{space}, nothing changed"),
            place(&first),
            (around.page(1).addr(), len),
        );
        let mut last = needed(first.split_off(3 * page))?;
        let mut middle = needed(first.split_off(page))?;
        let second = needed(middle.split_to(page))?;
        let came = [&first, &second, &middle, &last].map(place);
        row.is(
            format_args!("{space}, four parts"),
            came,
            [
                (around.page(1).addr(), page),
                (around.page(2).addr(), page),
                (around.page(3).addr(), page),
                (around.page(4).addr(), page + 5),
            ],
        );
        let came = [
            middle.protect(.., Prot::READ),
            last.protect(page.., Prot::NONE),
            last.protect(..2 * page, Prot::NONE),
        ];
        row.is(
            format_args!("{space}, protections within parts"),
            came,
            [DONE, DONE, range(RangeError::End)],
        );
        let stores = [0, 1, 2, 3, 4, 5, 6].map(|page| fault::store(around.page(page)));
        let (yes, no) = (Ended::Exited(0), SEGMENTATION_FAULT);
        row.is(
            format_args!("{space}, stores"),
            stores,
            [yes, yes, yes, no, yes, no, yes],
        );
        let prots = [&first, &second, &middle, &last].map(Mapping::prot);
        row.is(
            format_args!("{space}, their protections"),
            prots,
            [Some(READ_WRITE), Some(READ_WRITE), Some(Prot::READ), None],
        );
    }
    Ok(())
}

fn dropped(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let (around, mut first) = whole(of)?;
        let last = needed(first.split_off(3 * page))?;
        let middle = needed(first.split_off(page))?;
        drop(middle);
        // SAFETY: what is there can be read.
        let came = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, the middle"),
            came,
            [W, W, None, None, W, W, W],
        );
        drop(last);
        // SAFETY: as above.
        let came = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, the last"),
            came,
            [W, W, None, None, None, None, W],
        );
        drop(first);
        // SAFETY: as above.
        let came = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, the first"),
            came,
            [W, None, None, None, None, None, W],
        );

        let builder = Builder::anonymous(2 * page).guards(page, page);
        let mut first = needed(builder.map_in(of))?;
        let start = first.region().as_ptr().wrapping_byte_sub(page);
        let second = needed(first.split_off(page))?;
        row.is(
            format_args!("{space}, guards"),
            [first.guards(), second.guards()],
            [(page, 0), (0, page)],
        );
        drop(second);
        row.is(
            format_args!("{space}, a part goes with its guard"),
            mapped(start, 4),
            Layout::of("xx.."),
        );
        drop(first);
        row.is(
            format_args!("{space}, and so does the other"),
            mapped(start, 4),
            Layout::of("...."),
        );
    }
    Ok(())
}

fn merged(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let len = 4 * page + 5;
    for (space, of) in spaces() {
        let (around, mut first) = whole(of)?;
        let mut second = needed(first.split_off(page))?;
        let third = needed(second.split_off(2 * page))?;
        row.is(
            format_args!("{space}, the second and third"),
            (answer(second.merge(third)), place(&second)),
            (DONE, (around.page(2).addr(), len - page)),
        );
        row.is(
            format_args!("{space}, all of it"),
            (answer(first.merge(second)), place(&first), first.prot()),
            (DONE, (around.page(1).addr(), len), Some(READ_WRITE)),
        );
        let mut rest = needed(first.split_off(2 * page))?;
        let came = rest.protect(.., Prot::READ);
        row.is(
            format_args!("{space}, of two protections"),
            (came, answer(first.merge(rest)), first.prot()),
            (DONE, DONE, None),
        );
        // SAFETY: what is there can be read.
        let came = unsafe { seen(around.start) };
        row.is(format_args!("{space}, what they hold"), came, [W; 7]);
        let came = first.protect(.., READ_WRITE);
        let stores = [1, 2, 3, 4, 5].map(|page| fault::store(around.page(page)));
        row.is(
            format_args!("{space}, of one again"),
            (came, stores, first.prot()),
            (DONE, [Ended::Exited(0); 5], Some(READ_WRITE)),
        );
        drop(first);
        row.is(
            format_args!("{space}, dropped"),
            mapped(around.start, 7),
            Layout::of("x.....x"),
        );
        let mut first = needed(Builder::object(3 * page).map_in(of))?;
        let second = needed(first.split_off(page))?;
        row.is(
            format_args!("{space}, of an object"),
            (answer(first.merge(second)), first.len()),
            (DONE, 3 * page),
        );
    }
    Ok(())
}

fn not_parts(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let refused = request(RequestError::NotParts);
    for (space, of) in spaces() {
        let around = between(4)?;
        let mut first = needed(at(&around, 1, 2 * page).map_in(of))?;
        let next = needed(at(&around, 3, page).map_in(of))?;
        let came = first.merge(next);
        row.is(
            format_args!("{space}, neighbours that never were one"),
            came.as_ref().copied().map_err(|refused| refused.error()),
            refused,
        );
        let Err(came) = came else { continue };
        let next = came.into_owner();
        row.is(
            format_args!("{space}, the other comes back"),
            place(&next),
            (around.page(3).addr(), page),
        );
        let mut second = needed(first.split_off(page))?;
        let came = second.merge(first);
        row.is(
            format_args!("{space}, in the wrong order"),
            answer(came.map_err(|refused| refused.error())),
            refused,
        );
        row.is(
            format_args!("{space}, the refused one was dropped"),
            mapped(around.start, 6),
            Layout::of("x.xx.x"),
        );
        drop(next);
        let mut third = needed(at(&around, 1, page).map_in(of))?;
        row.is(
            format_args!("{space}, one in the place of a part"),
            answer(third.merge(second)),
            refused,
        );
        row.is(
            format_args!("{space}, what is left"),
            mapped(around.start, 6),
            Layout::of("xx...x"),
        );
        let mut first = needed(Mapping::anonymous_in(of, 2 * page))?;
        let mut second = needed(first.split_off(page))?;
        let came = second.inherit(Inherit::NONE);
        row.is(
            format_args!("{space}, one that children do not get"),
            (came, answer(first.merge(second))),
            (DONE, refused),
        );
    }
    Ok(())
}
