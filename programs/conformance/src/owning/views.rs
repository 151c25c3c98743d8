//! Memory that others change, by atomic accesses of one width.

use core::{
    ops::Bound,
    sync::atomic::Ordering::{Acquire, Relaxed, Release},
};

use rawmap::{
    mapping::{Builder, RangeError},
    page_size,
};
use rawmap_bare::process::{self, Ended};

use super::space::{needed, spaces};
use crate::report::{Ask, Row, Unable};

pub(super) const ROWS: &[(u32, Ask)] = &[(581, shared), (582, ranges)];

fn shared(row: &Row<'_>) -> Result<(), Unable> {
    let words = page_size() / size_of::<u32>();
    for (space, of) in spaces() {
        for (what, builder) in [
            ("an object", Builder::object(2 * page_size())),
            (
                "anonymous",
                Builder::anonymous(2 * page_size()).shared(true),
            ),
        ] {
            let mapping = needed(builder.map_in(of))?;
            // SAFETY: it can be read and written, and all use this width.
            let view = needed(unsafe { mapping.view_mut::<u32>(..) })?;
            let stored = [
                view.store(3, 0x0102_0304, Release),
                view.store(words, 5, Relaxed),
                view.store(2 * words, 7, Release),
            ];
            row.is(
                format_args!("{space}, {what}: stores"),
                stored,
                [Some(()), Some(()), None],
            );
            let ended = process::child(|| {
                let came = view.load(3, Acquire) == Some(0x0102_0304);
                let stored = view.store(words + 1, 11, Release);
                u8::from(came && stored.is_some())
            });
            let loaded = [words, words + 1, words + 2, 2 * words].map(|at| view.load(at, Acquire));
            row.is(
                format_args!("{space}, {what}: a child's"),
                (ended, loaded),
                (Ended::Exited(1), [Some(5), Some(11), Some(0), None]),
            );
            let mut copy = [0; 3];
            let came = [
                view.copy_from(words, &[1, 2, 3]),
                view.copy_to(words, &mut copy),
                view.copy_to(2 * words - 2, &mut copy),
                view.copy_to(2 * words + 1, &mut []),
                view.copy_to(2 * words, &mut []),
            ];
            row.is(
                format_args!("{space}, {what}: copies"),
                (came, copy),
                (
                    [
                        Ok(()),
                        Ok(()),
                        Err(RangeError::End),
                        Err(RangeError::Start),
                        Ok(()),
                    ],
                    [1, 2, 3],
                ),
            );
        }
    }
    Ok(())
}

fn ranges(row: &Row<'_>) -> Result<(), Unable> {
    use Bound::{Excluded, Included, Unbounded};

    for (space, of) in spaces() {
        let mapping = needed(Builder::object(page_size()).len(20).map_in(of))?;
        for (what, range, expected) in [
            ("all", (Unbounded, Unbounded), Err(RangeError::Unaligned)),
            ("whole words", (Included(8), Excluded(16)), Ok(1)),
            ("none", (Included(16), Excluded(16)), Ok(0)),
            (
                "within a word",
                (Included(4), Excluded(16)),
                Err(RangeError::Unaligned),
            ),
            (
                "behind the end",
                (Included(24), Unbounded),
                Err(RangeError::Start),
            ),
            (
                "beyond the end",
                (Unbounded, Excluded(24)),
                Err(RangeError::End),
            ),
        ] {
            // SAFETY: it can be read, and nobody stores to it.
            let came = unsafe { mapping.view::<u64>(range) };
            row.is(
                format_args!("{space}, words of eight bytes, {what}"),
                came.map(|view| view.len()),
                expected,
            );
        }
        // SAFETY: as above.
        let came = unsafe { mapping.view::<u8>(3..) }.map(|view| view.len());
        row.is(format_args!("{space}, bytes"), came, Ok(17));
    }
    Ok(())
}
