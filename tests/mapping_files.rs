//! Files and objects as others see them, and as they become: shorter, longer, gone; written by way of a mapping, and by
//! others.
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
    ffi::CString,
    fs::File,
    io::{PipeReader, PipeWriter, Read, Write, pipe},
    os::fd::AsRawFd,
    sync::atomic::Ordering::{Acquire, Relaxed, Release},
};

use child::{End, in_child, reading, writing};
use file::{TestFile, byte_at};
use leaves_nothing::leaves_nothing;
use nix::sys::signal::Signal;
use rawmap::{
    BorrowedFd, Errno, MemfdFlags, OwnedFd, Prot,
    mapping::{Builder, Mapping},
    object::{self, Access},
    page_size, raw,
    space::SyncMode,
};

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
const BEHIND_THE_END: End = End::Killed(Signal::SIGBUS);

fn borrowed(file: &File) -> BorrowedFd<'_> {
    // SAFETY: it is open for as long as it is borrowed.
    unsafe { BorrowedFd::from_raw(file.as_raw_fd()) }
}

fn page_of(mapping: &Mapping, page: usize) -> *mut u8 {
    mapping.as_mut_ptr().wrapping_add(page * page_size())
}

fn contents(mapping: &Mapping) -> Vec<u8> {
    let mut bytes = vec![0; mapping.len()];
    // SAFETY: the test asks where it can be read.
    let view = unsafe { mapping.view::<u8>(..) }.expect("all");
    view.copy_to(0, &mut bytes).expect("all");
    bytes
}

fn set(mapping: &Mapping, at: usize, byte: u8) {
    // SAFETY: the test writes where it can be written, and nothing refers to it.
    let view = unsafe { mapping.view_mut::<u8>(..) }.expect("all");
    view.store(at, byte, Relaxed).expect("within");
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(byte_at).collect()
}

fn a_file_becomes_shorter() {
    let page = page_size();
    let mut killed = 0;
    for shared in [false, true] {
        for new_len in [0, 1, page, page + 1, 3 * page - 1, 3 * page] {
            let file = TestFile::new(4 * page);
            let open = file.for_both();
            let builder = Builder::descriptor(borrowed(&open)).prot(READ_WRITE);
            let mapping = builder.shared(shared).guards(1, 1).map().expect("map");
            object::set_len(borrowed(&open), new_len as u64).expect("shorter");
            // The page in which it ends now is there, and reads as zero behind the end.
            let there = new_len.div_ceil(page);
            for at in 0..4 {
                let (reads, writes) = if at < there {
                    (End::Exited(byte_at(at * page).into()), End::Exited(0))
                } else {
                    (BEHIND_THE_END, BEHIND_THE_END)
                };
                let start = page_of(&mapping, at);
                assert_eq!(reading(start), reads, "{at} of {new_len}");
                assert_eq!(writing(start.wrapping_add(page - 1)), writes);
                killed += 2 * usize::from(at >= there);
            }
            // What is behind the mapping is something else.
            assert_eq!(reading(page_of(&mapping, 4)), End::Killed(Signal::SIGSEGV));
            // Ranges are those of the mapping still.
            mapping.sync(.., SyncMode::Wait).expect("sync");
        }
    }
    println!("{killed} killed");
    assert_ne!(killed, 0);
}

fn a_file_becomes_longer() {
    let page = page_size();
    let mut checked = 0;
    for shared in [false, true] {
        let file = TestFile::new(page + 5);
        let path = file.path();
        let builder = Builder::path(&path).len(4 * page).beyond_end(true);
        let mapping = builder.shared(shared).map().expect("map");
        for at in [2, 3] {
            assert_eq!(reading(page_of(&mapping, at)), BEHIND_THE_END);
        }
        let open = file.for_both();
        object::set_len(borrowed(&open), 4 * page as u64).expect("longer");
        for at in [2, 3] {
            assert_eq!(reading(page_of(&mapping, at)), End::Exited(0));
        }
        let bytes = contents(&mapping);
        assert_eq!(bytes[..page + 5], pattern(page + 5));
        assert!(bytes[page + 5..].iter().all(|&byte| byte == 0));
        // Whoever maps it now to its end gets all of it.
        assert_eq!(Builder::path(&path).map().expect("map").len(), 4 * page);
        checked += 1;
    }
    // An empty one, if it is said that the mapping is beyond the end.
    let file = TestFile::new(0);
    let path = file.path();
    let mapping = Builder::path(&path)
        .len(page)
        .beyond_end(true)
        .map()
        .expect("map");
    assert_eq!(reading(mapping.as_ptr()), BEHIND_THE_END);
    object::set_len(borrowed(&file.for_both()), 1).expect("longer");
    assert_eq!(reading(mapping.as_ptr()), End::Exited(0));
    println!("{checked} checked");
    assert_ne!(checked, 0);
}

fn a_file_vanishes() {
    let page = page_size();
    let len = 2 * page + 5;
    for shared in [false, true] {
        let file = TestFile::new(len);
        let path = file.path();
        let mapping = Builder::path(&path).prot(READ_WRITE).shared(shared).map();
        let mapping = mapping.expect("map");
        drop(file);
        assert_eq!(Builder::path(&path).map().err(), Some(Errno::ENOENT.into()));
        assert_eq!(contents(&mapping), pattern(len));
        set(&mapping, 2 * page, 99);
        mapping.sync(.., SyncMode::Wait).expect("sync");
        assert_eq!(contents(&mapping)[2 * page], 99);
        let shown = smaps::piece(mapping.as_ptr().addr()).expect("it");
        assert!(shown.name.ends_with(" (deleted)"), "{shown:?}");
    }
}

fn wait_for(turn: &mut PipeReader) {
    turn.read_exact(&mut [0]).expect("a turn");
}

fn your_turn(turn: &mut PipeWriter) {
    turn.write_all(&[0]).expect("a turn");
}

/// A parent and its child take turns, told by pipes, and each finds what the other has written.
fn parent_and_child() {
    const ROUNDS: u64 = 100;
    let page = page_size();
    let mut exchanged = 0;
    for builder in [
        Builder::anonymous(2 * page).shared(true),
        Builder::anonymous(2 * page)
            .shared(true)
            .align(1 << 16)
            .guards(1, 1),
        Builder::object(2 * page),
    ] {
        let mapping = builder.map().expect("map");
        // SAFETY: it can be read and written for as long as it is there, and both use this width.
        let words = unsafe { mapping.view_mut::<u64>(..) }.expect("words");
        let (mut child_waits, mut to_child) = pipe().expect("a pipe");
        let (mut parent_waits, mut to_parent) = pipe().expect("a pipe");
        // A child of the child is the other one, so that this process may wait for both to be over: whoever fails closes its
        // pipes, and the other one fails too.
        let words = &words;
        let end = in_child(move || {
            // SAFETY: one thread, as everywhere here.
            if unsafe { nix::unistd::fork() }.expect("fork").is_child() {
                drop((to_child, parent_waits));
                for round in 1..=ROUNDS {
                    wait_for(&mut child_waits);
                    assert_eq!(words.load(0, Acquire), Some(round));
                    words
                        .store(words.len() - 1, round * 3, Relaxed)
                        .expect("within");
                    words.store(1, round, Release).expect("within");
                    your_turn(&mut to_parent);
                }
            } else {
                drop((to_parent, child_waits));
                for round in 1..=ROUNDS {
                    words.store(0, round, Release).expect("within");
                    your_turn(&mut to_child);
                    wait_for(&mut parent_waits);
                    assert_eq!(words.load(1, Acquire), Some(round));
                    assert_eq!(words.load(words.len() - 1, Relaxed), Some(round * 3));
                }
            }
            0
        });
        assert_eq!(end, End::Exited(0));
        // What both have written is there after both are gone.
        assert_eq!(
            (words.load(0, Acquire), words.load(1, Acquire)),
            (Some(ROUNDS), Some(ROUNDS))
        );
        exchanged += words.load(1, Acquire).expect("within");
    }
    println!("{exchanged} exchanged");
    assert_eq!(exchanged, 3 * ROUNDS);
}

fn written_by_way_of_a_mapping() {
    let page = page_size();
    let len = 3 * page + 5;
    let mut written = 0;
    for (builder_offset, at) in [(0, 0), (0, page + 3), (page, len - page - 1), (3 * page, 4)] {
        for guards in [0, 1] {
            leaves_nothing("a shared file", || {
                let file = TestFile::new(len);
                let path = file.path();
                let builder = Builder::path(&path).offset(builder_offset as u64);
                let builder = builder.prot(READ_WRITE).shared(true).guards(guards, guards);
                let mapping = builder.map().expect("map");
                let mut expected = pattern(len);
                assert_eq!(contents(&mapping), expected[builder_offset..]);
                set(&mapping, at, 200);
                expected[builder_offset + at] = 200;
                mapping.sync(.., SyncMode::Start).expect("sync");
                mapping.sync(.., SyncMode::Wait).expect("sync");
                mapping.sync_and_invalidate(..).expect("sync");
                assert_eq!(file.contents(), expected);
                set(&mapping, at, 201);
                expected[builder_offset + at] = 201;
                // Behind the end of the file, in its last page: that is not the file's.
                let last = mapping.as_mut_ptr().wrapping_add(mapping.len());
                // SAFETY: the page is the mapping's, and no other code looks behind the end.
                unsafe { last.write_volatile(1) };
                mapping.unmap().expect("unmap");
                assert_eq!(file.contents(), expected);
                written += 2;
            });
        }
    }
    println!("{written} written");
    assert_ne!(written, 0);
}

fn written_by_others() {
    let file = TestFile::new(100);
    let path = file.path();
    let shared = Builder::path(&path).shared(true).map().expect("map");
    let twin = Builder::path(&path).prot(READ_WRITE).shared(true).map();
    let twin = twin.expect("map");
    let mut open = file.for_both();
    open.write_all(&[3, 4]).expect("write");
    assert_eq!(contents(&shared)[..3], [3, 4, byte_at(2)]);
    set(&twin, 0, 5);
    assert_eq!(contents(&shared)[..3], [5, 4, byte_at(2)]);
}

fn a_private_mapping_keeps_it_to_itself() {
    let page = page_size();
    let file = TestFile::new(2 * page);
    let path = file.path();
    let open = object::open(&path, Access::Read).expect("open");
    let mut checked = 0;
    for builder in [Builder::path(&path), Builder::descriptor(&open)] {
        let mapping = builder.prot(READ_WRITE).map().expect("map");
        assert!(!mapping.shared());
        let twin = builder.map().expect("map");
        set(&mapping, page, 99);
        mapping
            .sync(.., SyncMode::Wait)
            .expect("nothing to be written");
        assert_eq!(contents(&mapping)[page], 99);
        assert_eq!(contents(&twin), pattern(2 * page));
        drop(mapping);
        assert_eq!(file.contents(), pattern(2 * page));
        checked += 1;
    }
    println!("{checked} checked");
    assert_ne!(checked, 0);
}

fn without_its_descriptor() {
    let page = page_size();
    let file = TestFile::new(page + 5);
    let open = object::open(&file.path(), Access::ReadWrite).expect("open");
    let number = open.as_raw();
    let builder = Builder::descriptor(&open).prot(READ_WRITE).shared(true);
    let mapping = builder.map().expect("map");
    open.close().expect("close");
    // SAFETY: the number is asked about, and nothing is done with it.
    let closed = object::kind(unsafe { BorrowedFd::from_raw(number) });
    assert_eq!(closed, Err(Errno::EBADF));
    assert_eq!(contents(&mapping), pattern(page + 5));
    set(&mapping, 3, 99);
    drop(mapping);
    assert_eq!(file.contents()[3], 99);

    let memory = object::memory(c"mine", 2 * page as u64).expect("an object");
    let mapping = Builder::descriptor(&memory)
        .prot(READ_WRITE)
        .shared(true)
        .map();
    let mapping = mapping.expect("map");
    let twin = Builder::descriptor(&memory).map().expect("map");
    drop(memory);
    set(&mapping, page, 7);
    assert_eq!(contents(&twin)[page], 7);
    let shown = smaps::piece(twin.as_ptr().addr()).expect("it");
    assert_eq!(shown.name, "/memfd:mine (deleted)");
}

fn what_descriptors_are_of() {
    let file = TestFile::new(1234);
    let path = file.path();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = CString::new(folder.path().to_str().expect("a name")).expect("a path");
    let open = |path, access| object::open(path, access);
    let kind = |path| object::kind(open(path, Access::Read).expect("open").borrow());
    leaves_nothing("descriptors", || {
        assert_eq!(kind(&path), Ok(object::Kind::File(1234)));
        assert_eq!(kind(&folder), Ok(object::Kind::Directory));
        assert_eq!(kind(c"/dev/null"), Ok(object::Kind::Other));
        let (reader, _writer) = pipe().expect("a pipe");
        // SAFETY: it is open.
        let reader = unsafe { BorrowedFd::from_raw(reader.as_raw_fd()) };
        assert_eq!(object::kind(reader), Ok(object::Kind::Other));
        assert_eq!(
            open(c"/nothing/here", Access::Read).err(),
            Some(Errno::ENOENT)
        );
        assert_eq!(open(&folder, Access::ReadWrite).err(), Some(Errno::EISDIR));
        assert_eq!(
            open(c"/dev/null/more", Access::Read).err(),
            Some(Errno::ENOTDIR)
        );

        // Lengths.
        let of_file = open(&path, Access::ReadWrite).expect("open");
        for len in [0, 1, 100_000, 5] {
            object::set_len(of_file.borrow(), len).expect("a length");
            assert_eq!(object::kind(of_file.borrow()), Ok(object::Kind::File(len)));
        }
        assert_eq!(file.contents(), [0; 5]);
        assert_eq!(
            object::set_len(of_file.borrow(), 1 << 63),
            Err(Errno::EINVAL)
        );
        let read_only = open(&path, Access::Read).expect("open");
        assert_eq!(object::set_len(read_only.borrow(), 1), Err(Errno::EINVAL));
        assert_eq!(object::set_len(reader, 1), Err(Errno::EINVAL));

        // Objects of memory.
        for len in [0, 1, 1 << 40] {
            let memory = object::memory(c"", len).expect("an object");
            assert_eq!(object::kind(memory.borrow()), Ok(object::Kind::File(len)));
            // SAFETY: the flags are read.
            let flags = unsafe { libc::fcntl(memory.as_raw(), libc::F_GETFD) };
            assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        }
        assert_eq!(object::memory(c"mine", 1 << 63).err(), Some(Errno::EINVAL));
        let too_long = CString::new(vec![b'n'; 250]).expect("a name");
        assert_eq!(object::memory(&too_long, 1).err(), Some(Errno::EINVAL));
    });
}

fn sealed_objects() {
    let page = page_size();
    // SAFETY: the name ends with a zero, and nobody else has the descriptor.
    let memory = unsafe {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        OwnedFd::from_raw(raw::memfd_create(c"sealed".as_ptr(), flags).expect("an object"))
    };
    object::set_len(memory.borrow(), page as u64).expect("a length");
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;
    // SAFETY: the seals are a number.
    let sealed = unsafe { libc::fcntl(memory.as_raw(), libc::F_ADD_SEALS, seals) };
    assert_eq!(sealed, 0);
    for len in [0, 2 * page as u64] {
        assert_eq!(object::set_len(memory.borrow(), len), Err(Errno::EPERM));
    }
    let builder = Builder::descriptor(&memory).prot(READ_WRITE);
    let answer = leaves_nothing("a seal", || builder.shared(true).map().map(drop));
    assert_eq!(answer, Err(Errno::EPERM.into()));
    let private = builder.map().expect("a private one");
    set(&private, 0, 1);
    let twin = Builder::descriptor(&memory).map().expect("to be read");
    assert_eq!((contents(&private)[0], contents(&twin)[0]), (1, 0));
}

fn main() {
    alone::run([
        ("a_file_becomes_shorter", a_file_becomes_shorter),
        ("a_file_becomes_longer", a_file_becomes_longer),
        ("a_file_vanishes", a_file_vanishes),
        ("parent_and_child", parent_and_child),
        ("written_by_way_of_a_mapping", written_by_way_of_a_mapping),
        ("written_by_others", written_by_others),
        (
            "a_private_mapping_keeps_it_to_itself",
            a_private_mapping_keeps_it_to_itself,
        ),
        ("without_its_descriptor", without_its_descriptor),
        ("what_descriptors_are_of", what_descriptors_are_of),
        ("sealed_objects", sealed_objects),
    ]);
}
