//! What a mapping holds: dropping it, and keeping it in memory.

use rawmap::{
    Errno, Prot, ResidencyFlags,
    mapping::{Builder, Error, Mapping, RequestError},
    page_size,
    space::{Discard, Placement},
};
use rawmap_bare::process::Ended;

use super::space::{DONE, F, Space, W, answer, at, between, needed, os, request, spaces};
use crate::{
    fault,
    layout::{Layout, mapped},
    pages::{Pages, READ_WRITE},
    portable::seen::seen,
    report::{Ask, Row, Unable},
    rows::{TELLS_NOTHING, tells_of_unlocked},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(551, discarded), (552, locked), (553, residency)];

fn discarded(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let around = between(4)?;
        let mut mapping = needed(at(&around, 1, 3 * page + 5).map_in(of))?;
        // SAFETY: the row's own pages.
        unsafe { around.fill() };
        let came = mapping.discard(page..2 * page, Discard::Zero);
        // SAFETY: what is there can be read.
        let bytes = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, a part"),
            (came, bytes),
            (DONE, [W, W, F, W, W, W]),
        );
        let came = mapping.discard(3 * page.., Discard::Zero);
        // SAFETY: as above.
        let bytes = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, the end"),
            (came, bytes),
            (DONE, [W, W, F, W, F, W]),
        );
        // SAFETY: the row's own pages.
        unsafe { around.fill() };
        let came = mapping.discard(.., Discard::Lazy);
        // SAFETY: as above.
        let bytes = unsafe { seen::<6>(around.start) };
        let [below, inner @ .., above] = bytes;
        row.is(
            format_args!("{space}, lazily"),
            (
                came,
                [below, above],
                inner.map(|byte| byte == W || byte == F),
            ),
            (DONE, [W; 2], [true; 4]),
        );
        let came = mapping.discard(.., Discard::Zero);
        // SAFETY: as above.
        let bytes = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, all"),
            (came, bytes),
            (DONE, [W, F, F, F, F, W]),
        );
        let stores = [1, 2, 3, 4].map(|page| fault::store(around.page(page)));
        row.is(
            format_args!("{space}, stores"),
            stores,
            [Ended::Exited(0); 4],
        );
        // SAFETY: as above.
        unsafe { around.fill() };
        let came = [
            mapping.protect(..page, Prot::READ),
            mapping.discard(.., Discard::Zero),
            mapping.discard(page.., Discard::Lazy),
        ];
        row.is(
            format_args!("{space}, of two protections"),
            came,
            [
                DONE,
                request(RequestError::Mixed),
                request(RequestError::Mixed),
            ],
        );
        let came = [
            mapping.protect(.., Prot::READ),
            mapping.discard(..page, Discard::Zero),
        ];
        // SAFETY: as above.
        let bytes = unsafe { seen(around.start) };
        let store = fault::store(around.page(1));
        row.is(
            format_args!("{space}, read-only"),
            (came, bytes, store),
            ([DONE; 2], [W, F, W, W, W, W], fault::SEGMENTATION_FAULT),
        );
        for (what, builder) in [
            ("shared memory", Builder::anonymous(page).shared(true)),
            ("an object", Builder::object(page)),
            ("a private object", Builder::object(page).shared(false)),
        ] {
            let mut mapping = needed(builder.map_in(of))?;
            let came = [Discard::Zero, Discard::Lazy].map(|how| mapping.discard(.., how));
            row.is(
                format_args!("{space}, {what}"),
                came,
                [os(Errno::ENOTSUP); 2],
            );
        }
    }
    Ok(())
}

/// Which of up to eight pages are in memory.
fn resident(mapping: &Mapping<Space>) -> Result<(usize, [bool; 8]), Error> {
    let mut pages = [ResidencyFlags::empty(); 8];
    let count = mapping.residency(.., &mut pages)?;
    Ok((
        count,
        pages.map(|page| page.contains(ResidencyFlags::INCORE)),
    ))
}

fn locked(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let all = Ok((3, [true, true, true, false, false, false, false, false]));
    for (space, of) in spaces() {
        let mapping = needed(Mapping::anonymous_in(of, 2 * page + 5))?;
        row.is(
            format_args!("{space}, locked"),
            (mapping.lock(..), resident(&mapping)),
            (DONE, all),
        );
        row.is(
            format_args!("{space}, a part once more"),
            mapping.lock(page..2 * page),
            DONE,
        );
        let came = [
            mapping.unlock(..),
            mapping.unlock(..),
            mapping.unlock(2 * page..),
        ];
        row.is(format_args!("{space}, unlocked"), came, [DONE; 3]);
        let place = between(3)?;
        let builder = at(&place, 1, 2 * page + 5).lock(true);
        let mapping = needed(builder.map_in(of))?;
        row.is(format_args!("{space}, made so"), resident(&mapping), all);
        drop(mapping);
        let came = answer(builder.prot(Prot::NONE).map_in(of));
        row.is(
            format_args!("{space}, made so, without access"),
            (came, mapped(place.start, 5)),
            (os(Errno::ENOMEM), Layout::of("x...x")),
        );
        let builder = builder
            .len(page)
            .placement(Placement::FixedNoReplace(place.page(2).addr()));
        let came = answer(builder.prot(Prot::NONE).guards(page, page).map_in(of));
        row.is(
            format_args!("{space}, made so, without access, between guards"),
            (came, mapped(place.start, 5)),
            (os(Errno::ENOMEM), Layout::of("x...x")),
        );
        let populated = needed(Builder::anonymous(page).populate(true).map_in(of))?;
        row.is(
            format_args!("{space}, populated"),
            (populated.prot(), fault::load(populated.region().as_ptr())),
            (Some(READ_WRITE), Ended::Exited(0)),
        );
    }
    Ok(())
}

fn residency(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let short = request(RequestError::ShortBuffer);
    for (space, of) in spaces() {
        let mapping = needed(Mapping::anonymous_in(of, 3 * page + 5))?;
        let mut three = [ResidencyFlags::empty(); 3];
        let came = [
            answer(mapping.residency(.., &mut three)),
            answer(mapping.residency(page.., &mut [])),
        ];
        row.is(format_args!("{space}, no room"), came, [short; 2]);
        let came = [
            mapping.residency(page.., &mut three),
            mapping.residency(page..2 * page, &mut three),
            mapping.residency(page..page, &mut []),
        ];
        row.is(
            format_args!("{space}, how many"),
            came,
            [Ok(3), Ok(1), Ok(0)],
        );
    }
    if !tells_of_unlocked()? {
        row.skip("a touched page", TELLS_NOTHING);
        return Ok(());
    }
    for (space, of) in spaces() {
        let mapping = needed(Mapping::anonymous_in(of, 3 * page + 5))?;
        // SAFETY: the row's own page.
        unsafe { Pages::of(mapping.region()).write(1, 1) };
        row.is(
            format_args!("{space}, a touched page"),
            resident(&mapping),
            Ok((4, [false, true, false, false, false, false, false, false])),
        );
    }
    Ok(())
}
