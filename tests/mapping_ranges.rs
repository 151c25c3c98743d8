//! Ranges of all of `usize`, as arguments of every method that takes one: the answer is that of exact arithmetic, and what
//! is done is done to that range, and not to the neighbours of the mapping.
#![cfg(target_os = "linux")]

#[path = "registry/alone.rs"]
mod alone;
#[path = "mapping/smaps.rs"]
mod smaps;

use std::{
    cell::Cell,
    collections::BTreeMap,
    ops::{Bound, Range},
    sync::atomic::Ordering::Relaxed,
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rawmap::{
    Advice, Prot, ResidencyFlags,
    mapping::{Builder, Error, MapMut, Mapping, RangeError, RequestError, Reservation},
    page_size,
    space::{Discard, Placement, SyncMode},
};

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

/// Where nothing is by itself.
const ARENA: usize = 0x28_0000_0000;
/// The pages of each neighbour.
const BESIDE: usize = 3;

type Bounds = (Bound<usize>, Bound<usize>);

/// A number that says something about a mapping, of whatever length.
#[derive(Clone, Copy, Debug)]
enum Number {
    Any(usize),
    Pages(usize),
    NearPages(usize, isize),
    NearLen(isize),
    NearMapped(isize),
    NearHalf(isize),
    NearMax(usize),
}

impl Number {
    fn of(self, len: usize) -> usize {
        let page = page_size();
        match self {
            Self::Any(number) => number,
            Self::Pages(pages) => pages * page,
            Self::NearPages(pages, by) => (pages * page).wrapping_add_signed(by),
            Self::NearLen(by) => len.wrapping_add_signed(by),
            Self::NearMapped(by) => len.next_multiple_of(page).wrapping_add_signed(by),
            Self::NearHalf(by) => (isize::MAX as usize).wrapping_add_signed(by),
            Self::NearMax(below) => usize::MAX - below,
        }
    }
}

fn numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        1 => any::<usize>().prop_map(Number::Any),
        8 => (0..7usize).prop_map(Number::Pages),
        2 => (0..7usize, -9..9isize).prop_map(|(pages, by)| Number::NearPages(pages, by)),
        3 => (-3..3isize).prop_map(Number::NearLen),
        2 => (-3..3isize).prop_map(Number::NearMapped),
        1 => (-2..3isize).prop_map(Number::NearHalf),
        1 => prop_oneof![0..3usize, 4090..4100usize].prop_map(Number::NearMax),
    ]
}

fn bounds() -> impl Strategy<Value = Bound<Number>> {
    prop_oneof![
        4 => numbers().prop_map(Bound::Included),
        4 => numbers().prop_map(Bound::Excluded),
        1 => Just(Bound::Unbounded),
    ]
}

/// A range of whole pages that there may be, said in one of the ways in which it can be said.
fn pages_within(len: usize, pages: [usize; 2], ways: [bool; 2]) -> Bounds {
    let page = page_size();
    let mapped = len.div_ceil(page);
    let [one, other] = pages.map(|at| at % (mapped + 1));
    let [start, end] = [one.min(other), one.max(other)].map(|at| (at * page).min(len));
    let start = match start.checked_sub(1) {
        Some(before) if ways[0] => Bound::Excluded(before),
        _ => Bound::Included(start),
    };
    let end = match end.checked_sub(1) {
        Some(last) if ways[1] => Bound::Included(last),
        _ => Bound::Excluded(end),
    };
    (start, end)
}

/// A length of up to six pages, and a range.
fn cases() -> impl Strategy<Value = (usize, Bounds)> {
    let len = prop_oneof![
        (1..7usize).prop_map(|pages| pages * page_size()),
        1..6 * page_size(),
    ];
    (len, any::<bool>()).prop_flat_map(|(len, within)| {
        let bounds = if within {
            (any::<[usize; 2]>(), any::<[bool; 2]>())
                .prop_map(move |(pages, ways)| pages_within(len, pages, ways))
                .boxed()
        } else {
            (bounds(), bounds())
                .prop_map(move |(start, end)| (start.map(|n| n.of(len)), end.map(|n| n.of(len))))
                .boxed()
        };
        (Just(len), bounds)
    })
}

/// The bytes of a range, in numbers that cannot overflow.
fn exact(len: usize, bounds: Bounds) -> Result<Range<u128>, RangeError> {
    let len = len as u128;
    let start = match bounds.0 {
        Bound::Included(start) => start as u128,
        Bound::Excluded(before) => before as u128 + 1,
        Bound::Unbounded => 0,
    };
    let end = match bounds.1 {
        Bound::Included(last) => last as u128 + 1,
        Bound::Excluded(end) => end as u128,
        Bound::Unbounded => len,
    };
    if start > len {
        Err(RangeError::Start)
    } else if end > len || end < start {
        Err(RangeError::End)
    } else {
        Ok(start..end)
    }
}

/// The pages of a range, where only whole ones will do.
fn exact_pages(len: usize, bounds: Bounds) -> Result<Range<usize>, RangeError> {
    let (exact, page) = (exact(len, bounds)?, page_size() as u128);
    let last = (len as u128).div_ceil(page);
    let pages = |bytes: u128| {
        if bytes == len as u128 {
            Ok(last as usize)
        } else if bytes.is_multiple_of(page) {
            Ok((bytes / page) as usize)
        } else {
            Err(RangeError::Unaligned)
        }
    };
    Ok(pages(exact.start)?..pages(exact.end)?)
}

/// What lies at an address that nobody has changed: never 0.
fn pattern(address: usize) -> u8 {
    (address / page_size() * 11 + address % 61) as u8 | 1
}

fn fill(mapping: &Mapping) {
    for at in 0..mapping.len().next_multiple_of(page_size()) {
        let ptr = mapping.as_mut_ptr().wrapping_add(at);
        // SAFETY: the mapping is the test's, can be written, and reaches to the end of its last page.
        unsafe { ptr.write_volatile(pattern(ptr.addr())) };
    }
}

fn holds_pattern(start: *const u8, len: usize) -> bool {
    (0..len).all(|at| {
        let ptr = start.wrapping_add(at);
        // SAFETY: the test asks where it can be read.
        pattern(ptr.addr()) == unsafe { ptr.read_volatile() }
    })
}

/// What is mapped before and behind a mapping, without a gap.
struct Neighbours {
    before: Mapping,
    after: Mapping,
}

fn at(start: usize) -> Placement {
    Placement::FixedNoReplace(start)
}

impl Neighbours {
    fn of(len: usize) -> (Self, Placement) {
        let page = page_size();
        let middle = ARENA + BESIDE * page;
        let beside = Builder::anonymous(BESIDE * page);
        let behind = middle + len.next_multiple_of(page);
        let neighbours = Self {
            before: beside.placement(at(ARENA)).map().expect("before"),
            after: beside.placement(at(behind)).map().expect("after"),
        };
        fill(&neighbours.before);
        fill(&neighbours.after);
        (neighbours, at(middle))
    }

    fn hold_what_they_held(&self) -> bool {
        [&self.before, &self.after]
            .into_iter()
            .all(|beside| holds_pattern(beside.as_ptr(), beside.len()))
    }

    /// What the kernel says of each page, from the first one of the one to the last one of the other.
    fn pages(&self) -> Vec<Vec<String>> {
        let page = page_size();
        let end = self.after.as_ptr().addr() + self.after.len();
        let mut pages = Vec::new();
        for piece in smaps::pieces() {
            let mut says: Vec<String> = piece.flags().iter().map(|&flag| flag.into()).collect();
            says.push(piece.permissions.clone());
            let inside = piece.range.start.max(ARENA)..piece.range.end.min(end);
            pages.extend(inside.step_by(page).map(|_| says.clone()));
        }
        assert_eq!(pages.len(), (end - ARENA) / page, "a hole");
        pages
    }
}

/// How many answers of each kind a method gave.
#[derive(Default)]
struct Counts(BTreeMap<(&'static str, &'static str), usize>);

impl Counts {
    fn count(&mut self, method: &'static str, answer: Result<(), RangeError>) {
        let kind = match answer {
            Ok(()) => "ok",
            Err(RangeError::Start) => "start",
            Err(RangeError::End) => "end",
            Err(RangeError::Unaligned) => "unaligned",
            Err(other) => panic!("{other:?}"),
        };
        *self.0.entry((method, kind)).or_default() += 1;
    }

    /// Prints them; each of these methods gave each of these answers.
    fn finish(&self, methods: &[&'static str], kinds: &[&'static str]) {
        for &method in methods {
            let counts = kinds.iter().map(|&kind| {
                let count = self.0.get(&(method, kind)).copied().unwrap_or(0);
                assert_ne!(count, 0, "{method} was never {kind}");
                format!("{count} {kind}")
            });
            println!("{method}: {}", counts.collect::<Vec<_>>().join(", "));
        }
    }
}

fn run(cases_to_run: u32, test: impl Fn(usize, Bounds) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: cases_to_run,
        failure_persistence: None,
        ..Config::default()
    };
    let ran = Cell::new(0);
    let result = TestRunner::new(config).run(&cases(), |(len, bounds)| {
        ran.set(ran.get() + 1);
        test(len, bounds)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    println!("{} cases", ran.get());
    assert!(ran.get() >= cases_to_run);
}

/// An error of a method is one of the range.
fn of_range<T>(answer: Result<T, Error>) -> Result<T, RangeError> {
    answer.map_err(|error| match error {
        Error::Range(error) => error,
        other => panic!("{other:?}"),
    })
}

const OF_PAGES: [&str; 12] = [
    "protect",
    "advise",
    "advise_any",
    "sync",
    "sync_and_invalidate",
    "discard",
    "clear",
    "lock",
    "unlock",
    "residency",
    "commit",
    "decommit",
];
const OF_BYTES: [&str; 3] = ["slice", "view of bytes", "view_mut of bytes"];
const OF_WORDS: [&str; 2] = ["view of words", "view_mut of words"];

fn every_method_gives_the_answer_of_exact_arithmetic() {
    let counts = Cell::new(Counts::default());
    run(4000, |len, bounds| {
        let (neighbours, place) = Neighbours::of(len);
        let mut answers: Vec<(&'static str, Result<(), RangeError>)> = Vec::new();

        let builder = Builder::anonymous(len).placement(place);
        let mut middle = builder.map().expect("the middle");
        let mut note = |name, answer| answers.push((name, of_range(answer)));
        note("protect", middle.protect(bounds, READ_WRITE));
        note("advise", middle.advise(bounds, Advice::SEQUENTIAL));
        // SAFETY: nobody relies on what the range holds.
        note("advise_any", unsafe {
            middle.advise_any(bounds, Advice::DONTNEED)
        });
        note("lock", middle.lock(bounds));
        note("unlock", middle.unlock(bounds));
        note("discard", middle.discard(bounds, Discard::Zero));
        let mut room = [ResidencyFlags::empty(); 8];
        note("residency", middle.residency(bounds, &mut room).map(drop));
        drop(middle);

        let mut middle = builder.map().and_then(|middle| Ok(middle.into_map_mut()?));
        let clear = |middle: &mut MapMut| middle.clear(bounds);
        note("clear", clear(middle.as_mut().expect("the middle")));
        drop(middle);

        let mut reservation: Reservation = builder.reserve().expect("the middle");
        note("commit", reservation.commit(bounds, READ_WRITE).map(drop));
        note("decommit", reservation.decommit(bounds));
        drop(reservation);

        let object = Builder::object(len).placement(place).map();
        let object = object.expect("the middle");
        note("sync", object.sync(bounds, SyncMode::Wait));
        note("sync_and_invalidate", object.sync_and_invalidate(bounds));

        let pages = exact_pages(len, bounds);
        let mut counted = counts.take();
        for (method, answer) in answers {
            prop_assert_eq!(answer, pages.clone().map(drop), "{}", method);
            counted.count(method, answer);
        }

        let bytes = exact(len, bounds);
        let start = object.as_ptr().addr() as u128;
        let slice = object.slice(bounds).map(|slice| {
            let from = slice.as_ptr().cast::<u8>().addr() as u128 - start;
            from..from + slice.len() as u128
        });
        prop_assert_eq!(&slice, &bytes);
        counted.count("slice", slice.map(drop));
        let words = bytes.clone().and_then(|bytes| {
            if bytes.start % 8 == 0 && bytes.end % 8 == 0 {
                Ok((bytes.end - bytes.start) / 8)
            } else {
                Err(RangeError::Unaligned)
            }
        });
        let bytes = bytes.map(|bytes| bytes.end - bytes.start);
        // SAFETY: the memory can be read and written, and nobody else uses it.
        let (of_bytes, mut_bytes, of_words, mut_words) = unsafe {
            (
                object.view::<u8>(bounds).map(|view| view.len() as u128),
                object.view_mut::<u8>(bounds).map(|view| view.len() as u128),
                object.view::<u64>(bounds).map(|view| view.len() as u128),
                object
                    .view_mut::<u64>(bounds)
                    .map(|view| view.len() as u128),
            )
        };
        for (method, answer, exact) in [
            ("view of bytes", of_bytes, bytes),
            ("view_mut of bytes", mut_bytes, bytes),
            ("view of words", of_words, words),
            ("view_mut of words", mut_words, words),
        ] {
            prop_assert_eq!(answer, exact, "{}", method);
            counted.count(method, answer.map(drop));
        }
        counts.set(counted);
        prop_assert!(neighbours.hold_what_they_held());
        Ok(())
    });
    let counts = counts.into_inner();
    counts.finish(&OF_PAGES, &["ok", "start", "end", "unaligned"]);
    counts.finish(&OF_BYTES, &["ok", "start", "end"]);
    counts.finish(&OF_WORDS, &["ok", "start", "end", "unaligned"]);
}

/// What happened to the pages of the arena: those that have the mark now are these ones of the middle, and nothing else
/// became different.
fn only_these(
    before: &[Vec<String>],
    after: &[Vec<String>],
    pages: Range<usize>,
    mark: &str,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(before.len(), after.len());
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        let inside = at >= BESIDE && pages.contains(&(at - BESIDE));
        let marked = after.iter().any(|has| has == mark);
        prop_assert_eq!(marked, inside, "page {} {:?}", at, after);
        if !inside {
            prop_assert_eq!(before, after, "page {}", at);
        }
    }
    Ok(())
}

fn what_is_done_is_done_to_the_range_alone() {
    let done = Cell::new(0);
    run(400, |len, bounds| {
        let (neighbours, place) = Neighbours::of(len);
        let builder = Builder::anonymous(len).placement(place);
        let mut middle = builder.map().expect("the middle");
        fill(&middle);
        let pages = exact_pages(len, bounds).unwrap_or(0..0);
        done.set(done.get() + usize::from(!pages.is_empty()));
        let before = neighbours.pages();
        let mapped = before.len() - 2 * BESIDE;

        let _ = middle.protect(bounds, Prot::READ);
        only_these(&before, &neighbours.pages(), pages.clone(), "r--p")?;
        middle.protect(.., READ_WRITE).expect("as before");
        prop_assert_eq!(&before, &neighbours.pages());

        let _ = middle.advise(bounds, Advice::DONTDUMP);
        only_these(&before, &neighbours.pages(), pages.clone(), "dd")?;
        middle.advise(.., Advice::DODUMP).expect("as before");

        // SAFETY: the child that would not get it is not made.
        let _ = unsafe { middle.advise_any(bounds, Advice::DONTFORK) };
        only_these(&before, &neighbours.pages(), pages.clone(), "dc")?;
        // SAFETY: this is as it was.
        unsafe { middle.advise_any(.., Advice::DOFORK) }.expect("as before");

        let _ = middle.lock(bounds);
        only_these(&before, &neighbours.pages(), pages.clone(), "lo")?;
        middle.lock(..).expect("all");
        let all = neighbours.pages();
        let _ = middle.unlock(bounds);
        let unlocked = neighbours.pages();
        for at in 0..mapped {
            let locked = unlocked[BESIDE + at].iter().any(|has| has == "lo");
            prop_assert_eq!(locked, !pages.contains(&at));
        }
        prop_assert_eq!(&all[..BESIDE], &unlocked[..BESIDE]);
        prop_assert_eq!(&all[BESIDE + mapped..], &unlocked[BESIDE + mapped..]);
        middle.unlock(..).expect("as before");
        prop_assert_eq!(&before, &neighbours.pages());

        let page = page_size();
        let _ = middle.discard(bounds, Discard::Zero);
        for at in 0..mapped {
            let start = middle.as_ptr().wrapping_add(at * page);
            if pages.contains(&at) {
                // SAFETY: the page is the mapping's.
                let zero = (0..page).all(|at| unsafe { start.add(at).read_volatile() } == 0);
                prop_assert!(zero, "page {} is not zero", at);
            } else {
                prop_assert!(holds_pattern(start, page), "page {}", at);
            }
        }
        prop_assert_eq!(&before, &neighbours.pages());

        // Every other page is touched, and the answer is about the range and nothing behind it.
        middle.discard(.., Discard::Zero).expect("all");
        for at in (0..mapped).step_by(2) {
            // SAFETY: as above.
            unsafe { middle.as_mut_ptr().add(at * page).write_volatile(1) };
        }
        let unused = ResidencyFlags::from_bits_retain(0x80);
        let mut answers = [unused; 10];
        if let Ok(count) = middle.residency(bounds, &mut answers) {
            prop_assert_eq!(count, pages.len());
            for (at, answer) in answers.into_iter().enumerate() {
                let expected = match (at < count, (pages.start + at).is_multiple_of(2)) {
                    (false, _) => unused,
                    (true, true) => ResidencyFlags::INCORE,
                    (true, false) => ResidencyFlags::empty(),
                };
                prop_assert_eq!(answer, expected, "{}", at);
            }
            if let Some(fewer) = count.checked_sub(1) {
                let answer = middle.residency(bounds, &mut answers[..fewer]);
                prop_assert_eq!(answer, Err(RequestError::ShortBuffer.into()));
            }
        }
        drop(middle);

        let mut reservation = builder.reserve().expect("the middle");
        let closed = neighbours.pages();
        if let Ok(part) = reservation.commit(bounds, READ_WRITE) {
            let exact = exact(len, bounds).expect("it was committed");
            prop_assert_eq!(part.len() as u128, exact.end - exact.start);
            let start = reservation.as_ptr().wrapping_add(exact.start as usize);
            prop_assert_eq!(part.as_ptr().cast::<u8>(), start);
            for at in 0..part.len() {
                // SAFETY: it was committed.
                unsafe { part.cast::<u8>().add(at).write_volatile(1) };
            }
        }
        let mut committed = neighbours.pages();
        for beside in [0..BESIDE, BESIDE + mapped..committed.len()] {
            prop_assert_eq!(&closed[beside.clone()], &committed[beside]);
        }
        for (at, page) in committed[BESIDE..][..mapped].iter().enumerate() {
            let open = page.iter().any(|has| has == "rw-p");
            prop_assert_eq!(open, pages.contains(&at), "{:?}", page);
        }
        reservation.commit(.., READ_WRITE).expect("all");
        // SAFETY: it was committed, and nobody else uses it.
        let bytes = unsafe { reservation.view_mut::<u8>(..) }.expect("all");
        for at in 0..len {
            let written = pages.contains(&(at / page));
            prop_assert_eq!(bytes.load(at, Relaxed), Some(written.into()));
            bytes.store(at, 2, Relaxed).expect("within");
        }
        let _ = reservation.decommit(bounds);
        committed = neighbours.pages();
        for (at, page) in committed[BESIDE..][..mapped].iter().enumerate() {
            let open = page.iter().any(|has| has == "rw-p");
            prop_assert_eq!(open, !pages.contains(&at), "{:?}", page);
        }
        reservation.commit(.., READ_WRITE).expect("all");
        // SAFETY: as above.
        let bytes = unsafe { reservation.view::<u8>(..) }.expect("all");
        for at in 0..len {
            let kept = if pages.contains(&(at / page)) { 0 } else { 2 };
            prop_assert_eq!(bytes.load(at, Relaxed), Some(kept));
        }
        prop_assert!(neighbours.hold_what_they_held());
        Ok(())
    });
    println!("{} of them of pages that there are", done.get());
    assert!(done.get() > 50);
}

fn main() {
    alone::run([
        (
            "every_method_gives_the_answer_of_exact_arithmetic",
            every_method_gives_the_answer_of_exact_arithmetic,
        ),
        (
            "what_is_done_is_done_to_the_range_alone",
            what_is_done_is_done_to_the_range_alone,
        ),
    ]);
}
