//! What is recorded of other protections.

use rawmap::{Prot, page_size, space::MapRequest};
use rawmap_bare::process::Ended;

use super::arena::{Arena, anonymous};
use crate::{
    answer::{DONE, EACCES, ENOMEM},
    fault::{self, SEGMENTATION_FAULT},
    object::{self, object},
    pages::{READ_EXECUTE, READ_WRITE},
    portable::owned::borrowed,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (331, split_and_merged),
    (332, lengths),
    (333, holes),
    (334, refused),
    (335, refused_on_the_way),
    (336, over_several),
];

/// Row 73.
fn split_and_merged(row: &Row<'_>) -> Result<(), Unable> {
    let object = borrowed(object(5 * page_size())?);
    let file = MapRequest::file(object, 0, 5 * page_size()).prot(READ_WRITE);
    for (what, request) in [
        ("shared", anonymous(5).shared(true)),
        ("private", anonymous(5)),
        ("a shared object", file.shared(true)),
        ("a private object", file),
    ] {
        let arena = Arena::free(5);
        let came = arena.map(0, &request);
        arena.is(row, format_args!("row 73: {what}"), came, DONE, "Wwwww");
        let came = arena.protect(1..2, Prot::READ);
        arena.is(
            row,
            format_args!("row 73: page 1, {what}"),
            came,
            DONE,
            "WRWww",
        );
        let came = arena.protect(3..4, Prot::READ);
        arena.is(
            row,
            format_args!("row 73: page 3, {what}"),
            came,
            DONE,
            "WRWRW",
        );
        let came = arena.protect(1..5, READ_WRITE);
        arena.is(
            row,
            format_args!("row 73: 1 to 4 back, {what}"),
            came,
            DONE,
            "Wwwww",
        );
        let came = arena.protect(0..5, Prot::NONE);
        arena.is(
            row,
            format_args!("row 73: all, {what}"),
            came,
            DONE,
            "Nnnnn",
        );
        let came = arena.unmap(0..5);
        arena.is(
            row,
            format_args!("row 73: unmapped, {what}"),
            came,
            DONE,
            ".....",
        );
    }
    Ok(())
}

/// Rows 74 and 75.
fn lengths(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwww")?;
    for (what, bytes, pages) in [
        ("row 74: no bytes", 0, "Wwww"),
        ("row 75: two bytes", 2, "WRWw"),
        ("a page and a byte", page_size() + 1, "WRrW"),
    ] {
        let region = crate::portable::owned::region(arena.pages.page(1), bytes);
        // SAFETY: the row's own pages.
        let came =
            unsafe { rawmap::space::AddressSpace::protect(arena.registry, region, Prot::READ) };
        arena.is(row, what, came, DONE, pages);
    }
    let came = arena.protect(0..4, Prot::READ);
    arena.is(row, "all of them", came, DONE, "Rrrr");
    let came = arena.protect(0..4, Prot::READ);
    arena.is(row, "as they are", came, DONE, "Rrrr");
    Ok(())
}

/// Row 76, in which the registry knows of the hole before any kernel does.
fn holes(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww.Ww.")?;
    for (what, pages) in [
        ("over a hole", 0..5),
        ("into a hole", 0..3),
        ("out of a hole", 2..4),
        ("of a hole", 2..3),
        ("behind all", 4..6),
    ] {
        let came = arena.protect(pages, Prot::READ);
        arena.is(row, format_args!("row 76: {what}"), came, ENOMEM, "Ww.Ww.");
    }
    let stores = [0, 1, 3, 4].map(|page| fault::store(arena.pages.page(page)));
    row.is("row 76: nothing has changed", stores, [Ended::Exited(0); 4]);
    arena.map_foreign(2..3)?;
    let came = arena.protect(0..5, Prot::READ);
    arena.is(row, "over what it did not know", came, DONE, "Rr*Rr.");
    let came = fault::store(arena.pages.page(2));
    row.is("that has changed too", came, SEGMENTATION_FAULT);
    Ok(())
}

/// A shared mapping that can never be written.
fn read_only<'fd>(row: &Row<'_>) -> Result<MapRequest<'fd>, Unable> {
    let program = borrowed(object::read_only(row.place)?);
    Ok(MapRequest::file(program, 0, page_size()).shared(true))
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::free(3);
    let came = arena.map(1, &read_only(row)?);
    arena.is(row, "a file that is open for reading", came, DONE, ".R.");
    for (what, prot) in [("write", Prot::WRITE), ("read and write", READ_WRITE)] {
        let came = arena.protect(1..2, prot);
        arena.is(row, format_args!("row 67: {what}"), came, EACCES, ".R.");
    }
    let came = arena.protect(1..2, Prot::NONE);
    arena.is(row, "none", came, DONE, ".N.");
    let came = arena.protect(1..2, READ_WRITE);
    arena.is(row, "row 68: write, from none", came, EACCES, ".N.");
    let came = arena.protect(1..2, Prot::READ);
    arena.is(row, "read again", came, DONE, ".R.");
    Ok(())
}

/// Exactly those that come before the refused one have it, whatever the kernel does with the whole.
fn refused_on_the_way(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Rr.Rr")?;
    let came = arena.map(2, &read_only(row)?);
    arena.is(row, "one that refuses between two", came, DONE, "RrRRr");
    let came = arena.protect(0..5, READ_WRITE);
    arena.is(row, "all to write", came, EACCES, "WwRRr");
    let stores = [0, 1, 2, 3, 4].map(|page| fault::store(arena.pages.page(page)));
    let (stored, faults) = (Ended::Exited(0), SEGMENTATION_FAULT);
    row.is("stores", stores, [stored, stored, faults, faults, faults]);
    let came = arena.protect(2..5, READ_WRITE);
    arena.is(row, "the refused one first", came, EACCES, "WwRRr");
    let came = arena.protect(1..5, Prot::READ);
    arena.is(row, "what all can have", came, DONE, "WRRRr");
    Ok(())
}

fn over_several(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("WwwRrrWww")?;
    let came = arena.protect(2..7, Prot::NONE);
    arena.is(
        row,
        "over a whole one and two parts",
        came,
        DONE,
        "WwNnnnnWw",
    );
    let came = arena.protect(2..7, READ_WRITE);
    arena.is(row, "back, as one", came, DONE, "Wwwwwwwww");
    arena
        .unmap(0..9)
        .map_err(|error| Unable::to("Registry::unmap", error))?;
    let arena = Arena::free(4);
    let code = anonymous(4).max_prot(Prot::READ | Prot::WRITE | Prot::EXEC);
    let came = arena.map(0, &code);
    arena.is(row, "code to be", came, DONE, "Wwww");
    let came = arena.protect(1..3, READ_EXECUTE);
    arena.is(row, "row 72: code", came, DONE, "WXxW");
    let came = arena.protect(1..3, READ_WRITE);
    arena.is(row, "row 72: data again", came, DONE, "Wwww");
    Ok(())
}
