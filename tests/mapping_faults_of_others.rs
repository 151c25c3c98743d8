//! What other crates of this field got wrong, as far as it concerns owned mappings: each is tried here in the way in which
//! it went wrong there.
#![cfg(target_os = "linux")]

#[path = "registry/alone.rs"]
mod alone;
#[path = "mapping/child.rs"]
mod child;
#[path = "mapping/leaves_nothing.rs"]
mod leaves_nothing;
#[path = "registry/process_map.rs"]
mod process_map;
#[path = "mapping/smaps.rs"]
mod smaps;

use child::{End, reading};
use leaves_nothing::leaves_nothing;
use rawmap::{
    Advice, Errno, MapFlags,
    mapping::{Builder, Error, MapMut, Mapping, RangeError, RequestError},
    page_size,
    space::{Discard, MoveTo, Placement, SyncMode},
};

const ARENA: usize = 0x29_0000_0000;
const UNMAPPED: End = End::Killed(nix::sys::signal::Signal::SIGSEGV);

fn at(page: usize) -> Placement {
    Placement::FixedNoReplace(ARENA + page * page_size())
}

/// A mapping of so many pages that holds a number everywhere.
fn holding(pages: usize, place: Placement, byte: u8) -> MapMut {
    let mapping = Builder::anonymous(pages * page_size()).placement(place);
    let mut bytes = mapping
        .map()
        .and_then(|mapping| Ok(mapping.into_map_mut()?))
        .expect("map");
    bytes.fill(byte);
    bytes
}

/// memmap2 0.9.12: its bound is "the offset or the length is too much", where their sum is meant, so that the safe
/// `advise_range(DontFork, len, len)` succeeded on the next mapping.
fn advice_for_the_next_mapping() {
    let len = 2 * page_size();
    let mapping = holding(2, at(0), 1);
    let next = holding(2, at(2), 9);
    let mapping_ref = mapping.as_mapping();
    let mut refused = 0;
    for (advice, error) in [
        (Advice::SEQUENTIAL, RangeError::End.into()),
        (Advice::DONTDUMP, RangeError::End.into()),
        (Advice::DONTFORK, Error::Request(RequestError::NotBenign)),
    ] {
        for (start, count) in [(len, len), (len, page_size()), (page_size(), len)] {
            let answer = mapping_ref.advise(start..start + count, advice);
            assert_eq!(answer, Err(error), "{start} {count}");
            refused += 1;
        }
        // The sum wraps.
        let answer = mapping_ref.advise(len..len.wrapping_add(usize::MAX), advice);
        assert_eq!(answer, Err(error));
        refused += 1;
    }
    let piece = smaps::piece(next.as_ptr().addr()).expect("the next one");
    assert!(!piece.has("dd") && !piece.has("dc"), "{piece:?}");
    assert_eq!(reading(next.as_ptr()), End::Exited(9));
    // Nor is it safe for this mapping: a child's owner would have nothing.
    let answer = mapping_ref.advise(.., Advice::DONTFORK);
    assert_eq!(answer, Err(RequestError::NotBenign.into()));
    assert_eq!(reading(mapping.as_ptr()), End::Exited(1));
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// memmap2 0.9.12: the unchecked form with DontNeed zeroed a neighbour's data.
fn dropping_what_a_neighbour_holds() {
    let len = 2 * page_size();
    let mut mapping = holding(2, at(0), 1).into_mapping();
    let next = holding(2, at(2), 9);
    let mut refused = 0;
    for range in [len..2 * len, page_size()..2 * len, 0..3 * page_size()] {
        // SAFETY: nobody relies on what the mapping holds.
        let advised = unsafe { mapping.advise_any(range.clone(), Advice::DONTNEED) };
        assert_eq!(advised, Err(RangeError::End.into()));
        for how in [Discard::Zero, Discard::Lazy] {
            let discarded = mapping.discard(range.clone(), how);
            assert_eq!(discarded, Err(RangeError::End.into()));
            refused += 1;
        }
        refused += 1;
    }
    assert!(next.iter().all(|&byte| byte == 9));
    let mapping = mapping.into_map().expect("as it was");
    assert!(mapping.iter().all(|&byte| byte == 1));
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// region 4.0.1: the safe `alloc_at` overwrote a live allocation.
fn a_mapping_in_place_of_another() {
    let live = holding(4, at(0), 9);
    let mut refused = 0;
    for (page, pages) in [(0, 4), (0, 1), (3, 1), (1, 2), (3, 3)] {
        for guards in [(0, 0), (1, 1)] {
            let there = Builder::anonymous(pages * page_size()).placement(at(page));
            let there = there.guards(guards.0, guards.1);
            let answer = leaves_nothing("EEXIST", || there.map().map(drop));
            assert_eq!(answer, Err(Errno::EEXIST.into()), "{page} {pages}");
            let answer = leaves_nothing("EEXIST", || there.reserve().map(drop));
            assert_eq!(answer, Err(Errno::EEXIST.into()), "{page} {pages}");
            refused += 2;
        }
        let elsewhere = Builder::anonymous(pages * page_size())
            .placement(Placement::Hint(ARENA + page * page_size()));
        let elsewhere = elsewhere.map().expect("elsewhere");
        let start = elsewhere.as_ptr().addr();
        let beside = start + elsewhere.len() <= ARENA || ARENA + live.len() <= start;
        assert!(beside, "{elsewhere:?}");
    }
    // A guard page replaces nothing either.
    for place in [at(4), Placement::FixedNoReplace(ARENA - 3 * page_size())] {
        let beside = Builder::anonymous(3 * page_size())
            .placement(place)
            .guards(1, 1);
        assert_eq!(beside.map().err(), Some(Errno::EEXIST.into()));
        refused += 1;
    }
    assert!(live.iter().all(|&byte| byte == 9));
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// mmap-rs 0.7.0: the safe `flush(range)` had no bounds check, and reached what is mapped behind, or told of a hole.
fn flushing_what_lies_behind() {
    let len = 2 * page_size();
    let mapping = Builder::object(len).placement(at(0)).map().expect("map");
    let next = Builder::object(len).placement(at(2)).map().expect("map");
    let mut refused = 0;
    for (range, error) in [
        (len..2 * len, RangeError::End),
        (0..3 * page_size(), RangeError::End),
        (2 * len..3 * len, RangeError::Start),
        (0..usize::MAX, RangeError::End),
    ] {
        for mode in [SyncMode::Start, SyncMode::Wait] {
            let answer = mapping.sync(range.clone(), mode);
            assert_eq!(answer, Err(Error::Range(error)), "{range:?}");
            refused += 1;
        }
        let answer = mapping.sync_and_invalidate(range.clone());
        assert_eq!(answer, Err(Error::Range(error)), "{range:?}");
        refused += 1;
    }
    assert_eq!(mapping.sync(.., SyncMode::Wait), Ok(()));
    drop(next);
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// nix#2543: a mapping fixed at 0 succeeds for the privileged, and its pointer is null.
fn nothing_at_address_zero() {
    let page = page_size();
    let zero = Placement::FixedNoReplace(0);
    let mut refused = 0;
    for builder in [
        Builder::anonymous(page).placement(zero),
        Builder::anonymous(page).placement(zero).guards(page, page),
        Builder::anonymous(page).placement(zero).align(1 << 21),
        // The guard page before it would begin there, or below.
        Builder::anonymous(page)
            .placement(Placement::FixedNoReplace(page))
            .guards(page, 0),
        Builder::anonymous(page)
            .placement(Placement::FixedNoReplace(page))
            .guards(2 * page, 0),
        Builder::object(page).placement(zero),
    ] {
        let answer = leaves_nothing("address 0", || builder.map().map(drop));
        assert_eq!(answer, Err(RequestError::AddressZero.into()), "{builder:?}");
        refused += 1;
    }
    let mut mapping = Mapping::anonymous(page).expect("map");
    let answer = mapping.remap(page, MoveTo::FixedNoReplace(0));
    assert_eq!(answer, Err(Errno::EPERM.into()));
    refused += 1;
    // A hint is no wish for 0.
    let hint = Builder::anonymous(page)
        .placement(Placement::Hint(0))
        .guards(page, page);
    assert!(!hint.map().expect("anywhere").as_ptr().is_null());
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// rustix#1089: `mremap_fixed` forgot its flag, so that the mapping went anywhere. Each way to move is tried by where the
/// mapping is then.
fn flags_of_moving_by_their_effect() {
    let page = page_size();
    let mut moved = 0;
    for len in [2 * page, page, 4 * page] {
        let mut mapping = holding(2, at(0), 7).into_mapping();
        let to = ARENA + 40 * page;
        mapping
            .remap(len, MoveTo::FixedNoReplace(to))
            .expect("there");
        assert_eq!((mapping.as_ptr().addr(), mapping.len()), (to, len));
        assert_eq!(reading(mapping.as_ptr()), End::Exited(7));
        assert_eq!(reading((ARENA as *const u8).wrapping_add(page)), UNMAPPED);
        assert!(smaps::piece(ARENA).is_none());
        moved += 1;
    }
    // In place is in place: the page behind is in use.
    let mut mapping = holding(1, at(0), 7).into_mapping();
    let next = holding(1, at(1), 9);
    let answer = mapping.remap(2 * page, MoveTo::InPlace);
    assert_eq!(answer, Err(Errno::ENOMEM.into()));
    let answer = mapping.remap(page, MoveTo::FixedNoReplace(ARENA + page));
    assert_eq!(answer, Err(Errno::EEXIST.into()));
    mapping
        .remap(2 * page, MoveTo::Anywhere)
        .expect("elsewhere");
    assert_ne!(mapping.as_ptr().addr(), ARENA);
    assert_eq!(next[0], 9);
    println!("{moved} moved");
    assert_ne!(moved, 0);
}

/// The flags that a builder takes, by what they do; and those that would replace, place or change the kind are refused.
fn flags_of_mapping_by_their_effect() {
    let builder = Builder::anonymous(page_size());
    let mapping = builder.flags(MapFlags::NORESERVE).map().expect("map");
    assert!(smaps::piece(mapping.as_ptr().addr()).expect("it").has("nr"));
    let plain = builder.map().expect("map");
    assert!(!smaps::piece(plain.as_ptr().addr()).expect("it").has("nr"));
    builder.flags(MapFlags::STACK).map().expect("map");
    #[cfg(target_arch = "x86_64")]
    {
        for guards in [0, 1] {
            let low = builder.flags(MapFlags::MAP_32BIT).guards(guards, guards);
            let low = low.map().expect("map").as_ptr().addr();
            assert!(low < 1 << 32, "{low:#x} with {guards} bytes of guards");
        }
    }
    let mut refused = 0;
    for flags in [
        MapFlags::FIXED,
        MapFlags::FIXED_NOREPLACE,
        MapFlags::GROWSDOWN,
        MapFlags::LOCKED,
        MapFlags::POPULATE,
        MapFlags::HUGETLB,
        MapFlags::SYNC,
        MapFlags::ANONYMOUS,
    ] {
        for builder in [builder, builder.guards(1, 1)] {
            let builder = builder.flags(flags);
            let answer = leaves_nothing("flags", || builder.map().map(drop));
            assert_eq!(answer, Err(Errno::EINVAL.into()), "{flags:?}");
            refused += 1;
        }
    }
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

/// rustix#1641: a closed enum lacks the values of later kernels. Here every number can be given, and what nobody knows is
/// not safe.
fn advice_that_has_no_name() {
    let mut mapping = Mapping::anonymous(page_size()).expect("map");
    let (mut benign, mut refused) = (0, 0);
    for number in -1..200 {
        let advice = Advice::from_raw(number);
        match mapping.advise(.., advice) {
            Err(Error::Request(RequestError::NotBenign)) => refused += 1,
            Ok(()) | Err(Error::Os(_)) if advice.is_benign() => benign += 1,
            other => panic!("{advice:?}: {other:?}"),
        }
    }
    // SAFETY: nobody knows the advice, the kernel included.
    let answer = unsafe { mapping.advise_any(.., Advice::from_raw(12345)) };
    assert_eq!(answer, Err(Errno::EINVAL.into()));
    println!("{benign} benign, {refused} refused");
    assert!(benign >= 10 && refused > 100);
}

fn main() {
    alone::run([
        ("advice_for_the_next_mapping", advice_for_the_next_mapping),
        (
            "dropping_what_a_neighbour_holds",
            dropping_what_a_neighbour_holds,
        ),
        (
            "a_mapping_in_place_of_another",
            a_mapping_in_place_of_another,
        ),
        ("flushing_what_lies_behind", flushing_what_lies_behind),
        ("nothing_at_address_zero", nothing_at_address_zero),
        (
            "flags_of_moving_by_their_effect",
            flags_of_moving_by_their_effect,
        ),
        (
            "flags_of_mapping_by_their_effect",
            flags_of_mapping_by_their_effect,
        ),
        ("advice_that_has_no_name", advice_that_has_no_name),
    ]);
}
