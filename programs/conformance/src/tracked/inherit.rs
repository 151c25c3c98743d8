//! What forked children know.

use rawmap::{
    Inherit, Prot, page_size,
    registry::Registry,
    space::{Kernel, MapRequest},
};
use rawmap_bare::process::{self, Ended};

use super::{
    arena::{Arena, anonymous},
    state::State,
};
use crate::{
    answer::{DONE, EEXIST, EINVAL},
    fault,
    pages::{FRESH, WRITTEN},
    portable::owned::{borrowed, numbered_object},
    report::{Ask, Row, Unable},
    text::Text,
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (361, policies),
    (362, child),
    (363, grandchild),
    (364, parent),
    (365, two_registries),
    (366, verbatim),
    (367, many),
];

fn policies(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwwwww")?;
    for (what, policy, pages) in [
        ("none", Inherit::NONE, "WWWwww"),
        ("zero", Inherit::ZERO, "WWWwww"),
        ("copy", Inherit::COPY, "Wwwwww"),
    ] {
        let came = arena.inherit(1..2, policy);
        arena.is(row, format_args!("row 107: {what}"), came, DONE, pages);
        let came = arena.find(1).map(|info| info.inherit());
        row.is(format_args!("row 107: {what}, known"), came, Some(policy));
    }
    let came = arena.inherit(1..3, Inherit::NONE);
    arena.is(row, "two pages", came, DONE, "WWwWww");
    let came = arena.inherit(2..4, Inherit::NONE);
    arena.is(row, "one more", came, DONE, "WWwwWw");
    let came = arena.inherit(0..6, Inherit::NONE);
    arena.is(row, "all", came, DONE, "Wwwwww");
    let came = arena.inherit(0..0, Inherit::COPY);
    arena.is(row, "of no bytes", came, DONE, "Wwwwww");
    Ok(())
}

/// Six pages: a copy for children, none, a copy, zeros, a copy, and one that was made for no child.
fn mixed() -> Result<Arena, Unable> {
    let arena = Arena::with("Wwwww...")?;
    // SAFETY: the row's own pages.
    unsafe { (0..5).for_each(|page| arena.pages.write(page, WRITTEN)) };
    arena
        .inherit(1..2, Inherit::NONE)
        .and_then(|()| arena.inherit(3..4, Inherit::ZERO))
        .and_then(|()| arena.map(5, &anonymous(1).inherit(Inherit::NONE)))
        .map_err(|error| Unable::to("policies for children", error))?;
    Ok(arena)
}

/// Row 107.
fn child(row: &Row<'_>) -> Result<(), Unable> {
    let arena = mixed()?;
    row.is("row 107: before", arena.state(), State::of("WWWWWW.."));
    let ended = process::child(|| {
        let found = [0, 2, 3, 4].map(|page| arena.find(page).map(|info| info.start()));
        let expected = [0, 2, 3, 4].map(|page| Some(arena.addr(page)));
        row.is("row 107: a child finds at once", found, expected);
        row.is("row 107: its own check", arena.registry.check(), Ok(()));
        let came = arena.map(7, &anonymous(1));
        arena.is(
            row,
            "row 107: it maps, and what it did not get is not there",
            came,
            DONE,
            "W.WWW..W",
        );
        // SAFETY: the row's own pages.
        let bytes = unsafe { [0, 2, 3, 4, 7].map(|page| arena.pages.read(page)) };
        row.is(
            "row 107: what it holds",
            bytes,
            [WRITTEN, WRITTEN, FRESH, WRITTEN, FRESH],
        );
        let came = arena.map(1, &anonymous(1));
        arena.is(row, "it fills a hole, as one", came, DONE, "WwwWW..W");
        let came = arena.protect(3..5, Prot::READ);
        arena.is(row, "it protects", came, DONE, "WwwRR..W");
        let came = arena.map_over(4..6, &anonymous(2));
        arena.is(row, "it replaces", came, DONE, "WwwRWw.W");
        let came = arena.unmap(0..8);
        arena.is(row, "it unmaps everything", came, DONE, "........");
        0
    });
    row.is("the child", ended, Ended::Exited(0));
    row.is("row 107: its parent", arena.state(), State::of("WWWWWW.."));
    // SAFETY: the row's own pages.
    let bytes = unsafe { [0, 1, 2, 3, 4].map(|page| arena.pages.read(page)) };
    row.is("what the parent holds", bytes, [WRITTEN; 5]);
    let came = arena.map(6, &anonymous(1));
    arena.is(row, "the parent goes on", came, DONE, "WWWWWWW.");
    let came = arena.inherit(0..7, Inherit::COPY);
    arena.is(row, "all of it for children", came, DONE, "Wwwwwww.");
    Ok(())
}

/// The first change of a child makes the registry the child's, whatever it is.
fn grandchild(row: &Row<'_>) -> Result<(), Unable> {
    let arena = mixed()?;
    for (what, first, text) in [
        ("unmap", 0, "..WWW..."),
        ("protect", 1, "R.WWW..."),
        ("map_over", 2, "W.WWW..."),
        ("inherit", 3, "W.WWW..."),
        ("a refused map and unmap", 4, "W.WWW..."),
        ("untrack", 5, "*.WWW..."),
    ] {
        let ended = process::child(|| {
            let came = match first {
                0 => arena.unmap(0..1),
                1 => arena.protect(0..1, Prot::READ),
                2 => arena.map_over(0..1, &anonymous(1)),
                3 => arena.inherit(0..1, Inherit::ZERO),
                4 => match arena.map(0, &anonymous(1)) {
                    EEXIST => arena.unmap(6..8),
                    came => came.and(EINVAL),
                },
                _ => arena.registry.untrack(arena.addresses(0..1)),
            };
            arena.is(row, format_args!("{what} first"), came, DONE, text);
            let came = arena.inherit(2..3, Inherit::NONE);
            arena.is(
                row,
                format_args!("{what} first, then none"),
                came,
                DONE,
                text,
            );
            let ended = process::child(|| {
                let came = arena.map(7, &anonymous(1));
                let first = text.get(..1).unwrap_or_default();
                let left = Text::<8>::of(format_args!("{first}..WW..W"));
                let left = core::str::from_utf8(left.bytes()).unwrap_or_default();
                arena.is(
                    row,
                    format_args!("{what} first, its child"),
                    came,
                    DONE,
                    left,
                );
                0
            });
            row.is(
                format_args!("{what} first, its end"),
                ended,
                Ended::Exited(0),
            );
            row.is(
                format_args!("{what} first, after its child"),
                arena.state(),
                State::of(text),
            );
            0
        });
        row.is(
            format_args!("{what} first, the end"),
            ended,
            Ended::Exited(0),
        );
    }
    row.is("their parent", arena.state(), State::of("WWWWWW.."));
    Ok(())
}

/// Children come and go while the parent works on.
fn parent(row: &Row<'_>) -> Result<(), Unable> {
    const ROUNDS: usize = 20;
    let arena = Arena::with("W.......")?;
    let mut ended = 0;
    let mut done = 0;
    for round in 0..ROUNDS {
        let page = 1 + round % 6;
        let ok = arena
            .map(page, &anonymous(1).inherit(Inherit::NONE))
            .is_ok();
        let child = process::child(|| {
            let mapped = arena.map(7, &anonymous(1)).is_ok();
            let state = arena.state() == State::of("W......W");
            u8::from(!(mapped && state))
        });
        ended += usize::from(child == Ended::Exited(0));
        done += usize::from(ok && arena.unmap(page..page + 1).is_ok());
    }
    row.is("children, and rounds", (ended, done), (ROUNDS, ROUNDS));
    row.is("the parent", arena.state(), State::of("W......."));
    Ok(())
}

/// A registry of a program's own.
static LOCAL: Registry = Registry::new(Kernel);

fn two_registries(row: &Row<'_>) -> Result<(), Unable> {
    let (one, other) = (Arena::free(6), Arena::of(&LOCAL, 6));
    let none = anonymous(1).inherit(Inherit::NONE);
    let came = one.map(0, &anonymous(1)).and(one.map(1, &none));
    one.is(row, "one", came, DONE, "WW....");
    let came = other.map(2, &none).and(other.map(3, &anonymous(1)));
    other.is(row, "another", came, DONE, "**WW..");
    let ended = process::child(|| {
        let came = one.map(4, &anonymous(1));
        one.is(row, "one in a child", came, DONE, "W..*W.");
        let came = other.map(5, &anonymous(1));
        other.is(row, "the other in a child", came, DONE, "*..W*W");
        0
    });
    row.is("the child", ended, Ended::Exited(0));
    row.is("the one", one.state(), State::of("WW**.."));
    row.is("the other", other.state(), State::of("**WW.."));
    Ok(())
}

/// The same by the system's own call.
fn verbatim(row: &Row<'_>) -> Result<(), Unable> {
    let arena = Arena::with("Wwwwww..")?;
    let set = |pages: core::ops::Range<usize>, how: Inherit| {
        let (start, len) = (arena.pages.page(pages.start), pages.len() * page_size());
        #[cfg(not(target_os = "linux"))]
        // SAFETY: children expect what this policy gives them.
        let came = unsafe { arena.registry.minherit(start, len, how) };
        #[cfg(target_os = "linux")]
        let came = {
            use rawmap::Advice;

            let advice = match how {
                Inherit::NONE => [Advice::DONTFORK, Advice::KEEPONFORK],
                Inherit::ZERO => [Advice::DOFORK, Advice::WIPEONFORK],
                _ => [Advice::DOFORK, Advice::KEEPONFORK],
            };
            let [first, second] = advice;
            // SAFETY: children expect what this advice gives them.
            unsafe {
                arena
                    .registry
                    .madvise(start, len, first)
                    .and_then(|()| arena.registry.madvise(start, len, second))
            }
        };
        came
    };
    arena.is(row, "none", set(1..3, Inherit::NONE), DONE, "WWwWww..");
    arena.is(row, "zero", set(4..5, Inherit::ZERO), DONE, "WWwWWW..");
    arena.is(row, "copy", set(2..3, Inherit::COPY), DONE, "WWWwWW..");
    let known = [0, 1, 2, 4].map(|page| arena.find(page).map(|info| info.inherit()));
    let expected = [Inherit::COPY, Inherit::NONE, Inherit::COPY, Inherit::ZERO];
    row.is("they are known", known, expected.map(Some));
    let ended = process::child(|| {
        let came = arena.map(7, &anonymous(1));
        arena.is(row, "a child", came, DONE, "W.WwWW.W");
        0
    });
    row.is("the child", ended, Ended::Exited(0));
    arena.is(
        row,
        "copy again",
        set(0..6, Inherit::COPY),
        DONE,
        "Wwwwww..",
    );
    let child = fault::load(arena.pages.page(1));
    row.is("which children find", child, Ended::Exited(FRESH));
    Ok(())
}

/// More than a page of nodes to drop, and file mappings, whose records are counted anew.
fn many(row: &Row<'_>) -> Result<(), Unable> {
    const MAPS: usize = 200;
    let arena = Arena::free(2 * MAPS);
    let object = borrowed(numbered_object(1)?);
    let mut made = 0;
    for map in 0..MAPS {
        let request = MapRequest::file(object, 0, page_size());
        let how = if map % 2 == 0 {
            Inherit::COPY
        } else {
            Inherit::NONE
        };
        made += usize::from(arena.map(2 * map, &request.inherit(how)).is_ok());
    }
    row.is("mappings", (made, arena.registry.len()), (MAPS, MAPS));
    let ended = process::child(|| {
        let came = arena.map(1, &anonymous(1));
        row.is(
            "a child has half of them, and its own",
            (came, arena.registry.len(), arena.wrong()),
            (DONE, MAPS / 2 + 1, None),
        );
        let found = (0..MAPS)
            .filter(|map| arena.find(2 * map).is_some())
            .count();
        row.is("it finds them", found, MAPS / 2);
        let came = (
            arena.unmap(0..2 * MAPS),
            arena.registry.len(),
            arena.wrong(),
        );
        row.is("it unmaps them", came, (DONE, 0, None));
        let mut again = 0;
        for map in 0..MAPS {
            let request = MapRequest::file(object, 0, page_size());
            again += usize::from(arena.map(2 * map, &request).is_ok());
        }
        row.is("it maps as many", (again, arena.wrong()), (MAPS, None));
        0
    });
    row.is("the child", ended, Ended::Exited(0));
    row.is(
        "its parent",
        (arena.registry.len(), arena.wrong()),
        (MAPS, None),
    );
    Ok(())
}
