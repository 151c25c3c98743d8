//! What changes nothing of what is known, and what changes facts alone.

use rawmap::{
    Advice, Inherit, Prot, page_size,
    space::{AddressSpace, Discard, MapRequest, SyncMode},
};

use super::arena::{Arena, anonymous};
use crate::{
    answer::{DONE, ENOTSUP},
    pages::{FRESH, WRITTEN},
    portable::owned::{borrowed, numbered_object},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(351, discarded), (352, passed), (353, concealed)];

fn discarded(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwww.R")?;
    let bytes = || {
        // SAFETY: the row's own pages.
        unsafe { [0, 1, 2, 3].map(|page| arena.pages.read(page)) }
    };
    // SAFETY: as above.
    unsafe { (0..4).for_each(|page| arena.pages.write(page, WRITTEN)) };
    let came = arena.discard(1..3, Discard::Zero);
    arena.is(row, "row 97: to zero", came, DONE, "Wwww.R");
    row.is(
        "row 97: what is there",
        bytes(),
        [WRITTEN, FRESH, FRESH, WRITTEN],
    );
    let came = arena.discard(0..4, Discard::Lazy);
    arena.is(row, "lazily", came, DONE, "Wwww.R");
    let came = arena.discard(5..6, Discard::Zero);
    arena.is(row, "what can be read alone", came, DONE, "Wwww.R");
    let came = arena.unmap(0..6);
    arena.is(row, "unmapped", came, DONE, "......");
    let object = borrowed(numbered_object(2)?);
    for (what, request) in [
        ("shared memory", anonymous(2).shared(true)),
        ("an object", MapRequest::file(object, 0, 2 * page_size())),
    ] {
        let came = arena.map(0, &request.prot(Prot::READ));
        arena.is(row, what, came, DONE, "Rr....");
        for (how, discard) in [("to zero", Discard::Zero), ("lazily", Discard::Lazy)] {
            let came = arena.discard(0..1, discard);
            arena.is(row, format_args!("{what}, {how}"), came, ENOTSUP, "Rr....");
        }
        let came = arena.unmap(0..2);
        arena.is(row, format_args!("{what}, unmapped"), came, DONE, "......");
    }
    Ok(())
}

fn passed(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("WwwwRr")?;
    let part = arena.part(1..5);
    let one = arena.part(1..2);
    // SAFETY: the row's own pages; none of this changes what they hold.
    let came = unsafe {
        [
            ("advice", arena.registry.advise(part, Advice::WILLNEED)),
            (
                "row 95: sync, start",
                arena.registry.sync(part, SyncMode::Start, false),
            ),
            (
                "row 95: sync, wait",
                arena.registry.sync(part, SyncMode::Wait, false),
            ),
            ("row 102: lock", arena.registry.lock(one)),
            ("row 102: unlock", arena.registry.unlock(one)),
        ]
    };
    for (what, came) in came {
        arena.is(row, what, came, DONE, "WwwwRr");
    }
    Ok(())
}

/// Mappings that differ in what is asked for besides are not one, and become one.
fn concealed(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww....")?;
    let came = arena.map(2, &anonymous(2).conceal(true));
    arena.is(row, "to be left out of core dumps", came, DONE, "WwWw..");
    let came = [1, 3].map(|page| arena.find(page).map(|info| info.conceal()));
    row.is("which are", came, [Some(false), Some(true)]);
    let came = arena.map(4, &anonymous(2).conceal(true));
    arena.is(row, "two more", came, DONE, "WwWwww");
    let came = arena.inherit(3..5, Inherit::NONE);
    arena.is(row, "not for children", came, DONE, "WwWWwW");
    let came = arena.discard(2..6, Discard::Zero);
    arena.is(row, "their contents dropped", came, DONE, "WwWWwW");
    let came = arena.inherit(2..6, Inherit::COPY);
    arena.is(row, "for children again", came, DONE, "WwWwww");
    let came = arena.map_over(2..6, &anonymous(4));
    arena.is(row, "all alike", came, DONE, "Wwwwww");
    Ok(())
}
