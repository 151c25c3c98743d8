//! What is recorded of new mappings.

use rawmap::{
    Inherit, Prot, page_size,
    space::{AddressSpace, Kind, MapRequest, Placement},
};

use super::{
    arena::{Arena, anonymous},
    state::State,
};
use crate::{
    answer::DONE,
    object::object,
    pages::{FRESH, READ_WRITE, WRITTEN},
    portable::owned::{borrowed, numbered_object},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (311, replaces),
    (312, freed),
    (313, rounded),
    (314, many_rounds),
    (315, alive),
    (316, aligned),
    (317, every_column),
    (318, facts),
];

/// Row 21.
fn replaces(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwwwwwww")?;
    // SAFETY: the row's own pages.
    unsafe { arena.pages.fill() };
    let read = |count: usize| anonymous(count).prot(Prot::READ);
    let came = arena.map_over(3..5, &read(2));
    arena.is(row, "row 21: two in the middle", came, DONE, "WwwRrWww");
    // SAFETY: the row's own pages.
    let bytes = unsafe { [2, 3, 4, 5].map(|page| arena.pages.read(page)) };
    row.is(
        "row 21: what they hold",
        bytes,
        [WRITTEN, FRESH, FRESH, WRITTEN],
    );
    let came = arena.map_over(4..6, &read(2));
    arena.is(row, "row 21: over a boundary", came, DONE, "WwwRrrWw");
    let came = arena.map_over(0..1, &read(1));
    arena.is(row, "row 21: the first", came, DONE, "RWwRrrWw");
    let came = arena.map_over(3..6, &anonymous(3));
    arena.is(row, "row 21: like both neighbours", came, DONE, "RWwwwwww");
    let object = borrowed(numbered_object(2)?);
    let file = MapRequest::file(object, 0, 2 * page_size());
    let came = arena.map_over(1..3, &file);
    arena.is(row, "row 21: by an object", came, DONE, "RRrWwwww");
    let came = arena.map_over(3..5, &file);
    arena.is(
        row,
        "row 21: by the same once more, which is another",
        came,
        DONE,
        "RRrRrWww",
    );
    let came = arena.map_over(0..8, &anonymous(8));
    arena.is(row, "row 21: all of it", came, DONE, "Wwwwwwww");
    let came = arena
        .unmap(0..8)
        .and_then(|()| arena.map_over(2..4, &anonymous(2)));
    arena.is(row, "where nothing is", came, DONE, "..Ww....");
    arena.map_foreign(4..6)?;
    let came = arena.map_over(3..6, &read(3));
    arena.is(row, "over what it did not know", came, DONE, "..WRrr..");
    Ok(())
}

/// Row 25.
fn freed(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwww")?;
    arena.is(row, "row 25: freed", arena.unmap(1..3), DONE, "W..W");
    let came = arena.map(1, &anonymous(2));
    arena.is(row, "row 25: the same once more", came, DONE, "Wwww");
    arena.is(row, "all of it", arena.unmap(0..4), DONE, "....");
    let came = arena.map(0, &anonymous(4).prot(Prot::READ));
    arena.is(row, "row 25: with other attributes", came, DONE, "Rrrr");
    Ok(())
}

/// Row 43.
fn rounded(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::free(4);
    for (what, bytes, pages) in [
        ("a byte", 1, "W..."),
        ("a page", page_size(), "W..."),
        ("a page and a byte", page_size() + 1, "Ww.."),
    ] {
        let came = arena.map(0, &MapRequest::anonymous(bytes));
        arena.is(row, format_args!("row 43: {what}"), came, DONE, pages);
        let region = crate::portable::owned::region(arena.pages.start, bytes);
        // SAFETY: the row's own pages.
        let came = unsafe { arena.registry.unmap(region) };
        arena.is(
            row,
            format_args!("row 43: {what}, unmapped"),
            came,
            DONE,
            "....",
        );
    }
    Ok(())
}

/// Row 20.
fn many_rounds(row: &Row<'_>) -> Result<(), Unable> {
    const ROUNDS: usize = 500;
    let registry = Arena::free(0).registry;
    let (mut done, mut found) = (0, 0);
    for round in 0..ROUNDS {
        let Ok(region) = registry.map(&anonymous(1 + round % 3)) else {
            break;
        };
        let info = registry.find(region.start());
        let is_it = info.is_some_and(|info| {
            (info.start(), info.len()) == (region.start(), region.len()) && registry.len() == 1
        });
        found += usize::from(is_it && region.start() != 0);
        // SAFETY: it was made just now.
        done += usize::from(unsafe { registry.unmap(region) }.is_ok());
    }
    row.is(
        "row 20: rounds, and maps found",
        (done, found),
        (ROUNDS, ROUNDS),
    );
    row.is("nothing is left", Arena::free(4).state(), State::of("...."));
    Ok(())
}

/// Many at once, unmapped in another order.
fn alive(row: &Row<'_>) -> Result<(), Unable> {
    const MAPS: usize = 300;
    let arena = Arena::free(2 * MAPS);
    let registry = arena.registry;
    let mut made = 0;
    for map in 0..MAPS {
        // 7 and 300 have no common factor, so that every second page gets its turn.
        let page = 2 * (map * 7 % MAPS);
        made += usize::from(arena.map(page, &anonymous(1)).is_ok());
    }
    row.is("mappings", (made, registry.len()), (MAPS, MAPS));
    row.is("their bytes", registry.mapped_bytes(), MAPS * page_size());
    row.is("all is well", arena.wrong(), None);
    let found = (0..MAPS)
        .filter(|map| arena.find(2 * map).is_some() && arena.find(2 * map + 1).is_none())
        .count();
    row.is("found, with holes between them", found, MAPS);
    let mut filled = 0;
    for map in 0..MAPS / 2 {
        let page = 2 * (map * 11 % (MAPS / 2)) + 1;
        filled += usize::from(arena.map(page, &anonymous(1)).is_ok());
    }
    row.is(
        "half of the holes filled",
        (filled, registry.len()),
        (MAPS / 2, MAPS / 2),
    );
    row.is("all is well then", arena.wrong(), None);
    let mut gone = 0;
    for map in 0..MAPS {
        let page = 2 * (map * 13 % MAPS);
        gone += usize::from(arena.unmap(page..page + 1).is_ok());
    }
    row.is("taken out again", (gone, registry.len()), (MAPS, MAPS / 2));
    row.is("all is well to the end", arena.wrong(), None);
    let came = (arena.unmap(0..2 * MAPS), registry.is_empty(), arena.wrong());
    row.is("one call for the rest", came, (DONE, true, None));
    Ok(())
}

/// Of an aligned mapping only what is left of it.
fn aligned(row: &Row<'_>) -> Result<(), Unable> {
    let registry = Arena::free(0).registry;
    for log2 in [16, 21, 25] {
        let request = MapRequest::anonymous(page_size()).align(1 << log2);
        let Ok(region) = registry.map(&request) else {
            row.holds(format_args!("aligned to 2^{log2}"), false);
            continue;
        };
        let came = (
            region.start() % (1 << log2),
            registry.len(),
            registry.mapped_bytes(),
            registry.iter().next().map(|info| info.start()),
        );
        let expected = (0, 1, page_size(), Some(region.start()));
        row.is(format_args!("aligned to 2^{log2}"), came, expected);
        // SAFETY: it was made just now.
        let came = (unsafe { registry.unmap(region) }, registry.len());
        row.is(
            format_args!("aligned to 2^{log2}, unmapped"),
            came,
            (DONE, 0),
        );
    }
    Ok(())
}

/// Row 46: of which Linux tells the same in /proc/self/maps.
fn every_column(row: &Row<'_>) -> Result<(), Unable> {
    let file = borrowed(object(4 * page_size())?);
    let arena = Arena::free(3);
    for (what, prot, pages) in [
        ("none", Prot::NONE, ".N."),
        ("read", Prot::READ, ".R."),
        ("write", Prot::WRITE, ".O."),
        ("read and write", READ_WRITE, ".W."),
        ("execute", Prot::EXEC, ".O."),
        ("read and execute", Prot::READ | Prot::EXEC, ".X."),
    ] {
        for (how, request, kind) in [
            ("anonymous", anonymous(1), Kind::Anonymous),
            (
                "an object",
                MapRequest::file(file, 3 * page_size() as u64, page_size()),
                Kind::File {
                    offset: 3 * page_size() as u64,
                },
            ),
        ] {
            for (sharing, shared) in [("private", false), ("shared", true)] {
                let what = format_args!("row 46: {what}, {how}, {sharing}");
                let came = arena.map(1, &request.prot(prot).shared(shared));
                arena.is(row, what, came, DONE, pages);
                let came = arena
                    .find(1)
                    .map(|info| (info.prot(), info.shared(), info.kind()));
                row.is(
                    format_args!("{what}: facts"),
                    came,
                    Some((Some(prot), shared, kind)),
                );
                arena.is(
                    row,
                    format_args!("{what}: gone"),
                    arena.unmap(0..3),
                    DONE,
                    "...",
                );
            }
        }
    }
    Ok(())
}

/// What else is known.
fn facts(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::free(6);
    let read_max = anonymous(1).prot(Prot::READ).max_prot(READ_WRITE);
    let concealed = anonymous(1).conceal(true);
    let none = anonymous(1).inherit(Inherit::NONE);
    let zero = anonymous(1).inherit(Inherit::ZERO);
    for (page, request) in [anonymous(1), concealed, none, zero, read_max]
        .iter()
        .enumerate()
    {
        row.is(
            format_args!("map, page {page}"),
            arena.map(page, request),
            DONE,
        );
    }
    row.is(
        "mappings that differ are not one",
        arena.state(),
        State::of("WWWWR."),
    );
    let came = [0, 1, 2, 3, 4].map(|page| arena.find(page).map(|info| info.attrs()));
    let expected =
        [anonymous(1), concealed, none, zero, read_max].map(|request| Some(request.attrs()));
    row.is("the attributes that were asked for", came == expected, true);
    let hint = anonymous(1).placement(Placement::Hint(arena.addr(5)));
    let came = arena.registry.map(&hint).map(|region| {
        let info = arena.registry.find(region.start());
        info.is_some_and(|info| info.end() == region.start() + page_size())
    });
    row.is("near a hint, wherever it is", came, Ok(true));
    Ok(())
}
