//! Mappings that become longer, shorter, or go elsewhere.

use core::ptr;

use rawmap::{
    Inherit, Prot, Result, page_size,
    space::{AddressSpace, Kernel, MapRequest, MoveTo, Placement},
};
use rawmap_bare::process::Ended;

use super::{
    owned::{Owned, anonymous, borrowed, numbered_object},
    seen::seen,
};
use crate::{
    answer::{DONE, EEXIST, ENOMEM, ENOTSUP, by_system},
    fault::{self, SEGMENTATION_FAULT, STORED},
    layout::{Layout, mapped},
    object,
    pages::{ALL, FRESH, READ_EXECUTE, READ_WRITE, WRITTEN},
    placed::FAR,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (241, shrinks),
    (242, grows_in_place),
    (243, grows_anywhere),
    (244, moves),
    (245, never_replaces),
    (246, keeps_attributes),
    (247, in_pieces),
    (248, shared_memory),
    (249, objects),
    (250, what_freebsd_cannot),
];

const W: Option<u8> = Some(WRITTEN);
const F: Option<u8> = Some(FRESH);

/// Where it is then, or why not.
fn start(came: Result<Owned>) -> Result<usize> {
    came.map(|owned| owned.region.start())
}

fn shrinks(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let object = borrowed(numbered_object(4)?);
    let file = MapRequest::file(object, 0, 4 * page).prot(READ_WRITE);
    for (what, request) in [
        ("private", anonymous(4)),
        ("shared", anonymous(4).shared(true)),
        ("a private object", file),
        ("a shared object", file.shared(true)),
    ] {
        for (how, to) in [
            ("in place", MoveTo::InPlace),
            ("anywhere", MoveTo::Anywhere),
        ] {
            let owned = Owned::filled(&request)?;
            let same = owned.remap(4, to);
            row.is(
                format_args!("{what}, as it is, {how}"),
                start(same),
                Ok(owned.region.start()),
            );
            // SAFETY: what is there can be read.
            let came = unsafe { seen(owned.pages.start) };
            row.is(format_args!("{what}, as it was, {how}"), came, [W; 4]);
            let shorter = owned.remap(1, to);
            row.is(
                format_args!("{what}, shorter, {how}"),
                start(shorter),
                Ok(owned.region.start()),
            );
            // SAFETY: as above.
            let came = unsafe { seen(owned.pages.start) };
            row.is(
                format_args!("{what}, cut, {how}"),
                came,
                [W, None, None, None],
            );
            let len = shorter.map(|owned| owned.region.len());
            row.is(format_args!("{what}, its length, {how}"), len, Ok(page));
        }
    }
    let owned = Owned::private(2)?;
    // SAFETY: the row's own pages.
    let came = unsafe { Kernel.remap(owned.region, page + 1, MoveTo::InPlace, &owned.attrs) };
    row.is("a page and a byte are two pages", came, Ok(owned.region));
    Ok(())
}

fn grows_in_place(row: &Row<'_>) -> core::result::Result<(), Unable> {
    for (how, to) in [
        ("in place", MoveTo::InPlace),
        ("anywhere", MoveTo::Anywhere),
    ] {
        let owned = Owned::with_room(&anonymous(3), 3)?;
        let came = owned.remap(6, to);
        // With room here a system may go elsewhere all the same.
        row.is(
            format_args!("into free addresses, {how}"),
            came.map(|_| ()),
            DONE,
        );
        if to == MoveTo::InPlace {
            row.is(
                "it stays where it is",
                start(came),
                Ok(owned.region.start()),
            );
        }
        if let Ok(longer) = came {
            // SAFETY: what is there can be read.
            let came = unsafe { seen(longer.pages.start) };
            row.is(
                format_args!("its contents, {how}"),
                came,
                [W, W, W, F, F, F],
            );
            let came = fault::store(longer.pages.page(5));
            row.is(format_args!("a store, {how}"), came, Ended::Exited(0));
        }
    }
    let owned = Owned::private(6)?;
    let first = owned.piece(0, 3);
    let came = first.remap(6, MoveTo::InPlace).map(|_| ());
    row.is("against what is in the way", came, ENOMEM);
    // SAFETY: what is there can be read.
    let came = unsafe { seen(owned.pages.start) };
    row.is("nothing changes", came, [W; 6]);
    let owned = Owned::private(6)?;
    owned.cut(3, 1)?;
    let came = owned.piece(0, 3).remap(5, MoveTo::InPlace).map(|_| ());
    row.is("with room for a part", came, ENOMEM);
    // SAFETY: what is there can be read.
    let came = unsafe { seen(owned.pages.start) };
    row.is("nothing changes then", came, [W, W, W, None, W, W]);
    Ok(())
}

fn grows_anywhere(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let owned = Owned::private(6)?;
    match owned.piece(0, 3).remap(7, MoveTo::Anywhere) {
        Err(error) => row.is("away from what is in the way", Err(error), DONE),
        Ok(moved) => {
            // SAFETY: what is there can be read.
            let came = unsafe { seen(moved.pages.start) };
            row.is("its contents", came, [W, W, W, F, F, F, F]);
            // SAFETY: as above.
            let left = unsafe { seen(owned.pages.start) };
            row.is(
                "away from what is in the way",
                left,
                [None, None, None, W, W, W],
            );
            let came = fault::store(moved.pages.page(6));
            row.is("a store", came, Ended::Exited(0));
        }
    }
    Ok(())
}

fn moves(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let far = ptr::without_provenance_mut(FAR);
    for (what, count) in [("as it is", 3), ("shorter", 1), ("longer", 5)] {
        let place = Owned::private(8)?;
        let near = Owned::private(3)?;
        let distant = Owned::private(3)?;
        place.cut(0, 8)?;
        for (where_to, to, owned) in [
            ("a free place", place.pages.page(1), near),
            ("far away", far, distant),
        ] {
            let came = owned.remap(count, MoveTo::FixedNoReplace(to.addr()));
            row.is(
                format_args!("{what}, to {where_to}"),
                start(came),
                Ok(to.addr()),
            );
            row.is(
                format_args!("{what}, to {where_to}: nothing is left behind"),
                mapped(owned.pages.start, 3),
                Layout::of("..."),
            );
            let Ok(moved) = came else { continue };
            // SAFETY: what is there can be read.
            let held = unsafe { moved.holds(0, count.min(3)) };
            row.holds(format_args!("{what}, to {where_to}: its contents"), held);
            row.is(
                format_args!("{what}, to {where_to}: a store"),
                fault::store(moved.pages.page(count - 1)),
                Ended::Exited(0),
            );
            if count == 5 {
                // SAFETY: as above.
                let came = unsafe { [moved.pages.read(3), moved.pages.read(4)] };
                row.is(
                    format_args!("{what}, to {where_to}: what is new"),
                    came,
                    [FRESH; 2],
                );
            }
            moved.cut(0, count)?;
        }
    }
    let owned = Owned::with_room(&anonymous(3), 3)?;
    let behind = owned.pages.page(3).addr();
    let came = owned.remap(3, MoveTo::FixedNoReplace(behind));
    row.is("to just behind itself", start(came), Ok(behind));
    // SAFETY: what is there can be read.
    let came = unsafe { seen(owned.pages.start) };
    row.is("it went there", came, [None, None, None, W, W, W]);
    Ok(())
}

fn never_replaces(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let owned = Owned::private(2)?;
    // After all others, so that nothing else comes into its gaps.
    let other = Owned::private(5)?;
    other.cut(0, 1)?;
    other.cut(4, 1)?;
    for (what, first, count) in [
        ("exactly what is there", 1, 3),
        ("over its head", 0, 2),
        ("over its tail", 3, 2),
        ("more than what is there", 0, 5),
        ("inside", 2, 1),
    ] {
        let to = MoveTo::FixedNoReplace(other.pages.page(first).addr());
        row.is(what, owned.remap(count, to).map(|_| ()), EEXIST);
        // SAFETY: what is there can be read.
        let came = unsafe { (seen(other.pages.start), seen(owned.pages.start)) };
        row.is(
            format_args!("{what}: nothing changes"),
            came,
            ([None, W, W, W, None], [W; 2]),
        );
    }
    let owned = Owned::private(5)?;
    owned.cut(0, 1)?;
    owned.cut(4, 1)?;
    let inner = owned.piece(1, 3);
    for (what, page, count) in [
        ("itself, where it is", 1, 3),
        ("itself, shorter", 1, 1),
        ("itself, longer", 1, 4),
        ("itself, above", 2, 3),
        ("itself, below", 0, 3),
        ("its last page", 3, 1),
        ("around itself", 0, 5),
    ] {
        let to = MoveTo::FixedNoReplace(owned.pages.page(page).addr());
        row.is(what, inner.remap(count, to).map(|_| ()), EEXIST);
        // SAFETY: what is there can be read.
        let came = unsafe { seen(owned.pages.start) };
        row.is(
            format_args!("{what}: nothing changes"),
            came,
            [None, W, W, W, None],
        );
    }
    Ok(())
}

/// What can be done to a mapping that leaves it elsewhere or longer, or both.
#[derive(Clone, Copy)]
enum Way {
    InPlace,
    Anywhere,
    To,
}

const WAYS: [(&str, Way); 3] = [
    ("in place", Way::InPlace),
    ("anywhere", Way::Anywhere),
    ("to a place", Way::To),
];

/// Makes two pages four: where they are, elsewhere since something is in the way, or at a free place.
fn lengthen(
    request: &MapRequest<'_>,
    way: Way,
    prepare: impl Fn(&mut Owned) -> Result<()>,
) -> core::result::Result<Result<Owned>, Unable> {
    let unable = |error| Unable::to("what a mapping is to keep", error);
    match way {
        Way::InPlace => {
            let mut owned = Owned::with_room(request, 2)?;
            prepare(&mut owned).map_err(unable)?;
            Ok(owned.remap(4, MoveTo::InPlace))
        }
        Way::Anywhere => {
            let mut owned = Owned::with_room(request, 2)?;
            prepare(&mut owned).map_err(unable)?;
            let behind =
                anonymous(2).placement(Placement::FixedNoReplace(owned.pages.page(2).addr()));
            Owned::map(&behind)?;
            Ok(owned.remap(4, MoveTo::Anywhere))
        }
        Way::To => {
            let place = Owned::private(4)?;
            let mut owned = Owned::filled(request)?;
            place.cut(0, 4)?;
            prepare(&mut owned).map_err(unable)?;
            Ok(owned.remap(4, MoveTo::FixedNoReplace(place.region.start())))
        }
    }
}

fn keeps_attributes(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let faults = SEGMENTATION_FAULT;
    for (how, way) in WAYS {
        let came = lengthen(&anonymous(2), way, |owned| owned.protect(Prot::READ))?;
        row.is(format_args!("read-only, {how}"), came.map(|_| ()), DONE);
        if let Ok(mut owned) = came {
            let loads = [0, 1, 2, 3].map(|page| fault::load(owned.pages.page(page)));
            let [old, new] = [WRITTEN, FRESH].map(Ended::Exited);
            row.is(
                format_args!("read-only, {how}: loads"),
                loads,
                [old, old, new, new],
            );
            let stores = [0, 1, 2, 3].map(|page| fault::store(owned.pages.page(page)));
            row.is(
                format_args!("read-only, {how}: stores"),
                stores,
                [faults; 4],
            );
            row.is(
                format_args!("read-only, {how}: opened"),
                owned.protect(READ_WRITE),
                DONE,
            );
            let stores = [0, 1, 2, 3].map(|page| fault::store(owned.pages.page(page)));
            row.is(
                format_args!("read-only, {how}: stores then"),
                stores,
                [Ended::Exited(0); 4],
            );
        }
        let came = lengthen(&anonymous(2).max_prot(ALL), way, |_| Ok(()))?;
        row.is(format_args!("code to be, {how}"), came.map(|_| ()), DONE);
        if let Ok(mut owned) = came {
            for page in [0, 3] {
                // SAFETY: the row's own pages, which can be written.
                unsafe { fault::write_code(owned.pages.page(page)) };
            }
            row.is(
                format_args!("code to be, {how}: opened"),
                owned.protect(READ_EXECUTE),
                DONE,
            );
            let runs = [0, 3].map(|page| fault::execute(owned.pages.page(page)));
            row.is(
                format_args!("code to be, {how}: it runs"),
                runs,
                [Ended::Exited(42); 2],
            );
        }
        for (what, policy, old, new) in [
            ("none", Inherit::NONE, faults, faults),
            (
                "zero",
                Inherit::ZERO,
                Ended::Exited(FRESH),
                Ended::Exited(FRESH),
            ),
            (
                "copy",
                Inherit::COPY,
                Ended::Exited(WRITTEN),
                Ended::Exited(FRESH),
            ),
        ] {
            let came = lengthen(&anonymous(2), way, |owned| owned.inherit(policy))?;
            row.is(
                format_args!("{what} for children, {how}"),
                came.map(|_| ()),
                DONE,
            );
            if let Ok(owned) = came {
                // SAFETY: the row's own pages.
                row.holds(
                    format_args!("{what} for children, {how}: its contents"),
                    unsafe { owned.holds(0, 2) },
                );
                let loads = [0, 3].map(|page| fault::load(owned.pages.page(page)));
                row.is(
                    format_args!("{what} for children, {how}: what they find"),
                    loads,
                    [old, new],
                );
            }
        }
    }
    // Memory that cannot be read grows where it is.
    let came = lengthen(&anonymous(2), Way::InPlace, |owned| {
        owned.protect(Prot::NONE)
    })?;
    row.is("without access, in place", came.map(|_| ()), DONE);
    if let Ok(mut owned) = came {
        let loads = [0, 3].map(|page| fault::load(owned.pages.page(page)));
        row.is("without access, in place: loads", loads, [faults; 2]);
        row.is(
            "without access, in place: opened",
            owned.protect(READ_WRITE),
            DONE,
        );
        // SAFETY: the row's own pages, which can be read now.
        let came = unsafe { seen(owned.pages.start) };
        row.is("without access, in place: its contents", came, [W, W, F, F]);
    }
    Ok(())
}

/// Pages that the kernel does not hold in one piece.
fn pieces() -> core::result::Result<Owned, Unable> {
    let owned = Owned::private(4)?;
    // On Linux what children get keeps two mappings apart; the others keep what was made apart.
    #[cfg(target_os = "linux")]
    // SAFETY: children expect what this policy gives them.
    unsafe { Kernel.inherit(owned.part(2, 2), Inherit::NONE) }
        .map_err(|error| Unable::to("Kernel::inherit", error))?;
    #[cfg(not(target_os = "linux"))]
    // SAFETY: the row's own pages, which are written again.
    unsafe {
        Kernel
            .map_over(owned.part(2, 2), &anonymous(2))
            .map_err(|error| Unable::to("Kernel::map_over", error))?;
        owned.pages.fill();
    }
    Ok(owned)
}

fn in_pieces(row: &Row<'_>) -> core::result::Result<(), Unable> {
    for (what, count) in [("as long", 4), ("longer", 6), ("shorter", 3)] {
        for (how, to) in [
            ("to a place", MoveTo::FixedNoReplace(FAR)),
            ("anywhere", MoveTo::Anywhere),
        ] {
            if count <= 4 && to == MoveTo::Anywhere {
                continue;
            }
            let owned = pieces()?;
            let came = owned.remap(count, to);
            // The others do not say, and then it has to be whole.
            if cfg!(target_os = "linux") {
                row.is(format_args!("{what}, {how}"), came.map(|_| ()), ENOTSUP);
                // SAFETY: what is there can be read.
                let left = unsafe { seen(owned.pages.start) };
                row.is(format_args!("{what}, {how}: nothing changes"), left, [W; 4]);
                let far = ptr::without_provenance_mut(FAR);
                row.is(
                    format_args!("{what}, {how}: nothing is left there"),
                    mapped(far, 4),
                    Layout::of("...."),
                );
            } else {
                row.is(format_args!("{what}, {how}"), came.map(|_| ()), DONE);
                let Ok(moved) = came else { continue };
                // SAFETY: the row's own pages.
                let held = unsafe { moved.holds(0, count.min(4)) };
                row.holds(format_args!("{what}, {how}: its contents"), held);
                moved.cut(0, count)?;
            }
        }
    }
    let owned = pieces()?;
    let came = owned.remap(4, MoveTo::InPlace);
    row.is("as it is, in place", start(came), Ok(owned.region.start()));
    let came = owned.remap(1, MoveTo::InPlace);
    row.is("shorter, in place", start(came), Ok(owned.region.start()));
    // SAFETY: what is there can be read.
    let left = unsafe { seen(owned.pages.start) };
    row.is("it is cut", left, [W, None, None, None]);
    Ok(())
}

fn shared_memory(row: &Row<'_>) -> core::result::Result<(), Unable> {
    for (how, to) in [
        ("in place", MoveTo::InPlace),
        ("anywhere", MoveTo::Anywhere),
        ("to a place", MoveTo::FixedNoReplace(FAR)),
    ] {
        let owned = Owned::with_room(&anonymous(2).shared(true), 2)?;
        row.is(
            format_args!("longer, {how}"),
            owned.remap(4, to).map(|_| ()),
            ENOTSUP,
        );
        // SAFETY: what is there can be read.
        let came = unsafe { seen(owned.pages.start) };
        row.is(
            format_args!("longer, {how}: nothing changes"),
            came,
            [W, W, None, None],
        );
        let far = ptr::without_provenance_mut(FAR);
        row.is(
            format_args!("longer, {how}: nothing is there"),
            mapped(far, 4),
            Layout::of("...."),
        );
    }
    // FreeBSD has no call that moves, and copying would part it from those it is shared with.
    let owned = Owned::filled(&anonymous(2).shared(true))?;
    let came = owned.remap(2, MoveTo::FixedNoReplace(FAR));
    row.is(
        "as long, to a place",
        came.map(|_| ()),
        by_system(DONE, ENOTSUP, DONE),
    );
    let there = came.unwrap_or(owned);
    // SAFETY: the row's own pages.
    row.holds("its contents", unsafe { there.holds(0, 2) });
    let stored = fault::store(there.pages.page(1));
    // SAFETY: as above.
    let byte = unsafe { there.pages.read(1) };
    row.is(
        "a child's store",
        (stored, byte),
        (Ended::Exited(0), STORED),
    );
    Ok(())
}

fn objects(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let page = page_size();
    let expected = by_system(DONE, ENOTSUP, DONE);
    for (what, shared) in [("private", false), ("shared", true)] {
        for (how, way) in WAYS {
            let object = numbered_object(5)?;
            let request = MapRequest::file(borrowed(object), page as u64, 2 * page)
                .prot(READ_WRITE)
                .shared(shared);
            let came = lengthen(&request, way, |_| Ok(()))?;
            row.is(format_args!("{what}, {how}"), came.map(|_| ()), expected);
            let Ok(owned) = came else { continue };
            // SAFETY: the row's own object.
            let came = unsafe {
                owned.pages.write(3, STORED);
                owned.pages.write(1, STORED);
                seen(owned.pages.start)
            };
            row.is(
                format_args!("{what}, {how}: its contents"),
                came,
                [W, Some(STORED), Some(4), Some(STORED)],
            );
            let bytes = (
                object::byte_at(object, 2 * page)?,
                object::byte_at(object, 4 * page)?,
            );
            let stored = (Some(STORED), Some(STORED));
            let kept = (Some(3), Some(5));
            row.is(
                format_args!("{what}, {how}: the object"),
                bytes,
                if shared { stored } else { kept },
            );
        }
    }
    Ok(())
}

/// What needs a call that FreeBSD does not have.
fn what_freebsd_cannot(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let expected = by_system(DONE, ENOTSUP, DONE);
    for (what, prot) in [("without access", Prot::NONE), ("code", READ_EXECUTE)] {
        let mut owned = Owned::filled(&anonymous(2).max_prot(ALL))?;
        // SAFETY: the row's own page, which nobody executes.
        let first = unsafe {
            fault::write_code(owned.pages.start);
            owned.pages.read(0)
        };
        let closed = owned.protect(prot);
        row.is(format_args!("{what}: it can be so"), closed, DONE);
        let came = owned.remap(2, MoveTo::FixedNoReplace(FAR));
        row.is(
            format_args!("{what}: to a place"),
            came.map(|_| ()),
            expected,
        );
        let mut there = came.unwrap_or(owned);
        let runs = fault::execute(there.pages.start) == Ended::Exited(42);
        row.is(
            format_args!("{what}: it runs"),
            runs,
            prot.contains(Prot::EXEC),
        );
        row.is(
            format_args!("{what}: opened"),
            there.protect(READ_WRITE),
            DONE,
        );
        // SAFETY: the row's own pages, which can be read now.
        let came = unsafe { [there.pages.read(0), there.pages.read(1)] };
        row.is(format_args!("{what}: its contents"), came, [first, WRITTEN]);
        there.cut(0, 2)?;
    }
    Ok(())
}
