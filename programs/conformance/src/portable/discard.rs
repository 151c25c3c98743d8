//! Contents that are dropped, of memory that stays as it is.

use rawmap::{
    Inherit, Prot, page_size,
    space::{AddressSpace, Discard, Kernel, MapRequest},
};
use rawmap_bare::process::{self, Ended};

use super::{
    owned::{Owned, anonymous, borrowed, numbered_object},
    seen::seen,
};
use crate::{
    answer::{DONE, ENOTSUP},
    fault::{self, SEGMENTATION_FAULT, STORED},
    layout::{Layout, mapped},
    object,
    pages::{ALL, FRESH, READ_EXECUTE, READ_WRITE, WRITTEN},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (251, to_zero),
    (252, closed),
    (253, children),
    (254, maximum),
    (255, lazily),
    (256, refused),
    (257, locked),
];

fn to_zero(row: &Row<'_>) -> Result<(), Unable> {
    let owned = Owned::private(4)?;
    row.is(
        "two pages of four",
        owned.piece(1, 2).discard(Discard::Zero),
        DONE,
    );
    // SAFETY: what is there can be read.
    let came = unsafe { seen(owned.pages.start) };
    let [old, new] = [WRITTEN, FRESH].map(Some);
    row.is("what they hold", came, [old, new, new, old]);
    let stores = [0, 1, 2, 3].map(|page| fault::store(owned.pages.page(page)));
    row.is("stores", stores, [Ended::Exited(0); 4]);
    // SAFETY: the row's own pages.
    unsafe { owned.pages.fill() };
    row.is("all of them", owned.discard(Discard::Zero), DONE);
    row.is("once more", owned.discard(Discard::Zero), DONE);
    // SAFETY: what is there can be read.
    let came = unsafe { seen(owned.pages.start) };
    row.is("what they hold then", came, [new; 4]);

    let owned = Owned::private(1)?;
    let last = page_size() - 1;
    // SAFETY: the row's own page.
    unsafe {
        owned
            .pages
            .start
            .cast::<u8>()
            .add(last)
            .write_volatile(WRITTEN)
    };
    // A child that was made before keeps what it has.
    let ended = process::child(|| {
        // SAFETY: the child's own copy.
        let came = owned.discard(Discard::Zero).is_ok() && unsafe { owned.pages.read(0) } == FRESH;
        u8::from(came)
    });
    row.is("by a child", ended, Ended::Exited(1));
    // SAFETY: the row's own page.
    let byte = unsafe { owned.pages.read(0) };
    row.is("what its parent has", byte, WRITTEN);
    row.is("by the parent", owned.discard(Discard::Zero), DONE);
    // SAFETY: as above.
    let bytes = unsafe {
        [
            owned.pages.read(0),
            owned.pages.start.cast::<u8>().add(last).read_volatile(),
        ]
    };
    row.is("its first and last byte", bytes, [FRESH; 2]);
    Ok(())
}

/// Memory that cannot be written, or not even read.
fn closed(row: &Row<'_>) -> Result<(), Unable> {
    for (how, discard) in [("zero", Discard::Zero), ("lazy", Discard::Lazy)] {
        for (what, prot) in [
            ("read-only", Prot::READ),
            ("without access", Prot::NONE),
            ("code", READ_EXECUTE),
        ] {
            for (who, policy) in [
                ("copied", Inherit::COPY),
                ("not for children", Inherit::NONE),
                ("zero for children", Inherit::ZERO),
            ] {
                let mut owned = Owned::filled(&anonymous(3).max_prot(ALL).inherit(policy))?;
                row.is(format_args!("{what}, {who}"), owned.protect(prot), DONE);
                row.is(
                    format_args!("{what}, {who}, {how}"),
                    owned.piece(1, 1).discard(discard),
                    DONE,
                );
                let there = mapped(owned.pages.start, 3);
                row.is(
                    format_args!("{what}, {who}, {how}: all is there"),
                    there,
                    Layout::of("xxx"),
                );
                let middle = owned.pages.page(1);
                row.is(
                    format_args!("{what}, {who}, {how}: a store"),
                    fault::store(middle),
                    SEGMENTATION_FAULT,
                );
                let gets = policy != Inherit::NONE;
                let loaded = matches!(fault::load(middle), Ended::Exited(_));
                row.is(
                    format_args!("{what}, {who}, {how}: a load"),
                    loaded,
                    gets && prot.contains(Prot::READ),
                );
                row.is(
                    format_args!("{what}, {who}, {how}: opened"),
                    owned.protect(READ_WRITE),
                    DONE,
                );
                // SAFETY: the row's own pages, which can be read now.
                let [before, came, after] = unsafe { seen::<3>(owned.pages.start) };
                row.is(
                    format_args!("{what}, {who}, {how}: its neighbours"),
                    [before, after],
                    [Some(WRITTEN); 2],
                );
                let expected = match discard {
                    Discard::Lazy => came == Some(FRESH) || came == Some(WRITTEN),
                    _ => came == Some(FRESH),
                };
                row.holds(
                    format_args!("{what}, {who}, {how}: what it holds"),
                    expected,
                );
            }
        }
    }
    Ok(())
}

fn children(row: &Row<'_>) -> Result<(), Unable> {
    for (how, discard) in [("zero", Discard::Zero), ("lazy", Discard::Lazy)] {
        for (what, policy, child) in [
            ("copied", Inherit::COPY, Ended::Exited(STORED)),
            ("not for children", Inherit::NONE, SEGMENTATION_FAULT),
            ("zero for children", Inherit::ZERO, Ended::Exited(FRESH)),
        ] {
            let mut owned = Owned::private(2)?;
            row.is(format_args!("{what}"), owned.inherit(policy), DONE);
            row.is(format_args!("{what}, {how}"), owned.discard(discard), DONE);
            for page in [0, 1] {
                // SAFETY: the row's own pages.
                unsafe { owned.pages.write(page, STORED) };
                let came = fault::load(owned.pages.page(page));
                row.is(
                    format_args!("{what}, {how}: page {page} of a child"),
                    came,
                    child,
                );
            }
        }
    }
    Ok(())
}

fn maximum(row: &Row<'_>) -> Result<(), Unable> {
    for (how, discard) in [("zero", Discard::Zero), ("lazy", Discard::Lazy)] {
        for (what, prot) in [
            ("from none", Prot::NONE),
            ("from read", Prot::READ),
            ("from read and write", READ_WRITE),
        ] {
            let mut owned = Owned::map(&anonymous(1).prot(prot).max_prot(ALL))?;
            row.is(format_args!("{what}, {how}"), owned.discard(discard), DONE);
            row.is(
                format_args!("{what}, {how}: to write"),
                owned.protect(READ_WRITE),
                DONE,
            );
            // SAFETY: the row's own page, which can be written, and which nobody executes.
            unsafe { fault::write_code(owned.pages.start) };
            row.is(
                format_args!("{what}, {how}: to execute"),
                owned.protect(READ_EXECUTE),
                DONE,
            );
            let came = fault::execute(owned.pages.start);
            row.is(
                format_args!("{what}, {how}: it runs"),
                came,
                Ended::Exited(42),
            );
        }
    }
    Ok(())
}

fn lazily(row: &Row<'_>) -> Result<(), Unable> {
    let owned = Owned::private(4)?;
    row.is(
        "two pages of four",
        owned.piece(1, 2).discard(Discard::Lazy),
        DONE,
    );
    // SAFETY: the row's own pages.
    unsafe {
        let neighbours = [owned.pages.read(0), owned.pages.read(3)];
        row.is("its neighbours", neighbours, [WRITTEN; 2]);
        let old_or_zero = [1, 2].map(|page| [FRESH, WRITTEN].contains(&owned.pages.read(page)));
        row.is("old or zero", old_or_zero, [true; 2]);
        owned.pages.write(1, STORED);
        row.is(
            "written, it is what was written",
            owned.pages.read(1),
            STORED,
        );
    }
    row.is(
        "a child's load",
        fault::load(owned.pages.page(1)),
        Ended::Exited(STORED),
    );
    row.is(
        "a store",
        fault::store(owned.pages.page(2)),
        Ended::Exited(0),
    );
    Ok(())
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let object = numbered_object(2)?;
    let file = MapRequest::file(borrowed(object), 0, 2 * page).prot(READ_WRITE);
    for (what, request) in [
        ("shared", anonymous(2).shared(true)),
        ("a private object", file),
        ("a shared object", file.shared(true)),
    ] {
        let owned = Owned::filled(&request)?;
        for (how, discard) in [("zero", Discard::Zero), ("lazy", Discard::Lazy)] {
            row.is(
                format_args!("{what}, {how}"),
                owned.discard(discard),
                ENOTSUP,
            );
            // SAFETY: what is there can be read.
            let came = unsafe { seen(owned.pages.start) };
            row.is(
                format_args!("{what}, {how}: nothing changes"),
                came,
                [Some(WRITTEN); 2],
            );
        }
    }
    row.is("the object", object::byte_at(object, 0)?, Some(WRITTEN));
    Ok(())
}

fn locked(row: &Row<'_>) -> Result<(), Unable> {
    let owned = Owned::private(2)?;
    // SAFETY: the row's own pages.
    row.is("lock", unsafe { Kernel.lock(owned.region) }, DONE);
    row.is("lazy", owned.discard(Discard::Lazy), DONE);
    row.is("zero", owned.discard(Discard::Zero), DONE);
    // SAFETY: what is there can be read.
    let came = unsafe { seen(owned.pages.start) };
    row.is("what it holds", came, [Some(FRESH); 2]);
    // SAFETY: nothing relies on its being locked.
    row.is("unlock", unsafe { Kernel.unlock(owned.region) }, DONE);
    Ok(())
}
