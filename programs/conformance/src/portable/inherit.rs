//! What a forked child finds.

use rawmap::{
    Inherit, page_size,
    space::{AddressSpace, Kernel, MapRequest},
};
use rawmap_bare::process::Ended;

use super::owned::{Owned, anonymous, answer, borrowed, numbered_object};
use crate::{
    answer::{DONE, EINVAL, ENOTSUP, by_system},
    fault::{self, SEGMENTATION_FAULT, STORED},
    pages::{FRESH, READ_WRITE, WRITTEN},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (281, policies),
    (282, requested),
    (283, changed),
    (284, shared),
];

const POLICIES: [(&str, Inherit, Ended); 3] = [
    ("copy", Inherit::COPY, Ended::Exited(WRITTEN)),
    ("none", Inherit::NONE, SEGMENTATION_FAULT),
    ("zero", Inherit::ZERO, Ended::Exited(FRESH)),
];

/// What a child finds, whether it can store, and what its parent finds then.
fn found(owned: &Owned) -> (Ended, Ended, u8) {
    let load = fault::load(owned.pages.start);
    let store = fault::store(owned.pages.start);
    // SAFETY: the row's own page.
    (load, store, unsafe { owned.pages.read(0) })
}

/// The same for a child that has what it stores to for itself.
fn alone(load: Ended) -> (Ended, Ended, u8) {
    let store = if load == SEGMENTATION_FAULT {
        load
    } else {
        Ended::Exited(0)
    };
    (load, store, WRITTEN)
}

fn policies(row: &Row<'_>) -> Result<(), Unable> {
    for (what, policy, load) in POLICIES {
        let mut owned = Owned::private(1)?;
        row.is(what, owned.inherit(policy), DONE);
        row.is(
            format_args!("{what}: what a child finds"),
            found(&owned),
            alone(load),
        );
        let three = Owned::private(3)?;
        // SAFETY: children expect what this policy gives them.
        let came = unsafe { Kernel.inherit(three.part(1, 1), policy) };
        row.is(format_args!("{what}, of a page of three"), came, DONE);
        let loads = [0, 1, 2].map(|page| fault::load(three.pages.page(page)));
        let copied = Ended::Exited(WRITTEN);
        row.is(
            format_args!("{what}, of a page of three: children"),
            loads,
            [copied, load, copied],
        );
    }
    // Nothing on Linux shares private memory.
    let mut owned = Owned::private(1)?;
    let came = owned.inherit(Inherit::SHARE);
    row.is("share", came, by_system(ENOTSUP, DONE, DONE));
    let stored = fault::store(owned.pages.start);
    // SAFETY: the row's own page.
    let byte = unsafe { owned.pages.read(0) };
    let expected = by_system(WRITTEN, STORED, STORED);
    row.is(
        "share: a child's store",
        (stored, byte),
        (Ended::Exited(0), expected),
    );
    let mut owned = Owned::private(1)?;
    row.is(
        "a policy that there is not",
        owned.inherit(Inherit::from_raw(99)),
        EINVAL,
    );
    row.is(
        "what a child finds then",
        found(&owned),
        alone(Ended::Exited(WRITTEN)),
    );
    Ok(())
}

fn requested(row: &Row<'_>) -> Result<(), Unable> {
    for (what, policy, load) in POLICIES {
        for (how, request) in [
            ("plain", anonymous(1)),
            ("aligned", anonymous(1).align(1 << 21)),
            ("populated", anonymous(1).populate(true)),
        ] {
            let owned = Owned::filled(&request.inherit(policy))?;
            row.is(format_args!("{what}, {how}"), found(&owned), alone(load));
        }
    }
    let share = anonymous(1).inherit(Inherit::SHARE);
    row.is(
        "share",
        answer(Kernel.map(&share)),
        by_system(ENOTSUP, DONE, DONE),
    );
    let unknown = anonymous(1).inherit(Inherit::from_raw(99));
    row.is(
        "a policy that there is not",
        answer(Kernel.map(&unknown)),
        EINVAL,
    );
    let object = borrowed(numbered_object(1)?);
    let file = MapRequest::file(object, 0, page_size());
    for (what, request) in [
        ("shared", anonymous(1).shared(true)),
        ("a private object", file),
        ("a shared object", file.shared(true)),
    ] {
        let came = Kernel.map(&request.inherit(Inherit::ZERO));
        row.is(format_args!("zero, {what}"), answer(came), EINVAL);
    }
    Ok(())
}

fn changed(row: &Row<'_>) -> Result<(), Unable> {
    for (first, before, _) in POLICIES {
        for (then, after, load) in POLICIES {
            let mut owned = Owned::private(1)?;
            let came = [owned.inherit(before), owned.inherit(after)];
            row.is(format_args!("{first}, then {then}"), came, [DONE; 2]);
            row.is(
                format_args!("{first}, then {then}: what a child finds"),
                found(&owned),
                alone(load),
            );
        }
    }
    Ok(())
}

/// Shared memory, of which children have the same pages or none.
fn shared(row: &Row<'_>) -> Result<(), Unable> {
    let object = borrowed(numbered_object(1)?);
    let file = MapRequest::file(object, 0, page_size()).prot(READ_WRITE);
    let both = (Ended::Exited(WRITTEN), Ended::Exited(0), STORED);
    for (what, request) in [
        ("anonymous", anonymous(1).shared(true)),
        ("an object", file.shared(true)),
    ] {
        let owned = Owned::filled(&request)?;
        row.is(format_args!("{what}, by default"), found(&owned), both);
        let owned = Owned::filled(&request.inherit(Inherit::COPY))?;
        row.is(format_args!("{what}, copy"), found(&owned), both);
        let owned = Owned::filled(&request.inherit(Inherit::NONE))?;
        row.is(
            format_args!("{what}, none"),
            found(&owned),
            alone(SEGMENTATION_FAULT),
        );
        let mut owned = Owned::filled(&request)?;
        row.is(
            format_args!("{what}, none afterwards"),
            owned.inherit(Inherit::NONE),
            DONE,
        );
        row.is(
            format_args!("{what}, none afterwards: a child"),
            found(&owned),
            alone(SEGMENTATION_FAULT),
        );
    }
    let private = Owned::filled(&file)?;
    row.is(
        "a private object",
        found(&private),
        alone(Ended::Exited(WRITTEN)),
    );
    let private = Owned::filled(&file.inherit(Inherit::NONE))?;
    row.is(
        "a private object, none",
        found(&private),
        alone(SEGMENTATION_FAULT),
    );
    Ok(())
}
