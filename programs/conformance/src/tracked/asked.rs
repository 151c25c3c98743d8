//! What a registry can be asked and told, besides what an address space can.

use rawmap::{
    Inherit, Prot, page_size,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Attrs, Kernel, Kind, MapRequest, MoveTo, Placement},
};
use rawmap_bare::{
    process::{self, Ended},
    signal::{Information, SIGSEGV},
};

use super::{
    arena::{Arena, anonymous},
    state::State,
};
use crate::{
    answer::{DONE, EINVAL, ENOMEM},
    fault,
    object::object,
    pages::{READ_WRITE, WRITTEN},
    portable::owned::{answer, borrowed, region},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (371, boundaries),
    (372, gaps),
    (373, limited),
    (374, words),
    (375, tracked),
    (376, untracked),
    (377, in_a_handler),
    (378, in_a_child),
];

const ENOENT: rawmap::Result<()> = Err(rawmap::Errno::ENOENT);

fn boundaries(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww.RrW..")?;
    let starts = |info: Option<MapInfo>| info.map(|info| info.start());
    let at = |page: usize| arena.addr(page);
    for (what, addr, found, next) in [
        ("0", 0, None, Some(0)),
        ("1", 1, None, Some(0)),
        ("a byte below", at(0) - 1, None, Some(0)),
        ("the first byte", at(0), Some(0), Some(0)),
        ("the last byte of a page", at(1) - 1, Some(0), Some(0)),
        ("the second page", at(1), Some(0), Some(0)),
        ("the last byte", at(2) - 1, Some(0), Some(0)),
        ("the hole", at(2), None, Some(3)),
        ("the end of the hole", at(3) - 1, None, Some(3)),
        ("behind the hole", at(3), Some(3), Some(3)),
        ("the last byte before another", at(5) - 1, Some(3), Some(3)),
        ("another", at(5), Some(5), Some(5)),
        ("behind all", at(6), None, None),
        ("2^47", 1 << 47, None, None),
        ("2^63", 1 << 63, None, None),
        ("usize::MAX - 1", usize::MAX - 1, None, None),
        ("usize::MAX", usize::MAX, None, None),
    ] {
        let came = (
            starts(arena.registry.find(addr)),
            starts(arena.registry.next(addr)),
        );
        row.is(what, came, (found.map(at), next.map(at)));
    }
    for (what, range, expected) in [
        ("everything", 0..usize::MAX, true),
        ("nothing", at(0)..at(0), false),
        ("a range that ends before it begins", at(1)..at(0), false),
        ("up to the first", 0..at(0), false),
        ("up to its first byte", 0..at(0) + 1, true),
        ("the hole", at(2)..at(3), false),
        ("the hole and a byte", at(2)..at(3) + 1, true),
        ("the byte before the hole", at(2) - 1..at(3), true),
        ("behind all", at(6)..usize::MAX, false),
    ] {
        let came = arena.registry.overlaps(range);
        row.is(format_args!("overlaps: {what}"), came, expected);
    }
    row.is("the same then", arena.state(), State::of("Ww.RrW.."));
    Ok(())
}

fn gaps(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let arena = Arena::with("Ww.R..W.........")?;
    let within = arena.addr(0)..arena.addr(12);
    for (what, pages, align, expected) in [
        ("a page", 1, 1, Some(2)),
        ("two pages", 2, 1, Some(4)),
        ("three pages", 3, 1, Some(7)),
        ("five pages", 5, 1, Some(7)),
        ("six pages", 6, 1, None),
        ("a page, aligned to eight", 1, 8 * page, Some(8)),
        ("four pages, aligned to eight", 4, 8 * page, Some(8)),
        ("five pages, aligned to eight", 5, 8 * page, None),
    ] {
        let came = arena.registry.find_gap(pages * page, align, within.clone());
        row.is(what, came, Ok(expected.map(|page| arena.addr(page))));
    }
    let find = |len, align| arena.registry.find_gap(len, align, within.clone());
    let refused = Err(rawmap::Errno::EINVAL);
    row.is("no bytes", find(0, page), refused);
    row.is("alignment 3", find(page, 3), refused);
    row.is("alignment 0", find(page, 0), refused);
    row.is("as many bytes as can be", find(usize::MAX, page), Ok(None));
    let Ok(Some(at)) = find(2 * page, page) else {
        row.holds("a gap of two pages", false);
        return Ok(());
    };
    let request = anonymous(2).placement(Placement::FixedNoReplace(at));
    let came = answer(arena.registry.map(&request));
    arena.is(row, "mapped there", came, DONE, "Ww.RWww.........");
    Ok(())
}

fn limited(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let arena = Arena::free(8);
    let registry = arena.registry;
    registry.set_limit(3 * page);
    arena.is(
        row,
        "two of three",
        arena.map(0, &anonymous(2)),
        DONE,
        "Ww......",
    );
    arena.is(
        row,
        "four of three",
        arena.map(4, &anonymous(2)),
        ENOMEM,
        "Ww......",
    );
    let came = answer(registry.map(&anonymous(2)));
    arena.is(row, "four of three, anywhere", came, ENOMEM, "Ww......");
    arena.is(
        row,
        "three of three",
        arena.map(4, &anonymous(1)),
        DONE,
        "Ww..W...",
    );
    arena.is(
        row,
        "one more",
        arena.map(6, &anonymous(1)),
        ENOMEM,
        "Ww..W...",
    );
    let read = anonymous(2).prot(Prot::READ);
    arena.is(
        row,
        "in place of others",
        arena.map_over(0..2, &read),
        DONE,
        "Rr..W...",
    );
    arena.is(
        row,
        "beyond others",
        arena.map_over(1..3, &read),
        ENOMEM,
        "Rr..W...",
    );
    let came = answer(arena.remap(4..5, 2, MoveTo::InPlace));
    arena.is(row, "longer", came, ENOMEM, "Rr..W...");
    arena.is(row, "moved", arena.move_to(4..5, 1, 6), DONE, "Rr....W.");
    let info = MapInfo::new(arena.part(3..4), &anonymous(1).attrs());
    arena.is(row, "tracked", registry.track(info), ENOMEM, "Rr....W.");
    // SAFETY: a new mapping, if it is one.
    let came = unsafe {
        registry.mmap(
            arena.pages.page(3),
            page,
            READ_WRITE,
            crate::pages::PRIVATE,
            -1,
            0,
        )
    };
    arena.is(
        row,
        "by the system's own call",
        came.map(|_| ()),
        ENOMEM,
        "Rr....W.",
    );
    // What is refused by the kernel gives back what was promised to it.
    for _ in 0..3 {
        let came = arena.unmap(6..7).and_then(|()| arena.map(0, &anonymous(1)));
        let expected = crate::answer::EEXIST;
        arena.is(row, "refused by the kernel", came, expected, "Rr......");
        arena.is(
            row,
            "and elsewhere then",
            arena.map(6, &anonymous(1)),
            DONE,
            "Rr....W.",
        );
    }
    registry.set_limit(page);
    arena.is(
        row,
        "a limit below what there is",
        arena.unmap(1..2),
        DONE,
        "R.....W.",
    );
    arena.is(
        row,
        "one more than that",
        arena.map(3, &anonymous(1)),
        ENOMEM,
        "R.....W.",
    );
    registry.set_limit(0);
    arena.is(
        row,
        "no limit",
        arena.map(2, &anonymous(4)),
        DONE,
        "R.Wwwww.",
    );
    Ok(())
}

fn words(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwwwww..R.")?;
    let set = |pages, word| arena.registry.set_user(arena.addresses(pages), word);
    let word = |page: usize| arena.find(page).map(|info| info.user());
    row.is("at first", word(0), Some(0));
    arena.is(row, "two pages", set(1..3, 7), DONE, "WWwWww..R.");
    row.is(
        "they have it",
        [0, 1, 2, 3].map(word),
        [0, 7, 7, 0].map(Some),
    );
    arena.is(
        row,
        "one more, with the same",
        set(3..4, 7),
        DONE,
        "WWwwWw..R.",
    );
    arena.is(
        row,
        "one more, with another",
        set(4..5, 8),
        DONE,
        "WWwwWW..R.",
    );
    for (what, pages) in [
        ("over a hole", 5..7),
        ("over two", 0..2),
        ("of a hole", 6..7),
        ("out of a hole", 7..9),
    ] {
        arena.is(row, what, set(pages, 9), ENOENT, "WWwwWW..R.");
    }
    arena.is(row, "of nothing", set(3..3, 9), EINVAL, "WWwwWW..R.");
    let came = arena.registry.set_user(arena.addr(1) + 5..arena.addr(2), 9);
    arena.is(row, "within a page", came, EINVAL, "WWwwWW..R.");
    let came = arena.protect(2..3, Prot::READ);
    arena.is(row, "another protection", came, DONE, "WWRWWW..R.");
    row.is("they keep it", [1, 2, 3].map(word), [Some(7); 3]);
    arena.is(
        row,
        "protected back",
        arena.protect(1..4, READ_WRITE),
        DONE,
        "WWwwWW..R.",
    );
    arena.is(
        row,
        "unmapped within",
        arena.unmap(2..3),
        DONE,
        "WW.WWW..R.",
    );
    row.is(
        "both sides keep it",
        [1, 2, 3].map(word),
        [Some(7), None, Some(7)],
    );
    arena.is(
        row,
        "mapped again",
        arena.map(2, &anonymous(1)),
        DONE,
        "WWWWWW..R.",
    );
    row.is("the new one has none", word(2), Some(0));
    for (pages, left) in [
        (1..2, "WwwWWW..R."),
        (3..4, "WwwwWW..R."),
        (4..5, "Wwwwww..R."),
    ] {
        arena.is(row, "taken back", set(pages, 0), DONE, left);
    }
    let object = borrowed(object(4 * page_size())?);
    let file = MapRequest::file(object, page_size() as u64, 2 * page_size()).prot(READ_WRITE);
    arena.is(row, "a file", arena.map(6, &file), DONE, "WwwwwwWwR.");
    arena.is(
        row,
        "a word for its second page",
        set(7..8, u64::MAX),
        DONE,
        "WwwwwwWWR.",
    );
    let known = arena.find(7).map(|info| (info.user(), info.kind()));
    let offset = 2 * page_size() as u64;
    row.is(
        "which keeps its offset",
        known,
        Some((u64::MAX, Kind::File { offset })),
    );
    Ok(())
}

/// What was mapped otherwise, and is recorded.
fn tracked(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww........")?;
    let track = |pages: core::ops::Range<usize>, attrs: Attrs, word| {
        arena
            .registry
            .track(MapInfo::new(arena.part(pages), &attrs).with_user(word))
    };
    let plain = anonymous(1).attrs();
    arena.map_foreign(2..6)?;
    row.is("not known", arena.state(), State::of("Ww****...."));
    arena.is(
        row,
        "beside one that is like it",
        track(2..3, plain, 0),
        DONE,
        "Www***....",
    );
    arena.is(
        row,
        "with a word",
        track(3..5, plain, 5),
        DONE,
        "WwwWw*....",
    );
    let came = arena
        .find(4)
        .map(|info| (info.user(), info.prot(), info.inherit()));
    row.is(
        "what is known",
        came,
        Some((5, Some(READ_WRITE), Inherit::COPY)),
    );
    arena.is(
        row,
        "over what is known",
        track(2..6, plain, 0),
        DONE,
        "Wwwwww....",
    );
    let request = anonymous(2).placement(Placement::FixedNoReplace(arena.addr(7)));
    row.is(
        "by Kernel",
        answer(Kernel.map(&request.prot(Prot::READ))),
        DONE,
    );
    let read = request.prot(Prot::READ).attrs();
    arena.is(
        row,
        "with its attributes",
        track(7..9, read, 0),
        DONE,
        "Wwwwww.Rr.",
    );
    arena.is(
        row,
        "protected",
        arena.protect(8..9, READ_WRITE),
        DONE,
        "Wwwwww.RW.",
    );
    arena.is(row, "unmapped", arena.unmap(5..8), DONE, "Wwwww...W.");
    for (what, start, len) in [
        ("nothing", 0, 0),
        ("within a page", 5, page_size()),
        ("to the end of all addresses", 0, usize::MAX),
    ] {
        let region = region(arena.pages.page(6).wrapping_byte_add(start), len);
        let came = arena.registry.track(MapInfo::new(region, &plain));
        arena.is(row, what, came, EINVAL, "Wwwww...W.");
    }
    let odd = plain.with_granule(3);
    arena.is(
        row,
        "a granule that there is not",
        track(6..7, odd, 0),
        EINVAL,
        "Wwwww...W.",
    );
    Ok(())
}

fn untracked(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("WwwwRr..")?;
    let untrack = |pages| arena.registry.untrack(arena.addresses(pages));
    arena.is(row, "nothing", untrack(1..1), DONE, "WwwwRr..");
    let came = arena.registry.untrack(arena.addr(1) + 5..arena.addr(3));
    arena.is(row, "within a page", came, EINVAL, "WwwwRr..");
    arena.is(row, "in the middle", untrack(1..2), DONE, "W*WwRr..");
    arena.is(row, "over two", untrack(3..5), DONE, "W*W**R..");
    arena.is(
        row,
        "where nothing is known",
        untrack(6..8),
        DONE,
        "W*W**R..",
    );
    let came = arena.map(1, &anonymous(1));
    arena.is(
        row,
        "it is still there",
        came,
        crate::answer::EEXIST,
        "W*W**R..",
    );
    arena.unmap_foreign(3..5)?;
    let came = arena.map(3, &anonymous(1));
    arena.is(row, "and gone, if it is unmapped", came, DONE, "W*Ww.R..");
    arena.is(row, "all", untrack(0..8), DONE, "****.*..");
    arena.is(row, "unmapped", arena.unmap(0..8), DONE, "........");
    Ok(())
}

/// A handler that interrupted nothing of the registry.
fn in_a_handler(row: &Row<'_>) -> Result<(), Unable> {
    extern "C" fn open(_: i32, information: &Information, _: *mut core::ffi::c_void) {
        fault::note(information);
        let arena = Arena::known(Registry::global(), 4);
        let found = arena.registry.find(information.address());
        // What is not known is not opened, and the next fault ends the process.
        if found.is_some_and(|info| info.prot() == Some(Prot::NONE) && !info.changing()) {
            let _ = arena.map(3, &anonymous(1));
            let _ = arena.protect(1..2, READ_WRITE);
        }
    }
    let arena = Arena::with("Rrr.")?;
    let came = arena.protect(0..3, Prot::NONE);
    arena.is(row, "without access", came, DONE, "Nnn.");
    fault::handle(SIGSEGV, open, 0)?;
    // SAFETY: the page is mapped, and the handler makes it accessible.
    unsafe { arena.pages.write(1, WRITTEN) };
    row.is(
        "opened and mapped by a handler",
        arena.state(),
        State::of("NWNW"),
    );
    // SAFETY: the handler made it accessible.
    let byte = unsafe { arena.pages.read(1) };
    row.is("the store", byte, WRITTEN);
    row.is("the fault", fault::caught(), (1, arena.addr(1)));
    arena.is(
        row,
        "closed again",
        arena.protect(1..2, Prot::NONE),
        DONE,
        "NnnW",
    );
    Ok(())
}

/// A child that changes nothing, and one whose handler does.
fn in_a_child(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Ww.R")?;
    let ended = process::child(|| {
        let all = arena.registry.iter().map(|info| info.start());
        let came = all.eq([0, 3].map(|page| arena.addr(page)));
        row.is("a child's listing", came, true);
        row.is("a child's state", arena.state(), State::of("Ww.R"));
        row.is("no more than that", arena.registry.find(usize::MAX), None);
        0
    });
    row.is("the child", ended, Ended::Exited(0));
    extern "C" fn map(_: i32, information: &Information, _: *mut core::ffi::c_void) {
        fault::note(information);
        // The first change in this child.
        let _ = Arena::known(Registry::global(), 4).map(2, &anonymous(1));
    }
    fault::handle(SIGSEGV, map, 0)?;
    let ended = process::child(|| {
        // SAFETY: nothing is there before the handler has mapped it.
        unsafe { arena.pages.write(2, WRITTEN) };
        row.is(
            "mapped by a child's handler",
            arena.state(),
            State::of("WwwR"),
        );
        0
    });
    row.is("the other child", ended, Ended::Exited(0));
    row.is("their parent", arena.state(), State::of("Ww.R"));
    Ok(())
}
