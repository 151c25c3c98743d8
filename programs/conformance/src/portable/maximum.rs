//! What may be done with memory, now and later.

use rawmap::{
    Prot, page_size,
    space::{AddressSpace, Kernel, MapRequest},
};
use rawmap_bare::process::Ended;

use super::owned::{Owned, anonymous, borrowed, region};
use crate::{
    answer::{DONE, ENOMEM, by_system},
    fault::{self, SEGMENTATION_FAULT},
    object::object,
    pages::{ALL, READ_EXECUTE, READ_WRITE, WRITTEN},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (231, part),
    (232, by_default),
    (233, every_subset),
    (234, code),
    (235, holes),
];

const STORES: Ended = Ended::Exited(0);
const LOADS: Ended = Ended::Exited(WRITTEN);
const FAULTS: Ended = SEGMENTATION_FAULT;

fn part(row: &Row<'_>) -> Result<(), Unable> {
    let owned = Owned::private(3)?;
    for (what, prot, store, load) in [
        ("none", Prot::NONE, FAULTS, FAULTS),
        ("read", Prot::READ, FAULTS, LOADS),
        ("read and write", READ_WRITE, STORES, LOADS),
    ] {
        let middle = owned.part(1, 1);
        // SAFETY: the row's own page, which is touched in children alone.
        let came = unsafe { Kernel.protect(middle, prot) };
        let stores = [0, 1, 2].map(|page| fault::store(owned.pages.page(page)));
        let loads = [0, 1, 2].map(|page| fault::load(owned.pages.page(page)));
        row.is(format_args!("{what}"), came, DONE);
        row.is(
            format_args!("{what}, stores"),
            stores,
            [STORES, store, STORES],
        );
        row.is(format_args!("{what}, loads"), loads, [LOADS, load, LOADS]);
    }
    // SAFETY: as above; the length is in bytes.
    let came = unsafe { Kernel.protect(region(owned.pages.page(1), page_size() + 1), Prot::READ) };
    let stores = [0, 1, 2].map(|page| fault::store(owned.pages.page(page)));
    row.is(
        "a page and a byte are two pages",
        (came, stores),
        (DONE, [STORES, FAULTS, FAULTS]),
    );
    Ok(())
}

/// What is not said of anonymous memory.
fn by_default(row: &Row<'_>) -> Result<(), Unable> {
    for (what, shared) in [("private", false), ("shared", true)] {
        for (first, prot) in [
            ("none", Prot::NONE),
            ("read", Prot::READ),
            ("execute", READ_EXECUTE),
        ] {
            let mut owned = Owned::map(&anonymous(1).prot(prot).shared(shared))?;
            let came = owned.protect(READ_WRITE);
            row.is(
                format_args!("{what}, {first} at first, then read and write"),
                came,
                DONE,
            );
            let came = fault::store(owned.pages.start);
            row.is(
                format_args!("{what}, {first} at first, a store"),
                came,
                STORES,
            );
            let back = owned.protect(prot);
            row.is(format_args!("{what}, {first} again"), back, DONE);
        }
    }
    Ok(())
}

/// Every protection without writing and executing together.
const SUBSETS: [(&str, Prot); 6] = [
    ("none", Prot::NONE),
    ("read", Prot::READ),
    ("write", Prot::WRITE),
    ("read and write", READ_WRITE),
    ("execute", Prot::EXEC),
    ("read and execute", READ_EXECUTE),
];

/// Do memory and a protection go together? What can be written can be read on some processors, and what can be executed on
/// others: loads count where they are allowed, and where nothing is.
fn behaves(owned: &Owned, prot: Prot) -> bool {
    let start = owned.pages.start;
    let store = fault::store(start.wrapping_byte_add(page_size() - 1)) == STORES;
    let load = matches!(fault::load(start), Ended::Exited(_));
    let execute = fault::execute(start) == Ended::Exited(42);
    let reads = prot.contains(Prot::READ);
    store == prot.contains(Prot::WRITE)
        && execute == prot.contains(Prot::EXEC)
        && (load || !reads)
        && (!load || !prot.is_empty())
}

fn every_subset(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (what, shared, of_object) in [
        ("private", false, false),
        ("shared", true, false),
        ("a private object", false, true),
        ("a shared object", true, true),
    ] {
        let object = borrowed(object(page)?);
        let request = if of_object {
            MapRequest::file(object, 0, page)
        } else {
            anonymous(1)
        };
        for (first, prot) in SUBSETS {
            let mut owned = Owned::map(&request.shared(shared).prot(prot).max_prot(ALL))?;
            let written = owned.protect(READ_WRITE).map(|()| {
                // SAFETY: the row's own page, which can be written now, and which nobody executes.
                unsafe { fault::write_code(owned.pages.start) };
            });
            row.is(
                format_args!("{what}, {first} at first, written"),
                written,
                DONE,
            );
            for (then, prot) in SUBSETS {
                let came = owned.protect(prot).map(|()| behaves(&owned, prot));
                row.is(
                    format_args!("{what}, {first} at first, then {then}"),
                    came,
                    Ok(true),
                );
            }
        }
    }
    for (what, max_prot, prot) in [
        ("read", Prot::READ, Prot::READ),
        ("read and execute", READ_EXECUTE, READ_EXECUTE),
        ("execute", Prot::EXEC, Prot::EXEC),
        ("write", Prot::WRITE, Prot::WRITE),
    ] {
        let mut owned = Owned::map(&anonymous(1).prot(Prot::NONE).max_prot(max_prot))?;
        let came = [
            owned.protect(prot),
            owned.protect(Prot::NONE),
            owned.protect(prot),
        ];
        row.is(
            format_args!("none, with the maximum {what}"),
            came,
            [DONE; 3],
        );
    }
    Ok(())
}

/// What a compiler at run time does.
fn code(row: &Row<'_>) -> Result<(), Unable> {
    let mut owned = Owned::map(&anonymous(2).max_prot(ALL))?;
    for round in 0..3 {
        // SAFETY: the row's own page, which can be written, and which nobody executes.
        unsafe { fault::write_code(owned.pages.start) };
        row.is(
            format_args!("not yet executable, round {round}"),
            fault::execute(owned.pages.start),
            FAULTS,
        );
        row.is(
            format_args!("to code, round {round}"),
            owned.protect(READ_EXECUTE),
            DONE,
        );
        row.is(
            format_args!("it runs, round {round}"),
            fault::execute(owned.pages.start),
            Ended::Exited(42),
        );
        row.is(
            format_args!("no store, round {round}"),
            fault::store(owned.pages.start),
            FAULTS,
        );
        row.is(
            format_args!("to data, round {round}"),
            owned.protect(READ_WRITE),
            DONE,
        );
    }
    Ok(())
}

/// The system's own answer, as the promise says.
fn holes(row: &Row<'_>) -> Result<(), Unable> {
    let mut owned = Owned::private(3)?;
    owned.cut(1, 1)?;
    let came = owned.protect(Prot::READ);
    row.is("over a hole", came, by_system(ENOMEM, DONE, DONE));
    let came = fault::load(owned.pages.page(2));
    row.is("what lies behind it is there", came, LOADS);
    Ok(())
}
