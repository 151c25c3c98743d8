//! Addresses first, memory later.

use core::ops::Range;

use rawmap::{
    Errno, Inherit, Prot,
    mapping::{Builder, Error, RangeError, RequestError, Reservation},
    page_size,
    space::Discard,
};
use rawmap_bare::process::Ended;

use super::space::{DONE, F, Space, W, answer, at, between, needed, os, range, request, spaces};
use crate::{
    fault::{self, SEGMENTATION_FAULT},
    layout::{Layout, mapped},
    pages::{ALL, FRESH, Pages, READ_EXECUTE, READ_WRITE, WRITTEN},
    portable::seen::seen,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (561, committed),
    (562, maximum),
    (563, refused),
    (564, large),
    (565, children),
];

const STORES: Ended = Ended::Exited(0);
const FAULTS: Ended = SEGMENTATION_FAULT;

/// Where a committed part starts, from the start of all, and how long it is.
fn part(
    reservation: &mut Reservation<Space>,
    pages: Range<usize>,
    prot: Prot,
) -> Result<(usize, usize), Error> {
    let page = page_size();
    let start = reservation.region().start();
    let part = reservation.commit(pages.start * page..pages.end * page, prot)?;
    Ok((part.addr().get() - start, part.len()))
}

fn committed(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let around = between(4)?;
        let mut reservation = needed(at(&around, 1, 4 * page).reserve_in(of))?;
        let mapping = reservation.as_mapping();
        row.is(
            format_args!("{space}, reserved"),
            (reservation.len(), mapping.prot(), mapping.max_prot()),
            (4 * page, Some(Prot::NONE), READ_WRITE),
        );
        let stores = || [0, 1, 2, 3, 4, 5].map(|page| fault::store(around.page(page)));
        row.is(
            format_args!("{space}, nothing can be touched"),
            stores(),
            [STORES, FAULTS, FAULTS, FAULTS, FAULTS, STORES],
        );
        row.is(
            format_args!("{space}, two pages"),
            part(&mut reservation, 1..3, READ_WRITE),
            Ok((page, 2 * page)),
        );
        row.is(
            format_args!("{space}, two can be touched"),
            stores(),
            [STORES, FAULTS, STORES, STORES, FAULTS, STORES],
        );
        // SAFETY: the row's own pages.
        unsafe {
            let fresh = [2, 3].map(|page| around.read(page));
            row.is(format_args!("{space}, they are zero"), fresh, [FRESH; 2]);
            [2, 3]
                .into_iter()
                .for_each(|page| around.write(page, WRITTEN));
        }
        row.is(
            format_args!("{space}, one of them goes"),
            (reservation.decommit(page..2 * page), stores()),
            (DONE, [STORES, FAULTS, FAULTS, STORES, FAULTS, STORES]),
        );
        row.is(
            format_args!("{space}, and comes back"),
            part(&mut reservation, 0..2, READ_WRITE),
            Ok((0, 2 * page)),
        );
        // SAFETY: as above.
        let came = unsafe { [1, 2, 3].map(|page| around.read(page)) };
        row.is(
            format_args!("{space}, what they hold"),
            came,
            [FRESH, FRESH, WRITTEN],
        );
        row.is(
            format_args!("{space}, committed again, to read"),
            (part(&mut reservation, 2..3, Prot::READ), stores()),
            (
                Ok((2 * page, page)),
                [STORES, STORES, STORES, FAULTS, FAULTS, STORES],
            ),
        );
        let came = part(&mut reservation, 0..4, READ_WRITE);
        // SAFETY: what is there can be read.
        let bytes = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, all of it"),
            (came, bytes),
            (Ok((0, 4 * page)), [W, F, F, W, F, W]),
        );
        // SAFETY: as above.
        unsafe { around.fill() };
        let came = [reservation.decommit(..), reservation.decommit(..)];
        row.is(
            format_args!("{space}, all of it goes, twice"),
            (came, stores()),
            ([DONE; 2], [STORES, FAULTS, FAULTS, FAULTS, FAULTS, STORES]),
        );
        let came = part(&mut reservation, 0..4, READ_WRITE);
        // SAFETY: what is there can be read.
        let bytes = unsafe { seen(around.start) };
        row.is(
            format_args!("{space}, all of it is new"),
            (came, bytes),
            (Ok((0, 4 * page)), [W, F, F, F, F, W]),
        );
        drop(reservation);
        row.is(
            format_args!("{space}, dropped"),
            mapped(around.start, 6),
            Layout::of("x....x"),
        );
    }
    Ok(())
}

fn maximum(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let beyond = Err(Error::Request(RequestError::BeyondMaximum));
    for (space, of) in spaces() {
        let builder = Builder::anonymous(2 * page);
        let mut plain = needed(builder.reserve_in(of))?;
        let came = [Prot::EXEC, READ_EXECUTE, ALL].map(|prot| part(&mut plain, 0..1, prot));
        row.is(format_args!("{space}, code by default"), came, [beyond; 3]);
        row.is(
            format_args!("{space}, nothing changed"),
            fault::load(plain.region().as_ptr()),
            FAULTS,
        );
        let mut constant = needed(builder.max_prot(Prot::READ).reserve_in(of))?;
        let came = [Prot::READ, READ_WRITE].map(|prot| part(&mut constant, 0..1, prot));
        row.is(
            format_args!("{space}, with the maximum read"),
            came,
            [Ok((0, page)), beyond],
        );
        row.is(
            format_args!("{space}, with the maximum read: loads"),
            fault::load(constant.region().as_ptr()),
            Ended::Exited(FRESH),
        );
        let mut code = needed(builder.max_prot(ALL).reserve_in(of))?;
        let start = code.region().as_ptr();
        for round in 0..2 {
            let came = part(&mut code, 0..1, READ_WRITE);
            row.is(
                format_args!("{space}, data, round {round}"),
                (came, fault::load(start)),
                (Ok((0, page)), Ended::Exited(FRESH)),
            );
            // SAFETY: the row's own page, which can be written, and which nobody executes.
            unsafe { fault::write_code(start) };
            let came = part(&mut code, 0..1, READ_EXECUTE);
            row.is(
                format_args!("{space}, code, round {round}"),
                (came, fault::execute(start), fault::store(start)),
                (Ok((0, page)), Ended::Exited(42), FAULTS),
            );
            row.is(
                format_args!("{space}, it goes, round {round}"),
                (code.decommit(..page), fault::execute(start)),
                (DONE, FAULTS),
            );
        }
    }
    Ok(())
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        for (what, builder, expected) in [
            (
                "shared memory",
                Builder::anonymous(page).shared(true),
                os(Errno::ENOTSUP),
            ),
            ("an object", Builder::object(page), os(Errno::ENOTSUP)),
            (
                "nothing",
                Builder::anonymous(0),
                request(RequestError::Empty),
            ),
        ] {
            let came = answer(builder.reserve_in(of));
            row.is(format_args!("{space}, {what}"), came, expected);
        }
        let len = page + 5;
        let builder = Builder::anonymous(len).guards(page, page);
        let mut reservation = needed(builder.reserve_in(of))?;
        for (what, from, to, expected) in [
            (
                "begins behind the end",
                3 * page,
                4 * page,
                RangeError::Start,
            ),
            ("ends behind the end", 0, 2 * page, RangeError::End),
            ("ends within a page", 0, 5, RangeError::Unaligned),
        ] {
            let came = [
                answer(reservation.commit(from..to, READ_WRITE)),
                reservation.decommit(from..to),
            ];
            row.is(format_args!("{space}, {what}"), came, [range(expected); 2]);
        }
        let came = reservation
            .commit(page.., READ_WRITE)
            .map(|part| part.len());
        row.is(format_args!("{space}, the last page"), came, Ok(5));
        let came = reservation.commit(.., READ_WRITE).map(|part| part.len());
        row.is(format_args!("{space}, all of it"), came, Ok(len));
        let start = reservation.region().as_ptr().wrapping_byte_sub(page);
        let stores = [0, 1, 2, 3].map(|index| fault::store(start.wrapping_byte_add(index * page)));
        row.is(
            format_args!("{space}, between its guards"),
            stores,
            [FAULTS, STORES, STORES, FAULTS],
        );
        let mut mapping = reservation.into_mapping();
        let came = (
            mapping.prot(),
            mapping.discard(.., Discard::Zero),
            mapping.protect(.., READ_WRITE),
            mapping.discard(.., Discard::Zero),
        );
        row.is(
            format_args!("{space}, as a mapping"),
            came,
            (None, request(RequestError::Mixed), DONE, DONE),
        );
        drop(mapping);
        row.is(
            format_args!("{space}, dropped"),
            mapped(start, 4),
            Layout::of("...."),
        );
    }
    Ok(())
}

fn large(row: &Row<'_>) -> Result<(), Unable> {
    const LEN: usize = 1 << 36;
    let page = page_size();
    let mut reservation = needed(Reservation::new(LEN))?;
    let pages = Pages::of(reservation.region());
    let last = LEN / page - 1;
    let came = reservation
        .commit(last * page.., READ_WRITE)
        .map(|part| part.len());
    row.is("its last page", came, Ok(page));
    let ended = [
        fault::load(pages.start),
        fault::load(pages.page(last - 1)),
        fault::store(pages.page(last)),
    ];
    row.is("only that can be touched", ended, [FAULTS, FAULTS, STORES]);
    row.is("it goes", reservation.decommit(last * page..), DONE);
    drop(reservation);
    let came = [0, last].map(|page| mapped(pages.page(page), 1));
    row.is("dropped", came, [Layout::of("."); 2]);
    Ok(())
}

/// New memory in a reservation is for children as the old was.
fn children(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        for (what, policy, expected) in [
            ("copy", Inherit::COPY, Ended::Exited(WRITTEN)),
            ("none", Inherit::NONE, FAULTS),
            ("zero", Inherit::ZERO, Ended::Exited(FRESH)),
        ] {
            let builder = Builder::anonymous(page).inherit(policy);
            let mut reservation = needed(builder.reserve_in(of))?;
            let pages = Pages::of(reservation.region());
            for round in 0..2 {
                let came = part(&mut reservation, 0..1, READ_WRITE);
                // SAFETY: the row's own page, which was committed to be written.
                let before = unsafe {
                    let before = pages.read(0);
                    pages.write(0, WRITTEN);
                    before
                };
                row.is(
                    format_args!("{space}, {what}, round {round}"),
                    (came, before, fault::load(pages.start)),
                    (Ok((0, page)), FRESH, expected),
                );
                let came = reservation.decommit(..);
                row.is(
                    format_args!("{space}, {what}, it goes, round {round}"),
                    came,
                    DONE,
                );
            }
        }
    }
    Ok(())
}
