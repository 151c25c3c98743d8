//! Mappings that change their place, their length or their number: moving, splitting, merging, and dropping parts.
#![cfg(target_os = "linux")]

#[path = "registry/alone.rs"]
mod alone;
#[path = "mapping/child.rs"]
mod child;
#[path = "mapping/file.rs"]
mod file;
#[path = "mapping/leaves_nothing.rs"]
mod leaves_nothing;
#[path = "mapping/numbered_pages.rs"]
mod numbered_pages;
#[path = "registry/process_map.rs"]
mod process_map;
#[path = "mapping/smaps.rs"]
mod smaps;

use child::{FORBIDDEN, reading};
use file::{TestFile, byte_at};
use leaves_nothing::leaves_nothing;
use numbered_pages::{ARENA, READ_WRITE, at, get, numbered, pages, set};
use rawmap::{
    Advice, Errno, Inherit, Prot,
    mapping::{Builder, Error, Mapping, RangeError, RequestError},
    page_size,
    space::{Kind, MoveTo},
};

fn resizing_and_moving() {
    let page = page_size();
    let mut moved = 0;
    let moves = [
        MoveTo::InPlace,
        MoveTo::Anywhere,
        MoveTo::FixedNoReplace(ARENA + 100 * page),
    ];
    for to in moves {
        for new_len in [
            1,
            page,
            3 * page,
            3 * page + 1,
            4 * page,
            4 * page + 1,
            9 * page,
        ] {
            leaves_nothing("a move", || {
                let mut mapping = numbered(4, at(10));
                mapping.remap(new_len, to).expect("there is room");
                assert_eq!(mapping.len(), new_len);
                let mapped = new_len.div_ceil(page);
                for page in 0..mapped {
                    let held = if page < 4 { page as u8 + 1 } else { 0 };
                    assert_eq!(get(&mapping, page), held, "{to:?} {new_len}");
                    set(&mapping, page, 7);
                }
                let place = match to {
                    MoveTo::FixedNoReplace(place) => place,
                    // There is room behind it: nothing moves.
                    _ => ARENA + 10 * page,
                };
                assert_eq!(mapping.as_ptr().addr(), place);
                let piece = smaps::piece(place).expect("it");
                assert_eq!(piece.range, place..place + mapped * page);
                mapping.into_map_mut().expect("as good as before").fill(1);
                moved += 1;
            });
        }
    }

    // Of a file: the offset stays, and what is new lies behind it.
    let file = TestFile::new(8 * page);
    let path = file.path();
    for shared in [false, true] {
        for to in moves {
            leaves_nothing("a move of a file", || {
                let builder = Builder::path(&path).offset(page as u64).len(3 * page);
                let mut mapping = builder.shared(shared).placement(at(10)).map().expect("map");
                for new_len in [5 * page, 2 * page] {
                    mapping.remap(new_len, to).unwrap_or_else(|error| {
                        // Its own place is in use.
                        assert!(matches!(to, MoveTo::FixedNoReplace(_)), "{error}");
                        assert_eq!(error, Errno::EEXIST.into());
                        mapping.remap(new_len, MoveTo::Anywhere).expect("anywhere");
                    });
                    assert_eq!(mapping.len(), new_len);
                    for at in (0..new_len).step_by(page) {
                        assert_eq!(get(&mapping, at / page), byte_at(page + at));
                    }
                    moved += 1;
                }
            });
        }
    }
    println!("{moved} moved");
    assert_ne!(moved, 0);
}

fn moves_that_are_refused() {
    let page = page_size();
    let mut refused = 0;
    let mut mapping = numbered(4, at(0));
    let next = numbered(1, at(4));
    let longest = isize::MAX as usize;
    let fixed = MoveTo::FixedNoReplace;
    for (new_len, to, error) in [
        (0, MoveTo::InPlace, RequestError::Empty.into()),
        (0, MoveTo::Anywhere, RequestError::Empty.into()),
        (0, fixed(ARENA + 100 * page), RequestError::Empty.into()),
        (longest + 1, MoveTo::Anywhere, RequestError::TooLong.into()),
        (usize::MAX, MoveTo::InPlace, RequestError::TooLong.into()),
        (
            longest - page + 1,
            MoveTo::Anywhere,
            Error::Os(Errno::ENOMEM),
        ),
        (5 * page, MoveTo::InPlace, Errno::ENOMEM.into()),
        (page, fixed(0), Errno::EPERM.into()),
        (page, fixed(ARENA + 1), Errno::EINVAL.into()),
        (page, fixed(ARENA + 4 * page), Errno::EEXIST.into()),
        (page, fixed(ARENA), Errno::EEXIST.into()),
        (page, fixed(ARENA + 3 * page), Errno::EEXIST.into()),
        (
            2 * page,
            fixed(0usize.wrapping_sub(page)),
            Errno::EINVAL.into(),
        ),
    ] {
        let answer = leaves_nothing("a move", || mapping.remap(new_len, to));
        assert_eq!(answer, Err(error), "{new_len} {to:?}");
        assert_eq!((mapping.as_ptr().addr(), mapping.len()), (ARENA, 4 * page));
        assert_eq!([0, 1, 2, 3].map(|page| get(&mapping, page)), [1, 2, 3, 4]);
        refused += 1;
    }
    assert_eq!(get(&next, 0), 1);
    for guards in [(1, 0), (0, 1), (1, 1)] {
        let builder = Builder::anonymous(page).guards(guards.0, guards.1);
        let mut guarded = builder.map().expect("map");
        for to in [MoveTo::InPlace, MoveTo::Anywhere, fixed(ARENA + 100 * page)] {
            for len in [1, page, 2 * page] {
                assert_eq!(guarded.remap(len, to), Err(RequestError::Guarded.into()));
                refused += 1;
            }
        }
    }
    // Shared memory has nothing behind its end.
    let mut shared = Builder::anonymous(page).shared(true).map().expect("map");
    let answer = shared.remap(2 * page, MoveTo::Anywhere);
    assert_eq!(answer, Err(Errno::ENOTSUP.into()));
    // Several pieces.
    let mut pieces = pages(4);
    pieces.advise(..page, Advice::DONTDUMP).expect("advise");
    for to in [MoveTo::Anywhere, fixed(ARENA + 100 * page)] {
        assert_eq!(pieces.remap(8 * page, to), Err(Errno::ENOTSUP.into()));
        refused += 1;
    }
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// Five pages in parts, dropped in every order: each drop takes its part, and in the end nothing is left.
fn parts_in_any_order() {
    let page = page_size();
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let mut dropped = 0;
    for guards in [(0, 0), (page, 2 * page)] {
        for order in orders {
            for to in [false, true] {
                leaves_nothing("parts", || {
                    let builder = Builder::anonymous(4 * page + 5).guards(guards.0, guards.1);
                    let whole = builder.placement(at(10)).map().expect("map");
                    for page in 0..5 {
                        set(&whole, page, page as u8 + 1);
                    }
                    let parts = if to {
                        split_to(whole)
                    } else {
                        split_off(whole)
                    };
                    let shapes = parts.each_ref().map(|part| {
                        (
                            part.as_ptr().addr() - ARENA - 10 * page,
                            part.len(),
                            part.guards(),
                        )
                    });
                    assert_eq!(
                        shapes,
                        [
                            (0, 2 * page, (guards.0, 0)),
                            (2 * page, page, (0, 0)),
                            (3 * page, page + 5, (0, guards.1))
                        ]
                    );
                    assert_eq!(parts.each_ref().map(|part| get(part, 0)), [1, 3, 4]);
                    let mut parts = parts.map(Some);
                    for at in order {
                        let part = parts[at].take().expect("one of each");
                        let start = part.as_ptr();
                        drop(part);
                        assert_eq!(reading(start), FORBIDDEN);
                        for (rest, held) in parts.iter().zip([1, 3, 4]) {
                            assert!(rest.as_ref().is_none_or(|rest| get(rest, 0) == held));
                        }
                        dropped += 1;
                    }
                    // Guard pages go with the part that they are beside.
                    let left = smaps::pieces();
                    let around = ARENA..ARENA + 40 * page;
                    assert!(!left.iter().any(|piece| around.contains(&piece.range.start)));
                });
            }
        }
    }
    println!("{dropped} parts dropped");
    assert_eq!(dropped, 72);
}

fn split_off(mut whole: Mapping) -> [Mapping; 3] {
    let mut rest = whole.split_off(2 * page_size()).expect("split");
    let last = rest.split_off(page_size()).expect("split");
    [whole, rest, last]
}

fn split_to(mut whole: Mapping) -> [Mapping; 3] {
    let first = whole.split_to(2 * page_size()).expect("split");
    let second = whole.split_to(page_size()).expect("split");
    [first, second, whole]
}

fn splits_that_are_refused() {
    let page = page_size();
    let mut refused = 0;
    for len in [4 * page, 3 * page + 5, page, 5] {
        let mut mapping = Mapping::anonymous(len).expect("map");
        for (place, error) in [
            (0, RangeError::Start),
            (len, RangeError::End),
            (len + 1, RangeError::Start),
            (usize::MAX, RangeError::Start),
            (
                1,
                if len == 1 {
                    RangeError::End
                } else {
                    RangeError::Unaligned
                },
            ),
            (len - 1, RangeError::Unaligned),
        ] {
            let answer = mapping.split_off(place);
            assert_eq!(answer.err(), Some(Error::Range(error)), "{place} of {len}");
            let answer = mapping.split_to(place);
            assert_eq!(answer.err(), Some(Error::Range(error)), "{place} of {len}");
            assert_eq!(mapping.len(), len);
            refused += 2;
        }
    }
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

fn parts_made_one_again() {
    let page = page_size();
    let file = TestFile::new(7 * page + 5);
    let path = file.path();
    let mut merged = 0;
    for builder in [
        Builder::anonymous(5 * page + 5).prot(READ_WRITE),
        Builder::anonymous(5 * page).guards(1, 1),
        Builder::path(&path).offset(page as u64),
        Builder::path(&path)
            .prot(READ_WRITE)
            .shared(true)
            .guards(1, 1),
        Builder::object(5 * page),
    ] {
        leaves_nothing("merging", || {
            let whole = builder.map().expect("map");
            let (guards, len, start) = (whole.guards(), whole.len(), whole.as_ptr());
            let [mut first, second, third] = split_off(whole);
            // From the right: the second takes the third, and the first both.
            let mut second = second;
            second.merge(third).expect("neighbours");
            first.merge(second).expect("neighbours");
            assert_eq!(
                (first.guards(), first.len(), first.as_ptr()),
                (guards, len, start)
            );
            // And from the left.
            let [mut first, second, third] = split_to(first);
            first.merge(second).expect("neighbours");
            first.merge(third).expect("neighbours");
            assert_eq!(
                (first.guards(), first.len(), first.as_ptr()),
                (guards, len, start)
            );
            merged += 4;
            let (raw, _) = first.into_raw();
            assert_eq!(
                raw.whole().len(),
                guards.0 + len.next_multiple_of(page) + guards.1
            );
            // SAFETY: it was given up just now.
            drop(unsafe { Mapping::from_raw(raw) });
        });
    }
    // Protections of their own are told apart, and made one by all of it.
    let [mut first, mut second, third] = split_off(pages(4));
    second.protect(.., Prot::READ).expect("a part");
    assert_eq!(
        (first.prot(), second.prot()),
        (Some(READ_WRITE), Some(Prot::READ))
    );
    first.merge(second).expect("neighbours");
    assert_eq!(first.prot(), None);
    first.merge(third).expect("neighbours");
    assert_eq!(first.prot(), None);
    first.protect(.., READ_WRITE).expect("all");
    assert_eq!(first.prot(), Some(READ_WRITE));
    first.remap(page, MoveTo::InPlace).expect("one");
    println!("{merged} merged");
    assert_ne!(merged, 0);
}

fn merges_that_are_refused() {
    let page = page_size();
    let mut refused = 0;
    let mut refuse = |mut left: Mapping, right: Mapping| {
        let (of_left, of_right) = (left.region(), right.region());
        let answer = left.merge(right).expect_err("not parts");
        assert_eq!(answer.error(), RequestError::NotParts.into());
        let right = answer.into_owner();
        assert_eq!((left.region(), right.region()), (of_left, of_right));
        refused += 1;
        (left, right)
    };
    leaves_nothing("merges", || {
        // The wrong order, and one between.
        let [first, second, third] = split_off(numbered(4, at(10)));
        let (second, first) = refuse(second, first);
        let (first, third) = refuse(first, third);
        drop((first, second, third));

        // Neighbours that never were one.
        let left = numbered(2, at(10));
        let right = numbered(2, at(12));
        let (mut left, right) = refuse(left, right);
        // Each of them is a part, but not of the same.
        let mut of_right = right;
        let rest = of_right.split_off(page).expect("split");
        let (left_again, of_right) = refuse(left, of_right);
        left = left_again;
        let first = left.split_to(page).expect("split");
        let (left, of_right) = refuse(left, of_right);
        drop((first, left, of_right, rest));

        // The place of a part that is gone, taken by somebody else.
        let [first, second, third] = split_off(numbered(4, at(10)));
        drop(second);
        let stranger = numbered(1, at(12));
        let (first, stranger) = refuse(first, stranger);
        let (stranger, third) = refuse(stranger, third);
        drop((first, stranger, third));

        // A part that was moved: it is not where it was, or it is there again.
        let [first, mut second, third] = split_off(numbered(4, at(10)));
        let home = second.as_ptr().addr();
        second
            .remap(page, MoveTo::FixedNoReplace(ARENA + 50 * page))
            .expect("away");
        let (first, mut second) = refuse(first, second);
        second
            .remap(page, MoveTo::FixedNoReplace(home))
            .expect("home");
        let (first, second) = refuse(first, second);
        let (second, third) = refuse(second, third);
        drop((first, second, third));

        // One that became shorter leaves a gap.
        let [mut first, second, third] = split_off(numbered(4, at(10)));
        first.remap(page, MoveTo::InPlace).expect("shorter");
        let (first, second) = refuse(first, second);
        drop((first, second, third));

        // The last page is partly the mapping's: nothing comes after it.
        let builder = Builder::anonymous(3 * page + 5).placement(at(10));
        let [first, second, third] = split_off(builder.map().expect("map"));
        let behind = numbered(1, at(14));
        let (third, behind) = refuse(third, behind);
        drop((first, second, third, behind));

        // Guard pages between.
        let guarded = Builder::anonymous(page).placement(at(10)).guards(0, page);
        let left = guarded.map().expect("map");
        let right = numbered(1, at(12));
        let (left, right) = refuse(left, right);
        drop((left, right));

        // Another policy for children, or for core dumps.
        let [first, mut second, mut third] = split_off(numbered(4, at(10)));
        second.inherit(Inherit::ZERO).expect("a policy");
        let (first, mut second) = refuse(first, second);
        second.inherit(Inherit::COPY).expect("as before");
        third.conceal(true).expect("a policy");
        let (mut second, mut third) = refuse(second, third);
        third.conceal(false).expect("as before");
        second.merge(third).expect("alike again");
        let mut first = first;
        first.merge(second).expect("alike again");
        assert_eq!([0, 1, 2, 3].map(|page| get(&first, page)), [1, 2, 3, 4]);
    });
    println!("{refused} refused");
    assert_ne!(refused, 0);

    // The unsafe way takes what only meets, and still not what does not.
    leaves_nothing("merge_any", || {
        let mut left = numbered(2, at(10));
        let right = numbered(2, at(12));
        let apart = numbered(1, at(20));
        // SAFETY: on Linux both may be unmapped in one call.
        unsafe {
            let apart = left.merge_any(apart).expect_err("apart").into_owner();
            left.merge_any(right).expect("they meet");
            drop(apart);
        }
        assert_eq!([0, 1, 2, 3].map(|page| get(&left, page)), [1, 2, 1, 2]);
    });
}

fn offsets_of_parts() {
    let page = page_size();
    let file = TestFile::new(6 * page);
    let path = file.path();
    let whole = Builder::path(&path).offset(page as u64).map().expect("map");
    let parts = split_off(whole);
    let mut checked = 0;
    for (part, first) in parts.into_iter().zip([1, 3, 4]) {
        assert_eq!(get(&part, 0), byte_at(first * page));
        let (raw, _) = part.into_raw();
        let offset = (first * page) as u64;
        assert_eq!(raw.attrs().kind(), Kind::File { offset });
        // SAFETY: it was given up just now.
        let part = unsafe { Mapping::from_raw(raw) };
        let shown = smaps::piece(part.as_ptr().addr()).expect("it");
        let into = (part.as_ptr().addr() - shown.range.start) as u64;
        assert_eq!(shown.offset + into, offset);
        checked += 1;
    }
    assert_eq!(checked, 3);
}

fn main() {
    alone::run([
        ("resizing_and_moving", resizing_and_moving),
        ("moves_that_are_refused", moves_that_are_refused),
        ("parts_in_any_order", parts_in_any_order),
        ("splits_that_are_refused", splits_that_are_refused),
        ("parts_made_one_again", parts_made_one_again),
        ("merges_that_are_refused", merges_that_are_refused),
        ("offsets_of_parts", offsets_of_parts),
    ]);
}
