//! What an owner does with its memory where it is: protections, contents, and what it knows of both.
#![cfg(target_os = "linux")]

#[path = "registry/alone.rs"]
mod alone;
#[path = "mapping/child.rs"]
mod child;
#[path = "mapping/file.rs"]
mod file;
#[path = "mapping/numbered_pages.rs"]
mod numbered_pages;
#[path = "mapping/smaps.rs"]
mod smaps;

use std::sync::atomic::Ordering::Relaxed;

use child::{End, FORBIDDEN, in_child, reading, writing};
use file::TestFile;
use numbered_pages::{ARENA, READ_WRITE, get, numbered, pages, set};
use rawmap::{
    Advice, Errno, Prot, ResidencyFlags,
    mapping::{Builder, Error, Mapping, RangeError, RequestError, Reservation},
    page_size,
    space::{Discard, MoveTo, Placement},
};
use smaps::permissions;

const MIXED: Error = Error::Request(RequestError::Mixed);

fn protections_of_parts() {
    let page = page_size();
    let mut mapping = numbered(4, Placement::Anywhere);
    // An empty range changes nothing of what the owner knows.
    mapping.protect(page..page, Prot::NONE).expect("nothing");
    mapping.protect(4 * page.., Prot::NONE).expect("nothing");
    assert_eq!(mapping.prot(), Some(READ_WRITE));
    mapping.protect(page..2 * page, Prot::READ).expect("a part");
    assert_eq!(mapping.prot(), None);
    assert_eq!(reading(mapping.as_ptr().wrapping_add(page)), End::Exited(2));
    assert_eq!(writing(mapping.as_mut_ptr().wrapping_add(page)), FORBIDDEN);
    assert_eq!(writing(mapping.as_mut_ptr()), End::Exited(0));
    let mut refused = 0;
    for how in [Discard::Zero, Discard::Lazy] {
        assert_eq!(mapping.discard(.., how), Err(MIXED));
        assert_eq!(mapping.discard(..page, how), Err(MIXED));
        refused += 2;
    }
    for (len, to) in [
        (page, MoveTo::InPlace),
        (8 * page, MoveTo::Anywhere),
        (4 * page, MoveTo::FixedNoReplace(ARENA)),
    ] {
        assert_eq!(mapping.remap(len, to), Err(MIXED));
        refused += 1;
    }
    let mapping = mapping.into_map().expect_err("mixed");
    assert_eq!(mapping.error(), RequestError::NoReference.into());
    let mapping = mapping.into_owner().into_map_mut().expect_err("mixed");
    let mut mapping = mapping.into_owner();
    refused += 2;
    // A part as the others were is a mixture still, for all that the owner knows; all of it at once is not.
    mapping.protect(page..2 * page, READ_WRITE).expect("a part");
    assert_eq!(mapping.prot(), None);
    mapping.protect(.., Prot::READ).expect("all");
    assert_eq!(mapping.prot(), Some(Prot::READ));
    assert_eq!(permissions(&mapping), "r--p");
    mapping.protect(.., READ_WRITE).expect("all");
    mapping.discard(..page, Discard::Zero).expect("one again");
    assert_eq!([0, 1, 2, 3].map(|page| get(&mapping, page)), [0, 2, 3, 4]);
    mapping
        .remap(2 * page, MoveTo::FixedNoReplace(ARENA))
        .expect("one again");
    assert_eq!([0, 1].map(|page| get(&mapping, page)), [0, 2]);

    // What was refused changes nothing.
    let mut mapping = pages(2);
    assert_eq!(
        mapping.protect(..page, Prot::EXEC),
        Err(RequestError::BeyondMaximum.into())
    );
    let unknown = Prot::from_bits_retain(1 << 30);
    assert_eq!(mapping.protect(..page, unknown), Err(Errno::EINVAL.into()));
    assert_eq!(mapping.prot(), Some(READ_WRITE));
    assert_eq!(permissions(&mapping), "rw-p");

    // Committed parts are protections of their own.
    let mut reservation = Reservation::new(4 * page).expect("reserve");
    assert_eq!(reservation.as_mapping().prot(), Some(Prot::NONE));
    reservation.commit(..page, READ_WRITE).expect("commit");
    assert_eq!(reservation.as_mapping().prot(), None);
    let mapping = reservation.into_mapping();
    assert_eq!(mapping.prot(), None);
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// A kernel that allows no more mappings refuses to cut one, and by then has given the pieces before it their protection.
/// The owner must not take all of it for what it was.
fn a_protection_that_came_half_way() {
    let page = page_size();
    let end = in_child(|| {
        let mut mapping = pages(4);
        // Two pieces.
        mapping
            .advise(..2 * page, Advice::DONTDUMP)
            .expect("advise");
        let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").expect("the limit");
        let limit: usize = limit.trim().parse().expect("a number");
        let mut many = Builder::anonymous(3 * limit * page)
            .prot(Prot::NONE)
            .map()
            .expect("room");
        let cuts = (0..limit).take_while(|&cut| {
            let start = (3 * cut + 1) * page;
            many.protect(start..start + page, Prot::READ).is_ok()
        });
        assert!(cuts.count() > limit / 4);
        // Each of those took two more mappings, and this takes the last one, if there is one.
        let _ = many.protect((3 * limit - 1) * page.., Prot::READ);
        let answer = mapping.protect(..3 * page, Prot::READ);
        // Now there is room to look at it.
        drop(many);
        if answer.is_ok() {
            return 2;
        }
        assert_eq!(answer, Err(Errno::ENOMEM.into()));
        let half = permissions(&mapping) == "r--p";
        let unknown = mapping.prot().is_none();
        i32::from(half && !unknown)
    });
    println!("the kernel refused a cut: {end:?}");
    assert_eq!(
        end,
        End::Exited(0),
        "1: half is closed, and the owner says it is open; 2: not refused"
    );
}

fn discarding() {
    let page = page_size();
    let mut checked = 0;
    for guards in [0, 1] {
        let builder = Builder::anonymous(4 * page).guards(guards, guards);
        let mut mapping = builder.map().expect("map");
        for page in 0..4 {
            set(&mapping, page, 9);
        }
        mapping
            .discard(page..3 * page, Discard::Zero)
            .expect("zero");
        assert_eq!([0, 1, 2, 3].map(|page| get(&mapping, page)), [9, 0, 0, 9]);
        // Locked memory too.
        mapping.lock(..).expect("lock");
        mapping.discard(3 * page.., Discard::Zero).expect("zero");
        assert_eq!(get(&mapping, 3), 0);
        mapping.unlock(..).expect("unlock");
        // No reference to what is 9 at one time and 0 at another.
        let unsteady = |mapping: Mapping| {
            let refused = mapping.into_map_mut().expect_err("unsteady");
            assert_eq!(refused.error(), RequestError::NoReference.into());
            let refused = refused.into_owner().into_map().expect_err("unsteady");
            refused.into_owner()
        };
        mapping.discard(..0, Discard::Lazy).expect("nothing");
        mapping = mapping
            .into_map_mut()
            .expect("nothing is lazy")
            .into_mapping();
        mapping.discard(..page, Discard::Lazy).expect("lazy");
        assert!(matches!(get(&mapping, 0), 0 | 9));
        mapping = unsteady(mapping);
        mapping.discard(page.., Discard::Zero).expect("the others");
        mapping = unsteady(mapping);
        mapping.protect(.., READ_WRITE).expect("all");
        mapping = unsteady(mapping);
        let mut rest = mapping.split_off(page).expect("split");
        rest = unsteady(rest);
        mapping.merge(rest).expect("merge");
        mapping = unsteady(mapping);
        mapping.discard(.., Discard::Zero).expect("all of it");
        let bytes = mapping.into_map_mut().expect("steady again");
        assert!(bytes.iter().all(|&byte| byte == 0));
        checked += 1;
    }
    // Not of shared memory, nor of a file.
    let file = TestFile::new(page);
    let path = file.path();
    let mut refused = 0;
    for builder in [
        Builder::anonymous(page).shared(true),
        Builder::object(page),
        Builder::object(page).shared(false),
        Builder::path(&path),
        Builder::path(&path).prot(READ_WRITE).shared(true),
    ] {
        let mut mapping = builder.map().expect("map");
        for how in [Discard::Zero, Discard::Lazy] {
            assert_eq!(mapping.discard(.., how), Err(Errno::ENOTSUP.into()));
            refused += 1;
        }
    }
    println!("{checked} discarded, {refused} refused");
    assert!(checked != 0 && refused != 0);
}

/// "After advice that is not benign there is no safe way to a reference any more": not by way of discarding either, which
/// brings back zeros and not the policy.
fn advice_that_is_not_benign() {
    let mut checked = 0;
    for advice in [
        Advice::WIPEONFORK,
        Advice::DONTFORK,
        Advice::FREE,
        Advice::DONTNEED,
    ] {
        let mut mapping = pages(2);
        // SAFETY: nothing relies on what the memory holds, nor in a child on what it gets.
        unsafe { mapping.advise_any(..page_size(), advice) }.expect("advise");
        mapping = mapping.into_map().expect_err("advised").into_owner();
        mapping.discard(.., Discard::Zero).expect("zero");
        if matches!(advice, Advice::WIPEONFORK | Advice::DONTFORK) {
            let refused = mapping.into_map_mut();
            assert!(refused.is_err(), "{advice:?}: children do not get a copy");
        }
        checked += 1;
    }
    let mut mapping = pages(1);
    // SAFETY: this is benign.
    unsafe { mapping.advise_any(.., Advice::RANDOM) }.expect("advise");
    mapping.into_map().expect("benign");
    println!("{checked} kinds of advice");
    assert_ne!(checked, 0);
}

fn residency() {
    let page = page_size();
    let mapping = pages(6);
    let answers = |range: std::ops::Range<usize>| {
        let mut pages = [ResidencyFlags::empty(); 6];
        let count = mapping.residency(range, &mut pages).expect("residency");
        let pages = pages.into_iter().take(count);
        pages
            .map(|page| page.contains(ResidencyFlags::INCORE))
            .collect::<Vec<_>>()
    };
    assert_eq!(answers(0..6 * page), [false; 6]);
    set(&mapping, 2, 1);
    set(&mapping, 5, 1);
    assert_eq!(
        answers(0..6 * page),
        [false, false, true, false, false, true]
    );
    assert_eq!(answers(2 * page..4 * page), [true, false]);
    assert_eq!(answers(page..page), []);
    let short = mapping.residency(.., &mut [ResidencyFlags::empty(); 5]);
    assert_eq!(short, Err(RequestError::ShortBuffer.into()));
    assert_eq!(mapping.residency(..0, &mut []), Ok(0));
    mapping.lock(3 * page..4 * page).expect("lock");
    assert_eq!(answers(3 * page..5 * page), [true, false]);
}

/// Loads and stores of every width, and copies, within the view and never beyond.
fn views() {
    let page = page_size();
    let mapping = Builder::object(page + 8).map().expect("map");
    let mut checked = 0;
    // SAFETY: the memory can be read and written, this test is the only one to use it, and one width after the other.
    unsafe {
        let bytes = mapping.view_mut::<u8>(5..13).expect("bytes");
        assert_eq!((bytes.len(), bytes.is_empty()), (8, false));
        bytes.copy_from(0, &[1, 2, 3, 4, 5, 6, 7, 8]).expect("all");
        let mut copy = [0; 8];
        bytes.copy_to(0, &mut copy).expect("all");
        assert_eq!(copy, [1, 2, 3, 4, 5, 6, 7, 8]);
        for (index, count, error) in [
            (0, 9, RangeError::End),
            (8, 1, RangeError::End),
            (9, 0, RangeError::Start),
            (usize::MAX, 1, RangeError::Start),
            (1, 8, RangeError::End),
        ] {
            assert_eq!(bytes.copy_from(index, &[9; 9][..count]), Err(error));
            assert_eq!(bytes.copy_to(index, &mut [9; 9][..count]), Err(error));
            checked += 2;
        }
        assert_eq!(bytes.copy_from(8, &[]), Ok(()));
        bytes.copy_to(0, &mut copy).expect("all");
        assert_eq!(copy, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(bytes.load(7, Relaxed), Some(8));
        assert_eq!(
            (bytes.load(8, Relaxed), bytes.load(usize::MAX, Relaxed)),
            (None, None)
        );
        assert_eq!(
            (
                bytes.store(8, 1, Relaxed),
                bytes.store(usize::MAX, 1, Relaxed)
            ),
            (None, None)
        );
        assert_eq!(
            mapping
                .view::<u8>(13..14)
                .expect("the next")
                .load(0, Relaxed),
            Some(0)
        );
        // Orders that are for the other kind of access.
        use std::sync::atomic::Ordering::{AcqRel, Acquire, Release, SeqCst};
        for order in [Relaxed, Acquire, Release, AcqRel, SeqCst] {
            bytes.store(0, 4, order).expect("within");
            assert_eq!(bytes.load(0, order), Some(4));
            checked += 1;
        }
        let words = mapping.view_mut::<u16>(16..32).expect("words");
        words.store(7, 0x1234, Relaxed).expect("within");
        assert_eq!(words.load(7, Relaxed), Some(0x1234));
        let words = mapping.view_mut::<u32>(32..64).expect("words");
        words.store(7, 0x1234_5678, Relaxed).expect("within");
        assert_eq!(words.load(7, Relaxed), Some(0x1234_5678));
        let words = mapping.view_mut::<usize>(page..).expect("words");
        words.store(0, usize::MAX, Relaxed).expect("within");
        assert_eq!((words.len(), words.load(0, Relaxed)), (1, Some(usize::MAX)));
        for range in [1..9, 0..7, 4..8] {
            assert_eq!(
                mapping.view::<u64>(range).err(),
                Some(RangeError::Unaligned)
            );
            checked += 1;
        }
        assert!(mapping.view::<u64>(8..8).expect("none").is_empty());
    }
    println!("{checked} checked");
    assert_ne!(checked, 0);
}

fn main() {
    alone::run([
        ("protections_of_parts", protections_of_parts),
        (
            "a_protection_that_came_half_way",
            a_protection_that_came_half_way,
        ),
        ("discarding", discarding),
        ("advice_that_is_not_benign", advice_that_is_not_benign),
        ("residency", residency),
        ("views", views),
    ]);
}
