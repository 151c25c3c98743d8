//! What is recorded of mappings that become longer, shorter, or go elsewhere.

use rawmap::{
    Errno, Inherit, Prot, page_size,
    registry::MapInfo,
    space::{Kind, MapRequest, MoveTo},
};

use super::arena::{Arena, anonymous};
use crate::{
    answer::{DONE, EEXIST, ENOMEM, ENOTSUP, by_system},
    pages::{READ_WRITE, WRITTEN},
    portable::owned::{answer, borrowed, numbered_object},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (341, refused),
    (342, resized),
    (343, moved),
    (344, parts),
    (345, facts),
    (346, objects),
    (347, several),
];

/// Row 83, and what else is refused.
fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("WwR.Ww..")?;
    let came = answer(arena.remap(0..2, 3, MoveTo::InPlace));
    arena.is(row, "row 83: no room", came, ENOMEM, "WwR.Ww..");
    let came = answer(arena.remap(2..3, 3, MoveTo::InPlace));
    arena.is(row, "row 83: room for a part", came, ENOMEM, "WwR.Ww..");
    for (what, count, to) in [
        ("onto another", 2, 4),
        ("over its head", 2, 3),
        ("over its tail", 2, 5),
        ("onto itself", 2, 0),
        ("over itself", 2, 1),
    ] {
        let came = arena.move_to(0..2, count, to);
        arena.is(
            row,
            format_args!("row 84: {what}"),
            came,
            EEXIST,
            "WwR.Ww..",
        );
    }
    arena.map_foreign(6..7)?;
    let came = arena.move_to(0..2, 2, 6);
    arena.is(row, "onto what it does not know", came, EEXIST, "WwR.Ww*.");
    let came = answer(arena.remap(4..6, 3, MoveTo::InPlace));
    arena.is(
        row,
        "against what it does not know",
        came,
        ENOMEM,
        "WwR.Ww*.",
    );
    Ok(())
}

fn resized(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwww..R.")?;
    let came = answer(arena.remap(0..4, 2, MoveTo::InPlace));
    arena.is(row, "shorter", came, DONE, "Ww....R.");
    let came = answer(arena.remap(0..2, 2, MoveTo::Anywhere));
    arena.is(row, "as it is", came, DONE, "Ww....R.");
    let came = answer(arena.remap(0..2, 5, MoveTo::InPlace));
    arena.is(row, "row 80: longer", came, DONE, "Wwwww.R.");
    let came = answer(arena.remap(0..5, 1, MoveTo::Anywhere));
    arena.is(row, "shorter, if need be elsewhere", came, DONE, "W.....R.");
    let came = answer(arena.remap(6..7, 2, MoveTo::InPlace));
    arena.is(row, "row 80: another", came, DONE, "W.....Rr");
    let before = arena.find(6);
    let came = arena.remap(0..1, 7, MoveTo::Anywhere);
    let found = came.map(|region| {
        let info = arena.registry.find(region.start());
        info.map(|info| (info.start() == region.start(), info.len() / page_size()))
    });
    row.is("row 80: elsewhere", found, Ok(Some((true, 7))));
    row.is(
        "row 80: nothing is left behind",
        (arena.find(0), arena.find(6), arena.registry.len()),
        (None, before, 2),
    );
    row.is("all is well", arena.wrong(), None);
    Ok(())
}

fn moved(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Www.........")?;
    // SAFETY: the row's own pages.
    unsafe { (0..3).for_each(|page| arena.pages.write(page, WRITTEN)) };
    let came = arena.move_to(0..3, 3, 6);
    arena.is(row, "row 85: as it is", came, DONE, "......Www...");
    let came = arena.move_to(6..9, 5, 0);
    arena.is(row, "row 85: longer", came, DONE, "Wwwww.......");
    let came = arena.move_to(0..5, 1, 5);
    arena.is(row, "row 85: shorter", came, DONE, ".....W......");
    // SAFETY: the row's own page.
    let byte = unsafe { arena.pages.read(5) };
    row.is("what it holds", byte, WRITTEN);
    let came = arena.map(8, &anonymous(1)).and(arena.move_to(5..6, 1, 9));
    arena.is(
        row,
        "beside one that is like it",
        came,
        DONE,
        "........Ww..",
    );
    Ok(())
}

fn parts(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwwww.......")?;
    let came = arena.move_to(1..2, 1, 8);
    arena.is(row, "from the middle", came, DONE, "W.Www...W...");
    let came = arena.move_to(4..5, 2, 6);
    arena.is(row, "from the end, longer", came, DONE, "W.Ww..Www...");
    let came = arena.move_to(2..3, 1, 1);
    arena.is(
        row,
        "from the start, to just below",
        came,
        DONE,
        "Ww.W..Www...",
    );
    let came = answer(arena.remap(7..9, 1, MoveTo::InPlace));
    arena.is(row, "a tail, shorter", came, DONE, "Ww.W..Ww....");
    Ok(())
}

/// What the registry knows moves with the memory.
fn facts(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::free(8);
    let request = anonymous(2)
        .prot(Prot::READ)
        .inherit(Inherit::ZERO)
        .conceal(true);
    let came = arena.map(0, &request);
    arena.is(row, "a mapping with attributes", came, DONE, "Rr......");
    row.is(
        "a word of its own",
        arena.registry.set_user(arena.addresses(0..2), 77),
        DONE,
    );
    let known = |info: MapInfo| {
        (
            info.prot(),
            info.max_prot(),
            info.inherit(),
            info.conceal(),
            info.user(),
        )
    };
    let expected = Some((Some(Prot::READ), READ_WRITE, Inherit::ZERO, true, 77));
    row.is("at first", arena.find(0).map(known), expected);
    let came = arena.move_to(0..2, 3, 4);
    arena.is(row, "moved", came, DONE, "....Rrr.");
    row.is("then", arena.find(6).map(known), expected);
    let came = arena.move_to(5..6, 1, 0);
    arena.is(row, "its middle moved", came, DONE, "R...R.R.");
    let came = [0, 4, 6].map(|page| arena.find(page).map(known));
    row.is("of all three", came, [expected; 3]);
    Ok(())
}

/// Offsets.
fn objects(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size() as u64;
    let descriptor = borrowed(numbered_object(6)?);
    for (what, shared) in [("private", false), ("shared", true)] {
        let arena = Arena::free(12);
        let request = MapRequest::file(descriptor, page, 4 * page_size())
            .prot(READ_WRITE)
            .shared(shared);
        let came = arena.map(0, &request);
        arena.is(row, what, came, DONE, "Wwww........");
        let offset = |page: usize| match arena.find(page).map(|info| (info.start(), info.kind())) {
            Some((start, Kind::File { offset })) => Some((start == arena.addr(page), offset)),
            _ => None,
        };
        let middle = arena.protect(1..2, Prot::READ);
        arena.is(
            row,
            format_args!("{what}: cut"),
            middle,
            DONE,
            "WRWw........",
        );
        let came = [0, 1, 2].map(offset);
        let expected = [page, 2 * page, 3 * page].map(|offset| Some((true, offset)));
        row.is(format_args!("{what}: offsets"), came, expected);
        let came = arena.move_to(2..4, 2, 6);
        let lacks = Err(Errno::ENOTSUP);
        arena.is(
            row,
            format_args!("{what}: moved"),
            came,
            by_system(DONE, lacks, DONE),
            by_system("WR....Ww....", "WRWw........", "WR....Ww...."),
        );
        let at = by_system(6, 2, 6);
        row.is(
            format_args!("{what}: its offset"),
            offset(at),
            Some((true, 3 * page)),
        );
        let came = arena.move_to(at + 1..at + 2, 1, 10);
        arena.is(
            row,
            format_args!("{what}: a part moved"),
            came,
            by_system(DONE, lacks, DONE),
            by_system("WR....W...W.", "WRWw........", "WR....W...W."),
        );
        if came.is_ok() {
            row.is(
                format_args!("{what}: the part's offset"),
                offset(10),
                Some((true, 4 * page)),
            );
            // SAFETY: the row's own page.
            let byte = unsafe { arena.pages.read(10) };
            row.is(format_args!("{what}: what it shows"), byte, 5);
        }
        let came = arena.unmap(0..12);
        arena.is(
            row,
            format_args!("{what}: unmapped"),
            came,
            DONE,
            "............",
        );
    }
    Ok(())
}

/// What does not have one set of attributes does not move.
fn several(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("WwRr........")?;
    for (what, count) in [("as long", 4), ("shorter", 3), ("longer", 5)] {
        let came = arena.move_to(0..4, count, 6);
        arena.is(
            row,
            format_args!("{what}, to a place"),
            came,
            ENOTSUP,
            "WwRr........",
        );
    }
    for (what, to) in [
        ("in place", MoveTo::InPlace),
        ("anywhere", MoveTo::Anywhere),
    ] {
        let came = answer(arena.remap(0..4, 5, to));
        arena.is(
            row,
            format_args!("longer, {what}"),
            came,
            ENOTSUP,
            "WwRr........",
        );
        let came = answer(arena.remap(0..4, 4, to));
        arena.is(
            row,
            format_args!("as long, {what}"),
            came,
            DONE,
            "WwRr........",
        );
    }
    let came = answer(arena.remap(0..4, 3, MoveTo::InPlace));
    arena.is(row, "shorter, in place", came, DONE, "WwR.........");
    let came = answer(arena.remap(0..3, 1, MoveTo::Anywhere));
    arena.is(row, "shorter still", came, DONE, "W...........");
    Ok(())
}
