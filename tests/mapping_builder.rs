//! Every option of a builder by what it does, and every bad input by its error, after which nothing is mapped or open.
#![cfg(target_os = "linux")]

#[path = "registry/alone.rs"]
mod alone;
#[path = "mapping/child.rs"]
mod child;
#[path = "mapping/file.rs"]
mod file;
#[path = "mapping/leaves_nothing.rs"]
mod leaves_nothing;
#[path = "registry/process_map.rs"]
mod process_map;
#[path = "mapping/smaps.rs"]
mod smaps;

use std::{
    env,
    ffi::{CString, c_int},
    fs,
    os::{fd::AsRawFd, unix::ffi::OsStrExt, unix::net::UnixListener},
};

use child::{End, in_child, reading, writing};
use file::{TestFile, byte_at};
use leaves_nothing::leaves_nothing;
use nix::sys::signal::Signal;
use rawmap::{
    BorrowedFd, Errno, Inherit, MapFlags, Prot, ResidencyFlags,
    mapping::{Builder, Error, HugePages, Mapping, RequestError},
    object, page_size,
    space::{Kind, Placement},
};

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
const READ_EXEC: Prot = Prot::READ.union(Prot::EXEC);
const ARENA: usize = 0x2a_0000_0000;
const FORBIDDEN: End = End::Killed(Signal::SIGSEGV);

fn piece(mapping: &Mapping) -> smaps::Piece {
    smaps::piece(mapping.as_ptr().addr()).expect("a piece of the map")
}

/// Is the whole of it in memory?
fn resident(mapping: &Mapping) -> Vec<bool> {
    let mut pages = [ResidencyFlags::empty(); 64];
    let count = mapping.residency(.., &mut pages).expect("residency");
    let pages = pages[..count].iter();
    pages
        .map(|page| page.contains(ResidencyFlags::INCORE))
        .collect()
}

fn byte(mapping: &Mapping, at: usize) -> u8 {
    assert!(at < mapping.len());
    // SAFETY: the test asks where it can be read.
    unsafe { mapping.as_ptr().add(at).read_volatile() }
}

fn set(mapping: &Mapping, at: usize, byte: u8) {
    assert!(at < mapping.len());
    // SAFETY: the test writes where it can be written, and nothing refers to it.
    unsafe { mapping.as_mut_ptr().add(at).write_volatile(byte) }
}

fn protections() {
    let mut checked = 0;
    for (prot, permissions, reads, writes) in [
        (Prot::NONE, "---p", FORBIDDEN, FORBIDDEN),
        (Prot::READ, "r--p", End::Exited(0), FORBIDDEN),
        (READ_WRITE, "rw-p", End::Exited(0), End::Exited(0)),
        (READ_EXEC, "r-xp", End::Exited(0), FORBIDDEN),
    ] {
        for builder in [
            Builder::anonymous(2 * page_size()),
            Builder::object(2 * page_size()).shared(false),
            Builder::anonymous(2 * page_size()).guards(1, 1),
        ] {
            let mapping = builder.prot(prot).map().expect("map");
            assert_eq!(mapping.prot(), Some(prot));
            assert_eq!(piece(&mapping).permissions, permissions);
            let last = mapping.as_mut_ptr().wrapping_add(mapping.len() - 1);
            assert_eq!(reading(last), reads, "{prot:?}");
            assert_eq!(writing(last), writes, "{prot:?}");
            checked += 1;
        }
    }
    println!("{checked} mappings");
    assert_eq!(checked, 12);
}

fn what_can_be_done_later() {
    let page = page_size();
    let all = [
        Prot::NONE,
        Prot::READ,
        Prot::WRITE,
        READ_WRITE,
        Prot::EXEC,
        READ_EXEC,
        READ_WRITE | Prot::EXEC,
    ];
    let (mut reached, mut refused) = (0, 0);
    for max_prot in all {
        for first in all {
            let builder = Builder::anonymous(page).prot(first).max_prot(max_prot);
            if !max_prot.contains(first) {
                let answer = leaves_nothing("prot", || builder.map().map(drop));
                assert_eq!(
                    answer,
                    Err(RequestError::BeyondMaximum.into()),
                    "{first:?} {max_prot:?}"
                );
                refused += 1;
                continue;
            }
            let mut mapping = builder.map().expect("map");
            assert_eq!(mapping.max_prot(), max_prot);
            for later in all {
                let answer = mapping.protect(.., later);
                if max_prot.contains(later) {
                    assert_eq!(answer, Ok(()), "{later:?} of {max_prot:?}");
                    assert_eq!(mapping.prot(), Some(later));
                    reached += 1;
                } else {
                    assert_eq!(answer, Err(RequestError::BeyondMaximum.into()));
                    refused += 1;
                }
            }
        }
    }
    // What it is if nobody says it.
    let file = TestFile::new(page);
    let path = file.path();
    for (builder, max_prot) in [
        (Builder::anonymous(page), READ_WRITE),
        (Builder::anonymous(page).prot(Prot::NONE), READ_WRITE),
        (
            Builder::anonymous(page).prot(READ_EXEC),
            READ_WRITE | Prot::EXEC,
        ),
        (Builder::path(&path), Prot::READ),
        (Builder::path(&path).prot(READ_WRITE), READ_WRITE),
        (Builder::object(page), READ_WRITE),
    ] {
        assert_eq!(builder.map().expect("map").max_prot(), max_prot);
    }
    println!("{reached} reached, {refused} refused");
    assert!(reached > 50 && refused > 50);
}

fn shared_or_private() {
    let page = page_size();
    let mut checked = 0;
    for (builder, shared) in [
        (Builder::anonymous(page), false),
        (Builder::anonymous(page).shared(true), true),
        (Builder::anonymous(page).shared(true).guards(1, 1), true),
        (Builder::object(page), true),
        (Builder::object(page).shared(false), false),
    ] {
        let mapping = builder.map().expect("map");
        assert_eq!(mapping.shared(), shared);
        set(&mapping, 0, 1);
        assert_eq!(writing(mapping.as_mut_ptr()), End::Exited(0));
        assert_eq!(byte(&mapping, 0), if shared { 0x5a } else { 1 });
        let sharing = &piece(&mapping).permissions[3..];
        assert_eq!(sharing, if shared { "s" } else { "p" });
        checked += 1;
    }
    println!("{checked} mappings");
    assert_ne!(checked, 0);
}

fn places() {
    let page = page_size();
    let builder = Builder::anonymous(3 * page);
    let mut placed = 0;
    for guards in [0, 1, 3 * page] {
        let builder = builder.guards(guards, guards);
        for place in [Placement::FixedNoReplace(ARENA), Placement::Hint(ARENA)] {
            let first = builder.placement(place).map().expect("a free place");
            assert_eq!(first.as_ptr().addr(), ARENA, "{place:?}");
            // In use, by the mapping or by its guard pages.
            let (before, after) = first.guards();
            for at in (ARENA - before..ARENA + 3 * page + after).step_by(page) {
                let answer = builder.placement(Placement::FixedNoReplace(at)).map();
                assert_eq!(answer.err(), Some(Errno::EEXIST.into()), "{at:#x}");
                let other = builder.placement(Placement::Hint(at)).map();
                let other = other.expect("elsewhere").as_ptr().addr();
                assert!(other + 3 * page <= ARENA - before || ARENA + 3 * page + after <= other);
                placed += 1;
            }
        }
        let hint = builder
            .placement(Placement::Hint(ARENA + 5))
            .map()
            .expect("near");
        assert_eq!(hint.as_ptr().addr(), ARENA);
        placed += 1;
    }
    println!("{placed} placed");
    assert_ne!(placed, 0);
}

fn alignments() {
    let page = page_size();
    let file = TestFile::new(3 * page + 5);
    let path = file.path();
    let mut checked = 0;
    for log2 in 0..=30 {
        for builder in [
            Builder::anonymous(page + 1),
            Builder::anonymous(page + 1).shared(true),
            Builder::path(&path),
            Builder::path(&path).offset(page as u64),
            Builder::object(page),
        ] {
            for guards in [(0, 0), (1, 0), (0, 1), (page, 2 * page)] {
                let builder = builder.align(1 << log2).guards(guards.0, guards.1);
                let aligned = leaves_nothing("an aligned mapping", || {
                    let mapping = builder.map().expect("aligned");
                    mapping.as_ptr().addr().is_multiple_of(1 << log2)
                });
                assert!(aligned, "{builder:?}");
                checked += 1;
            }
        }
    }
    println!("{checked} mappings");
    assert_ne!(checked, 0);
}

/// Both ends live, what lies beside them kills, and with the mapping all of it is gone.
fn check_guards(builder: Builder<'_>, wanted: (usize, usize)) {
    let page = page_size();
    let (whole, around) = leaves_nothing("a guarded mapping", || {
        let mapping = builder
            .map()
            .unwrap_or_else(|error| panic!("{builder:?}: {error}"));
        let (before, after) = mapping.guards();
        assert!(before >= wanted.0 && after >= wanted.1, "{mapping:?}");
        assert!(before.is_multiple_of(page) && after.is_multiple_of(page));
        let start = mapping.as_mut_ptr();
        let mapped = mapping.len().next_multiple_of(page);
        let writes = mapping.prot() == Some(READ_WRITE);
        for at in [0, mapping.len() - 1] {
            let at = start.wrapping_add(at);
            assert!(matches!(reading(at), End::Exited(_)), "{builder:?}");
            let end = if writes { End::Exited(0) } else { FORBIDDEN };
            assert_eq!(writing(at), end, "{builder:?}");
        }
        let mut killed = 0;
        let guards = [
            (before != 0).then(|| start.wrapping_sub(1)),
            (before != 0).then(|| start.wrapping_sub(before)),
            (after != 0).then(|| start.wrapping_add(mapped)),
            (after != 0).then(|| start.wrapping_add(mapped + after - 1)),
        ];
        for at in guards.into_iter().flatten() {
            assert_eq!(reading(at), FORBIDDEN, "{builder:?}");
            assert_eq!(writing(at), FORBIDDEN, "{builder:?}");
            let piece = smaps::piece(at.addr()).expect("a guard page is mapped");
            assert_eq!(piece.permissions, "---p");
            killed += 1;
        }
        assert_ne!(killed, 0);
        let whole = before + mapped + after;
        (start.addr() - before..start.addr() - before + whole, killed)
    });
    assert!(around != 0);
    let left = smaps::pieces();
    let left = left
        .iter()
        .find(|piece| piece.range.start < whole.end && whole.start < piece.range.end);
    assert!(left.is_none(), "{left:?}");
}

fn guard_pages() {
    let page = page_size();
    let file = TestFile::new(3 * page);
    let path = file.path();
    let mut checked = 0;
    for guards in [(1, 0), (0, 1), (page, page), (3 * page, 2 * page + 1)] {
        for builder in [
            Builder::anonymous(2 * page),
            Builder::anonymous(page + 1).align(1 << 21),
            Builder::anonymous(page)
                .populate(true)
                .lock(true)
                .conceal(true),
            Builder::anonymous(page).shared(true),
            Builder::anonymous(page).placement(Placement::Hint(ARENA)),
            Builder::anonymous(page).placement(Placement::FixedNoReplace(ARENA)),
            Builder::anonymous(page)
                .placement(Placement::FixedNoReplace(ARENA))
                .align(1 << 16),
            Builder::path(&path),
            Builder::path(&path).offset(page as u64).len(page + 5),
            Builder::path(&path)
                .prot(READ_WRITE)
                .shared(true)
                .align(1 << 20),
            Builder::path(&path).placement(Placement::FixedNoReplace(ARENA)),
            Builder::object(page),
        ] {
            check_guards(builder.guards(guards.0, guards.1), guards);
            checked += 1;
        }
    }
    println!("{checked} mappings");
    assert_eq!(checked, 48);
}

fn pages_that_are_there_at_once() {
    let page = page_size();
    let file = TestFile::new(5 * page);
    let path = file.path();
    let mut checked = 0;
    for builder in [
        Builder::anonymous(5 * page),
        Builder::anonymous(5 * page).prot(Prot::READ),
        Builder::anonymous(5 * page).shared(true),
        Builder::anonymous(5 * page).guards(1, 1),
        Builder::anonymous(5 * page).align(1 << 21),
        Builder::object(5 * page),
    ] {
        let plain = builder.map().expect("map");
        assert_eq!(resident(&plain), [false; 5], "{builder:?}");
        assert_eq!(piece(&plain).bytes("Locked"), 0);
        drop(plain);
        let populated = builder.populate(true).map().expect("map");
        assert_eq!(resident(&populated), [true; 5], "{builder:?}");
        assert!(!piece(&populated).has("lo"));
        drop(populated);
        let locked = builder.lock(true).map().expect("map");
        assert_eq!(resident(&locked), [true; 5], "{builder:?}");
        let shown = piece(&locked);
        assert!(shown.has("lo"), "{shown:?}");
        assert_eq!(shown.range.len(), 5 * page, "guard pages are not locked");
        checked += 1;
    }
    let of_file = Builder::path(&path).populate(true).map().expect("map");
    assert_eq!(piece(&of_file).bytes("Rss"), 5 * page);
    println!("{checked} mappings");
    assert_ne!(checked, 0);

    // What cannot be had is an error, and nothing stays.
    let mut refused = 0;
    for builder in [
        // Behind the end of the file.
        Builder::path(&path)
            .len(9 * page)
            .beyond_end(true)
            .populate(true),
        // A lock reads what may not be read.
        Builder::anonymous(page).prot(Prot::NONE).lock(true),
        Builder::anonymous(page)
            .prot(Prot::NONE)
            .lock(true)
            .guards(1, 1),
    ] {
        let answer = leaves_nothing("pages", || builder.map().map(drop));
        assert!(
            matches!(answer, Err(Error::Os(Errno::ENOMEM | Errno::EFAULT))),
            "{answer:?}"
        );
        refused += 1;
    }
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

fn core_dumps() {
    let page = page_size();
    let mut checked = 0;
    for builder in [
        Builder::anonymous(page),
        Builder::anonymous(page).align(1 << 20),
        Builder::anonymous(page).guards(1, 1),
        Builder::object(page),
    ] {
        assert!(!piece(&builder.map().expect("map")).has("dd"));
        let mut concealed = builder.conceal(true).map().expect("map");
        assert!(piece(&concealed).has("dd"));
        concealed.conceal(false).expect("let in again");
        assert!(!piece(&concealed).has("dd"));
        concealed.conceal(true).expect("and out");
        assert!(piece(&concealed).has("dd"));
        checked += 1;
    }
    println!("{checked} mappings");
    assert_ne!(checked, 0);
}

fn what_children_find() {
    let page = page_size();
    let mut checked = 0;
    for builder in [
        Builder::anonymous(page),
        Builder::anonymous(page).guards(1, 1),
        Builder::anonymous(page).align(1 << 20),
    ] {
        for (how, end) in [
            (Inherit::COPY, End::Exited(7)),
            (Inherit::ZERO, End::Exited(0)),
            (Inherit::NONE, FORBIDDEN),
        ] {
            let mapping = builder.inherit(how).map().expect("map");
            set(&mapping, 0, 7);
            assert_eq!(reading(mapping.as_ptr()), end, "{how:?}");
            assert_eq!(byte(&mapping, 0), 7);
            let mut later = builder.map().expect("map");
            later.inherit(how).expect("the same, later");
            set(&later, 0, 7);
            assert_eq!(reading(later.as_ptr()), end, "{how:?}");
            later.inherit(Inherit::COPY).expect("a copy again");
            assert_eq!(reading(later.as_ptr()), End::Exited(7));
            checked += 2;
        }
        let shares = builder.inherit(Inherit::SHARE);
        let answer = leaves_nothing("SHARE", || shares.map().map(drop));
        assert_eq!(answer, Err(Errno::ENOTSUP.into()));
    }
    // Only private anonymous memory is wiped.
    for builder in [
        Builder::anonymous(page).shared(true),
        Builder::object(page),
        Builder::object(page).shared(false).guards(1, 1),
    ] {
        let wiped = builder.inherit(Inherit::ZERO);
        let answer = leaves_nothing("ZERO", || wiped.map().map(drop));
        assert_eq!(answer, Err(Errno::EINVAL.into()));
        let mut mapping = builder.map().expect("map");
        assert_eq!(mapping.inherit(Inherit::ZERO), Err(Errno::EINVAL.into()));
        checked += 1;
    }
    println!("{checked} mappings");
    assert_ne!(checked, 0);
}

fn names() {
    let page = page_size();
    let plain = Mapping::anonymous(page).expect("map");
    // A name is no reason for a builder to fail, whether there are names or not.
    let named = Builder::anonymous(page).name("a stack (7)");
    let longest = "n".repeat(79);
    let shown = |mapping: &Mapping| piece(mapping).name;
    match plain.set_name("probe") {
        Ok(()) => {
            assert_eq!(shown(&plain), "[anon:probe]");
            plain.set_name(&longest).expect("the longest");
            assert_eq!(shown(&plain), format!("[anon:{longest}]"));
            plain.set_name("").expect("none");
            let mut checked = 0;
            for builder in [
                named,
                named.guards(1, 1),
                named.align(1 << 20),
                named.lock(true),
            ] {
                let mapping = builder.map().expect("map");
                assert_eq!(shown(&mapping), "[anon:a stack (7)]");
                assert_eq!(
                    piece(&mapping).range.len(),
                    page,
                    "guard pages have no name"
                );
                checked += 1;
            }
            println!("{checked} names");
            assert_ne!(checked, 0);
        }
        Err(Error::Os(Errno::ENOTSUP)) => {
            for builder in [named, named.guards(1, 1)] {
                assert!(shown(&builder.map().expect("map")).is_empty());
            }
            println!("SKIPPED: 1, this kernel was built without names for memory");
        }
        Err(error) => panic!("{error:?}"),
    }
    // An object has a name by itself, on every kernel.
    let object = Builder::object(page).name("an object").map().expect("map");
    assert_eq!(shown(&object), "/memfd:an object (deleted)");
    let object = Builder::object(page).map().expect("map");
    assert_eq!(shown(&object), "/memfd:rawmap (deleted)");
    // A file has its own, and that is no error.
    let file = TestFile::new(page);
    let path = file.path();
    let of_file = Builder::path(&path).name("mine").map().expect("map");
    assert_eq!(shown(&of_file).as_bytes(), path.as_bytes());
    assert_eq!(of_file.set_name("mine"), Err(Errno::ENOTSUP.into()));
    for (name, error) in bad_names() {
        assert_eq!(plain.set_name(&name), Err(error.into()), "{name:?}");
    }
}

fn bad_names() -> Vec<(String, RequestError)> {
    let mut names = vec![
        ("a\0b".into(), RequestError::NameZero),
        ("\0".into(), RequestError::NameZero),
        ("n".repeat(80), RequestError::NameTooLong),
        ("n".repeat(4000), RequestError::NameTooLong),
    ];
    for character in ["\n", "[", "]", "$", "`", "\\", "ä", "\x7f", "\x1b"] {
        names.push((format!("a{character}"), RequestError::NameCharacter));
    }
    names
}

fn larger_pages() {
    let transparent = "/sys/kernel/mm/transparent_hugepage/enabled";
    let mut checked = 0;
    for builder in [
        Builder::anonymous(4 << 20),
        Builder::anonymous(4 << 20).align(1 << 21).guards(1, 1),
    ] {
        assert!(!piece(&builder.map().expect("map")).has("hg"));
        let builder = builder.transparent_huge(true);
        let answer = leaves_nothing("larger pages", || {
            builder.map().map(|mapping| piece(&mapping).has("hg"))
        });
        let expected = if fs::exists(transparent).expect("the folder") {
            Ok(true)
        } else {
            Err(Errno::EINVAL.into())
        };
        assert_eq!(answer, expected);
        checked += 1;
    }
    println!("{checked} mappings");
    assert_ne!(checked, 0);
}

fn huge_pages_of_an_empty_pool() {
    let pool = "/sys/kernel/mm/hugepages/hugepages-2048kB";
    let number = |name: &str| -> Option<usize> {
        let text = fs::read_to_string(format!("{pool}/{name}")).ok()?;
        text.trim().parse().ok()
    };
    let there = [number("free_hugepages"), number("nr_overcommit_hugepages")];
    let builder = Builder::anonymous(1).huge(HugePages::MIB_2);
    let mut refused = 0;
    if there == [Some(0), Some(0)] {
        let at = Placement::FixedNoReplace(ARENA);
        for builder in [
            builder,
            builder.guards(1, 1),
            builder.placement(at),
            builder.placement(at).guards(1, 1),
            builder.align(1 << 22).guards(1 << 21, 0),
        ] {
            let answer = leaves_nothing("huge pages", || builder.map().map(drop));
            assert_eq!(answer, Err(RequestError::NoHugePages.into()), "{builder:?}");
            refused += 1;
        }
    } else {
        println!("SKIPPED: 1, the pool of huge pages is not an empty one: {there:?}");
    }
    // What can be seen without any.
    let place = |at| builder.placement(Placement::FixedNoReplace(at)).map().err();
    assert_eq!(
        place(ARENA + page_size()),
        Some(RequestError::UnalignedAddress.into())
    );
    let file = TestFile::new(1);
    let path = file.path();
    let of_file = Builder::path(&path).huge(HugePages::MIB_2);
    let answer = of_file.offset(page_size() as u64).map();
    assert_eq!(answer.err(), Some(RequestError::UnalignedOffset.into()));
    // Sizes that no processor has.
    for log2 in [1, 3, 11, 13, 40, 62, 63] {
        let huge = HugePages::from_log2(log2).expect("a size");
        for guards in [(0, 0), (1, 1), (0, 1 << log2.min(20))] {
            let builder = builder.huge(huge).guards(guards.0, guards.1);
            let answer = leaves_nothing("a size", || builder.map().map(drop));
            assert!(answer.is_err(), "{huge:?}");
            refused += 1;
        }
    }
    assert_eq!(HugePages::from_log2(0), None);
    assert_eq!(HugePages::from_log2(64), None);
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

fn holds_file(mapping: &Mapping, offset: usize, len: usize) {
    assert_eq!(mapping.len(), len);
    for at in 0..len {
        assert_eq!(byte(mapping, at), byte_at(offset + at), "{at}");
    }
}

/// What is mapped of a file: by path and by descriptor, from an offset, to the end or not.
fn parts_of_files() {
    let page = page_size();
    let len = 3 * page + 5;
    let file = TestFile::new(len);
    let path = file.path();
    let open = file.for_reading();
    // SAFETY: the file stays open.
    let borrowed = unsafe { BorrowedFd::from_raw(open.as_raw_fd()) };
    let owned = object::open(&path, object::Access::Read).expect("open");
    let mut checked = 0;
    let both = [
        Builder::path(&path),
        Builder::descriptor(borrowed),
        Builder::descriptor(&owned),
    ];
    for builder in both {
        for guards in [0, 1] {
            let builder = builder.guards(guards, guards);
            leaves_nothing("parts of a file", || {
                holds_file(&builder.map().expect("all"), 0, len);
                for first in 0..4 {
                    let builder = builder.offset((first * page) as u64);
                    let mapping = builder.map().expect("to the end");
                    holds_file(&mapping, first * page, len - first * page);
                    let mapping = builder.len(5).map().expect("five bytes");
                    holds_file(&mapping, first * page, 5);
                    let mapping = builder.len(5).to_end().map().expect("to the end");
                    holds_file(&mapping, first * page, len - first * page);
                    // Exactly to the end, and no byte more.
                    let rest = builder.len(len - first * page);
                    holds_file(&rest.map().expect("all"), first * page, len - first * page);
                    let more = builder.len(len - first * page + 1);
                    assert_eq!(more.map().err(), Some(RequestError::BeyondEnd.into()));
                    let mapping = more.beyond_end(true).map().expect("one byte more");
                    assert_eq!(byte(&mapping, len - first * page), 0);
                    checked += 5;
                }
            });
        }
    }
    let mapping = Builder::path(&path).offset(page as u64).map().expect("map");
    let (raw, _) = mapping.into_raw();
    assert_eq!(
        raw.attrs().kind(),
        Kind::File {
            offset: page as u64
        }
    );
    // SAFETY: it was given up just now.
    drop(unsafe { Mapping::from_raw(raw) });
    println!("{checked} parts");
    assert_ne!(checked, 0);
}

#[cfg(feature = "std")]
fn a_file_of_the_standard_library() {
    let file = TestFile::new(100);
    let open = file.for_reading();
    let mapping = Builder::descriptor(&open).map().expect("map");
    drop(open);
    holds_file(&mapping, 0, 100);
}

/// A program that runs cannot be opened for writing, by nobody: it tells what a path is opened for.
fn what_a_path_is_opened_for() {
    let program = env::current_exe().expect("the program");
    let program = CString::new(program.as_os_str().as_bytes()).expect("a path");
    let builder = Builder::path(&program).len(100);
    let mut opened = 0;
    for builder in [
        builder,
        builder.prot(READ_WRITE),
        builder.max_prot(READ_WRITE),
        builder.shared(true),
        builder.shared(true).prot(Prot::NONE).max_prot(Prot::READ),
    ] {
        let mapping = leaves_nothing("a program", || {
            builder
                .map()
                .map(|mapping| (mapping.shared(), piece(&mapping).has("mw")))
        });
        let (shared, writable_later) = mapping.expect("for reading");
        // To the kernel, what is private can always be written, and what is shared only if it was opened for it.
        assert_eq!(writable_later, !shared, "{builder:?}");
        opened += 1;
    }
    for builder in [
        builder.shared(true).prot(READ_WRITE),
        builder.shared(true).max_prot(READ_WRITE),
        builder
            .shared(true)
            .prot(Prot::NONE)
            .max_prot(READ_WRITE)
            .guards(1, 1),
    ] {
        let answer = leaves_nothing("a program", || builder.map().map(drop));
        assert_eq!(answer, Err(Errno::ETXTBSY.into()), "{builder:?}");
        opened += 1;
    }
    // A file that can be written is opened for both, and later may be written.
    let file = TestFile::new(page_size());
    let path = file.path();
    let closed = Builder::path(&path).shared(true).max_prot(READ_WRITE);
    let mut mapping = closed.map().expect("for both");
    assert!(piece(&mapping).has("mw"));
    mapping.protect(.., READ_WRITE).expect("later");
    set(&mapping, 3, 99);
    assert_eq!(file.contents()[3], 99);
    let mapping = Builder::path(&path).shared(true).prot(READ_WRITE).map();
    set(&mapping.expect("for both"), 4, 98);
    assert_eq!(file.contents()[3..5], [99, 98]);
    // A descriptor that is open for reading is no way to write.
    let open = file.for_reading();
    // SAFETY: the file stays open.
    let open = unsafe { BorrowedFd::from_raw(open.as_raw_fd()) };
    let writes = Builder::descriptor(open).shared(true).prot(READ_WRITE);
    let answer = leaves_nothing("a descriptor", || writes.map().map(drop));
    assert_eq!(answer, Err(Errno::EACCES.into()));
    println!("{opened} opened");
    assert_ne!(opened, 0);
}

fn objects() {
    let page = page_size();
    let mut checked = 0;
    for builder in [
        Builder::object(page + 5),
        Builder::object(page + 5).guards(1, 1),
        Builder::object(page + 5)
            .prot(Prot::READ)
            .max_prot(READ_WRITE),
        Builder::object(page + 5).offset(page as u64),
    ] {
        leaves_nothing("an object", || {
            let mut mapping = builder.map().expect("map");
            assert!((0..page + 5).all(|at| byte(&mapping, at) == 0));
            mapping.protect(.., READ_WRITE).expect("open");
            assert_eq!(
                writing(mapping.as_mut_ptr().wrapping_add(page)),
                End::Exited(0)
            );
            assert_eq!(byte(&mapping, page), 0x5a);
        });
        checked += 1;
    }
    println!("{checked} objects");
    assert_ne!(checked, 0);
}

/// Each bad input with its own error; nothing is mapped or open afterwards.
fn bad_inputs() {
    let page = page_size();
    let mut refused = 0;
    let mut refuse = |builder: Builder<'_>, error: Error| {
        let answer = leaves_nothing("a bad input", || builder.map().map(drop));
        assert_eq!(answer, Err(error), "{builder:?}");
        refused += 1;
    };
    let memory = Builder::anonymous(page);
    let file = TestFile::new(2 * page + 5);
    let path = file.path();
    let of_file = Builder::path(&path);

    // Lengths.
    for builder in [
        Builder::anonymous(0),
        Builder::anonymous(0).guards(page, page),
        Builder::object(0),
        of_file.len(0),
        memory.to_end(),
    ] {
        refuse(builder, RequestError::Empty.into());
    }
    let longest = isize::MAX as usize;
    for len in [
        longest - page + 2,
        longest,
        longest + 1,
        usize::MAX - page,
        usize::MAX,
    ] {
        for builder in [
            Builder::anonymous(len),
            Builder::anonymous(len).guards(page, page),
            Builder::anonymous(len).align(1 << 21),
            Builder::object(len),
            of_file.len(len),
            of_file.len(len).beyond_end(true),
        ] {
            refuse(builder, RequestError::TooLong.into());
        }
    }
    // As long as a program can have, and there is no room for it.
    refuse(Builder::anonymous(longest - page + 1), Errno::ENOMEM.into());
    for (before, after) in [
        (usize::MAX, 0),
        (0, usize::MAX),
        (usize::MAX, usize::MAX),
        (longest, longest),
        (longest - page, page),
        (0, usize::MAX - 2 * page + 1),
        (usize::MAX - 3 * page, 2 * page),
    ] {
        for builder in [memory, of_file, Builder::object(1), memory.align(1 << 30)] {
            refuse(builder.guards(before, after), RequestError::TooLong.into());
        }
    }
    let object = Builder::object(page);
    refuse(
        object.offset(u64::MAX - page as u64 + 1),
        RequestError::TooLong.into(),
    );
    // Longer than a file can be.
    refuse(object.offset(1 << 63), Errno::EINVAL.into());

    // Places and alignments.
    let fixed = Placement::FixedNoReplace;
    for builder in [memory, of_file, Builder::object(page), memory.guards(1, 1)] {
        refuse(
            builder.placement(fixed(0)),
            RequestError::AddressZero.into(),
        );
        for at in [1, ARENA + 1, ARENA + page - 1, usize::MAX] {
            refuse(
                builder.placement(fixed(at)),
                RequestError::UnalignedAddress.into(),
            );
        }
        let aligned = builder.align(1 << 21);
        refuse(
            aligned.placement(fixed(ARENA + page)),
            RequestError::UnalignedAddress.into(),
        );
        for align in [0, 3, 6, page + 1, 3 * page, usize::MAX] {
            refuse(builder.align(align), RequestError::Alignment.into());
        }
    }
    // No program has the last page of all, nor what lies behind it.
    let last = 0usize.wrapping_sub(page);
    refuse(memory.placement(fixed(last)), Errno::ENOMEM.into());
    refuse(
        Builder::anonymous(2 * page).placement(fixed(last)),
        Errno::EINVAL.into(),
    );
    refuse(
        memory.placement(fixed(last)).guards(0, page),
        Errno::EINVAL.into(),
    );
    refuse(memory.align(1 << 63), Errno::ENOMEM.into());

    // Offsets.
    for offset in [1, page as u64 - 1, page as u64 + 1, u64::MAX] {
        refuse(of_file.offset(offset), RequestError::UnalignedOffset.into());
        refuse(memory.offset(offset), RequestError::UnalignedOffset.into());
    }
    let pages = page as u64;
    for offset in [3 * pages, 4 * pages, 1 << 40, 1 << 63, u64::MAX - pages + 1] {
        refuse(of_file.offset(offset), RequestError::OffsetBeyondEnd.into());
        refuse(
            of_file.offset(offset).len(1),
            RequestError::OffsetBeyondEnd.into(),
        );
    }
    for (offset, len) in [
        (0, 2 * page + 6),
        (0, 3 * page),
        (pages, page + 6),
        (2 * pages, 6),
    ] {
        refuse(
            of_file.offset(offset).len(len),
            RequestError::BeyondEnd.into(),
        );
    }
    let whole = TestFile::new(2 * page);
    let of_whole = whole.path();
    refuse(
        Builder::path(&of_whole).offset(2 * pages),
        RequestError::OffsetBeyondEnd.into(),
    );
    let beyond = of_file.beyond_end(true).len(page);
    refuse(beyond.offset(1 << 63), Errno::EOVERFLOW.into());
    refuse(beyond.offset(u64::MAX - pages + 1), Errno::EOVERFLOW.into());
    refuse(
        beyond.offset((i64::MAX as u64) & !(pages - 1)),
        Errno::EOVERFLOW.into(),
    );

    // What is no file, or none that could be mapped.
    let empty = TestFile::new(0);
    let of_empty = empty.path();
    for builder in [Builder::path(&of_empty), Builder::path(&of_empty).len(1)] {
        refuse(builder, RequestError::EmptyFile.into());
        refuse(builder.guards(1, 1), RequestError::EmptyFile.into());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let within = |name: &str| {
        let path = folder.path().join(name);
        CString::new(path.as_os_str().as_bytes()).expect("a path")
    };
    let of_folder = within("");
    for builder in [
        Builder::path(&of_folder),
        Builder::path(&of_folder).len(page),
    ] {
        refuse(builder, RequestError::Directory.into());
        let writes = builder.shared(true).prot(READ_WRITE);
        refuse(writes, RequestError::Directory.into());
    }
    refuse(Builder::path(&within("nothing")), Errno::ENOENT.into());
    refuse(Builder::path(c""), Errno::ENOENT.into());
    let mut below_a_file = path.clone().into_bytes();
    below_a_file.extend(b"/more");
    let below_a_file = CString::new(below_a_file).expect("a path");
    refuse(Builder::path(&below_a_file), Errno::ENOTDIR.into());
    let endless = CString::new(vec![b'a'; 5000]).expect("a path");
    refuse(Builder::path(&endless), Errno::ENAMETOOLONG.into());

    let fifo = within("fifo");
    // SAFETY: the path ends with a zero.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o600) }, 0);
    // It is not waited for anybody to open the other end.
    refuse(Builder::path(&fifo), RequestError::NoLength.into());
    refuse(Builder::path(&fifo).len(page), Errno::ENODEV.into());
    let socket = within("socket");
    let listener = UnixListener::bind(folder.path().join("socket")).expect("a socket");
    refuse(Builder::path(&socket), Errno::ENXIO.into());
    let device = Builder::path(c"/dev/null");
    refuse(device, RequestError::NoLength.into());
    refuse(device.len(page), Errno::ENODEV.into());

    let mut pipe = [0 as c_int; 2];
    // SAFETY: there is room for both descriptors.
    let made = unsafe { libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC) };
    assert_eq!(made, 0);
    for (open, error) in [
        (pipe[0], Errno::ENODEV),
        // This end cannot be read.
        (pipe[1], Errno::EACCES),
        (listener.as_raw_fd(), Errno::ENODEV),
    ] {
        // SAFETY: it stays open.
        let open = Builder::descriptor(unsafe { BorrowedFd::from_raw(open) });
        refuse(open, RequestError::NoLength.into());
        refuse(open.len(page), error.into());
        refuse(open.len(page).beyond_end(true).guards(1, 1), error.into());
    }
    for closed in [-1, 10_000] {
        // SAFETY: whoever gives a number that is none takes what comes of it, which is an error.
        let closed = Builder::descriptor(unsafe { BorrowedFd::from_raw(closed) });
        refuse(closed, Errno::EBADF.into());
        refuse(closed.len(page), Errno::EBADF.into());
        refuse(closed.len(page).beyond_end(true), Errno::EBADF.into());
    }
    for end in pipe {
        // SAFETY: it is the test's.
        assert_eq!(unsafe { libc::close(end) }, 0);
    }

    // Names.
    for (name, error) in bad_names() {
        for builder in [memory, of_file, Builder::object(page), memory.guards(1, 1)] {
            refuse(builder.name(&name), error.into());
        }
    }
    // Flags that are not for everyone.
    refuse(memory.flags(MapFlags::FIXED), Errno::EINVAL.into());
    println!("{refused} refused");
    assert!(refused > 150);

    // Only private anonymous memory is reserved.
    let mut not_reserved = 0;
    for builder in [memory.shared(true), of_file, Builder::object(page)] {
        let answer = leaves_nothing("a reservation", || builder.reserve().map(drop));
        assert_eq!(answer, Err(Errno::ENOTSUP.into()));
        not_reserved += 1;
    }
    assert_ne!(not_reserved, 0);
}

/// As many descriptors as there may be: the path cannot be opened, and nothing is left.
fn no_descriptor_is_free() {
    let file = TestFile::new(page_size());
    let path = file.path();
    let end = in_child(|| {
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the structure is read.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &none) }, 0);
        let refusals = [Builder::path(&path), Builder::object(page_size())];
        let refused = refusals
            .into_iter()
            .filter(|builder| builder.map().err() == Some(Errno::EMFILE.into()));
        refused.count() as i32
    });
    println!("{end:?}");
    assert_eq!(end, End::Exited(2));
}

fn main() {
    alone::run([
        ("protections", protections),
        ("what_can_be_done_later", what_can_be_done_later),
        ("shared_or_private", shared_or_private),
        ("places", places),
        ("alignments", alignments),
        ("guard_pages", guard_pages),
        ("pages_that_are_there_at_once", pages_that_are_there_at_once),
        ("core_dumps", core_dumps),
        ("what_children_find", what_children_find),
        ("names", names),
        ("larger_pages", larger_pages),
        ("huge_pages_of_an_empty_pool", huge_pages_of_an_empty_pool),
        ("parts_of_files", parts_of_files),
        #[cfg(feature = "std")]
        (
            "a_file_of_the_standard_library",
            a_file_of_the_standard_library,
        ),
        ("what_a_path_is_opened_for", what_a_path_is_opened_for),
        ("objects", objects),
        ("bad_inputs", bad_inputs),
        ("no_descriptor_is_free", no_descriptor_is_free),
    ]);
}
