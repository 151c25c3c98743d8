//! What is left after unmapping.

use rawmap::{Prot, page_size, space::MapRequest};

use super::arena::{Arena, anonymous};
use crate::{
    answer::DONE,
    object::object,
    pages::READ_WRITE,
    portable::owned::borrowed,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (321, carved),
    (322, punched),
    (323, filled),
    (324, blanket),
    (325, trimmed),
    (326, tail_and_head),
    (327, free_range),
];

/// Asks with three pages of each kind of memory.
fn kinds(ask: impl Fn(&str, MapRequest<'_>)) -> Result<(), Unable> {
    let object = borrowed(object(3 * page_size())?);
    let file = MapRequest::file(object, 0, 3 * page_size()).prot(READ_WRITE);
    for (what, request) in [
        ("private", anonymous(3)),
        ("shared", anonymous(3).shared(true)),
        ("a private object", file),
        ("a shared object", file.shared(true)),
    ] {
        ask(what, request);
    }
    Ok(())
}

/// Row 59: +0, +0, -1.
fn carved(row: &Row<'_>) -> Result<(), Unable> {
    kinds(|what, request| {
        let arena = Arena::free(3);
        arena.is(
            row,
            format_args!("row 59: whole, {what}"),
            arena.map(0, &request),
            DONE,
            "Www",
        );
        for (step, pages, left) in [
            ("the first", 0..1, ".Ww"),
            ("the last", 2..3, ".W."),
            ("the middle", 1..2, "..."),
        ] {
            let came = arena.unmap(pages);
            arena.is(
                row,
                format_args!("row 59: {step}, {what}"),
                came,
                DONE,
                left,
            );
        }
    })
}

/// Row 60: +1, then -1, -1.
fn punched(row: &Row<'_>) -> Result<(), Unable> {
    kinds(|what, request| {
        let arena = Arena::free(3);
        arena.is(
            row,
            format_args!("row 60: whole, {what}"),
            arena.map(0, &request),
            DONE,
            "Www",
        );
        for (step, pages, left) in [
            ("the middle", 1..2, "W.W"),
            ("the first", 0..1, "..W"),
            ("the last", 2..3, "..."),
        ] {
            let came = arena.unmap(pages);
            arena.is(
                row,
                format_args!("row 60: {step}, {what}"),
                came,
                DONE,
                left,
            );
        }
    })
}

/// Row 61: +1, +1, -1 where they can be one.
fn filled(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::free(3);
    for (what, shared, merged) in [
        ("private", false, "Www"),
        ("shared, which is never one", true, "WWW"),
    ] {
        let request = anonymous(1).shared(shared);
        for (step, page, pages) in [
            ("the left one", 0, "W.."),
            ("the right one", 2, "W.W"),
            ("the middle one", 1, merged),
        ] {
            let came = arena.map(page, &request);
            arena.is(
                row,
                format_args!("row 61: {step}, {what}"),
                came,
                DONE,
                pages,
            );
        }
        let came = arena.unmap(0..3);
        arena.is(
            row,
            format_args!("row 61: one call for all, {what}"),
            came,
            DONE,
            "...",
        );
    }
    let came = arena
        .map(0, &anonymous(1))
        .and(arena.map(2, &anonymous(1)))
        .and(arena.map(1, &anonymous(1).prot(Prot::READ)));
    arena.is(row, "row 61: a middle one that differs", came, DONE, "WRW");
    let came = arena.map_over(1..2, &anonymous(1));
    arena.is(row, "row 61: and is like them then", came, DONE, "Www");
    Ok(())
}

/// Row 62.
fn blanket(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("W.Ww..RrW.RW")?;
    let came = arena.unmap(1..2);
    arena.is(row, "row 62: a hole", came, DONE, "W.Ww..RrW.RW");
    let came = arena.unmap(0..11);
    arena.is(row, "row 62: all but the last", came, DONE, "...........W");
    let came = arena.unmap(0..12);
    arena.is(row, "row 62: all", came, DONE, "............");
    let arena = Arena::with("WwwRrrWww.Rr")?;
    let came = arena.unmap(1..11);
    arena.is(
        row,
        "row 62: from within one into another",
        came,
        DONE,
        "W..........R",
    );
    Ok(())
}

/// Row 63.
fn trimmed(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwwww")?;
    let came = arena.unmap(0..2);
    arena.is(row, "row 63: the left end", came, DONE, "..Www");
    let came = arena.unmap(0..5);
    arena.is(row, "row 63: then the former range", came, DONE, ".....");
    let came = arena.map(0, &anonymous(5));
    arena.is(row, "once more", came, DONE, "Wwwww");
    let came = arena.unmap(3..5);
    arena.is(row, "row 63: the right end", came, DONE, "Www..");
    let came = arena.unmap(0..5);
    arena.is(row, "row 63: then this former range", came, DONE, ".....");
    let arena = Arena::with("RWwwwwR")?;
    let came = arena.unmap(1..3);
    arena.is(
        row,
        "row 63: the left end beside another",
        came,
        DONE,
        "R..WwwR",
    );
    let came = arena.unmap(4..6);
    arena.is(
        row,
        "row 63: the right end beside another",
        came,
        DONE,
        "R..W..R",
    );
    let came = arena.unmap(1..6);
    arena.is(
        row,
        "row 63: the range between the others",
        came,
        DONE,
        "R.....R",
    );
    Ok(())
}

/// Row 66.
fn tail_and_head(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("WwwRrr")?;
    let came = arena.unmap(2..4);
    arena.is(row, "row 66: two that differ", came, DONE, "Ww..Rr");
    let arena = Arena::free(12);
    let object = borrowed(object(3 * page_size())?);
    let file = MapRequest::file(object, 0, 3 * page_size()).prot(READ_WRITE);
    arena
        .unmap(0..6)
        .map_err(|error| Unable::to("Registry::unmap", error))?;
    let came = arena.map(0, &file).and(arena.map(3, &file));
    arena.is(
        row,
        "two mappings of one object",
        came,
        DONE,
        "WwwWww......",
    );
    let came = arena.unmap(2..4);
    arena.is(row, "row 66: of one object", came, DONE, "Ww..Ww......");
    let shared = anonymous(3).shared(true);
    let came = arena.map(6, &shared).and(arena.map(9, &shared));
    arena.is(
        row,
        "two pieces of shared memory",
        came,
        DONE,
        "Ww..WwWwwWww",
    );
    let came = arena.unmap(8..10);
    arena.is(row, "row 66: of shared memory", came, DONE, "Ww..WwWw..Ww");
    let came = arena.unmap(1..11);
    arena.is(
        row,
        "row 66: and everything between",
        came,
        DONE,
        "W..........W",
    );
    Ok(())
}

/// Row 53.
fn free_range(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("..W..")?;
    for (what, pages) in [("below", 0..2), ("above", 3..5)] {
        let came = arena.unmap(pages);
        arena.is(row, format_args!("row 53: {what}"), came, DONE, "..W..");
    }
    for what in ["once", "twice"] {
        let came = arena.unmap(2..3);
        arena.is(row, format_args!("row 53: {what}"), came, DONE, ".....");
    }
    arena.map_foreign(1..3)?;
    let came = arena.unmap(0..5);
    arena.is(row, "what it did not know", came, DONE, ".....");
    Ok(())
}
