//! Linux' limit on the number of mappings, reached by way of the registry.

use rawmap::{Prot, registry::Registry};

use super::{
    arena::{Arena, anonymous},
    state::State,
};
use crate::{
    answer::{DONE, ENOMEM},
    pages::WRITTEN,
    proc,
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(411, at_the_limit)];

/// Everything that is recorded, mixed into a number.
fn fingerprint(registry: &Registry) -> (usize, usize, u64) {
    let mixed = registry.into_iter().fold(0u64, |mixed, info| {
        let prot = info.prot().map_or(u32::MAX, |prot| prot.bits());
        [info.start() as u64, info.end() as u64, u64::from(prot)]
            .into_iter()
            .fold(mixed, |mixed, word| {
                (mixed ^ word)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .rotate_left(29)
            })
    });
    (registry.len(), registry.mapped_bytes(), mixed)
}

/// Rows 17 and 58.
fn at_the_limit(row: &Row<'_>) -> Result<(), Unable> {
    let what = "row 17: mapping without unmapping";
    let Some(limit) = proc::setting(c"/proc/sys/vm/max_map_count") else {
        row.skip(what, proc::MISSING);
        return Ok(());
    };
    let arena = Arena::with("Wwwww.")?;
    let registry = arena.registry;
    // SAFETY: the row's own pages.
    unsafe { (0..5).for_each(|page| arena.pages.write(page, WRITTEN)) };
    let none = anonymous(1).prot(Prot::NONE);
    let mut made = 0;
    // Every other page, so that no two become one.
    let end = loop {
        match arena.map(8 + 2 * made, &none) {
            Ok(()) if made <= limit => made += 1,
            end => break end,
        }
    };
    row.is(what, (end, registry.len()), (ENOMEM, made + 1));
    row.holds(
        "row 17: after nearly as many as the limit",
        made + 100 > limit && made <= limit,
    );
    let all = proc::mappings_in(arena.pages.page(8), 2 * (limit + 2) * rawmap::page_size());
    row.is("row 17: as many as the kernel has", all, Some(made));
    row.is("row 17: all is well", arena.wrong(), None);
    let before = fingerprint(registry);
    for (what, came) in [
        ("a hole", arena.unmap(2..3)),
        (
            "another protection in the middle",
            arena.protect(1..3, Prot::READ),
        ),
        (
            "two replaced in the middle",
            arena.map_over(1..3, &anonymous(2).prot(Prot::READ)),
        ),
        ("one more", arena.map(8 + 2 * made, &none)),
        ("a part moved", arena.move_to(1..2, 1, 5)),
    ] {
        row.is(format_args!("row 58: {what}"), came, ENOMEM);
        row.is(
            format_args!("row 58: {what}: the registry is as it was"),
            (fingerprint(registry), registry.check()),
            (before, Ok(())),
        );
    }
    // SAFETY: as above.
    let bytes = unsafe { [0, 1, 2, 3, 4].map(|page| arena.pages.read(page)) };
    row.is("row 58: what they hold", bytes, [WRITTEN; 5]);
    let came = arena.unmap(0..1);
    row.is(
        "an end needs no mapping more",
        (came, registry.len(), arena.wrong()),
        (DONE, made + 1, None),
    );
    let came = arena.unmap(8..8 + 2 * made);
    arena.is(row, "all but the first", came, DONE, ".Wwww.");
    let came = arena.unmap(2..3);
    arena.is(row, "then a hole", came, DONE, ".W.Ww.");
    row.is("the first again", arena.map(0, &anonymous(1)), DONE);
    row.is("as at first", arena.state(), State::of("Ww.Ww."));
    Ok(())
}
