//! What an owner can be made into, and back: bytes, raw mappings, seals, and what others make of it and of its errors.
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

use child::{End, FORBIDDEN, in_child, reading, writing};
use file::{TestFile, byte_at};
use leaves_nothing::leaves_nothing;
use numbered_pages::{ARENA, READ_WRITE, at, get, numbered, pages, set};
use rawmap::{
    Errno, Inherit, Prot,
    mapping::{
        Builder, Error, Map, MapMut, Mapping, RangeError, RequestError, Reservation, View, ViewMut,
    },
    page_size,
    space::Kernel,
};
use smaps::permissions;

/// What may be borrowed as bytes, and what may not.
fn references() {
    let page = page_size();
    let file = TestFile::new(page);
    let path = file.path();
    let memory = Builder::anonymous(page);
    let (mut given, mut refused) = (0, 0);
    for (builder, reads, writes) in [
        (memory, true, true),
        (memory.guards(1, 1), true, true),
        (memory.conceal(true).lock(true), true, true),
        (memory.prot(Prot::READ), true, false),
        (memory.prot(Prot::NONE), false, false),
        (memory.prot(Prot::EXEC), false, false),
        (memory.shared(true), false, false),
        (memory.inherit(Inherit::NONE), false, false),
        (memory.inherit(Inherit::ZERO), false, false),
        (Builder::path(&path), false, false),
        (Builder::path(&path).prot(READ_WRITE), false, false),
        (
            Builder::path(&path).prot(READ_WRITE).shared(true),
            false,
            false,
        ),
        (Builder::object(page), false, false),
        (Builder::object(page).shared(false), false, false),
    ] {
        leaves_nothing("a reference", || {
            let mapping = builder.map().expect("map");
            let (region, prot) = (mapping.region(), mapping.prot());
            let mapping = match mapping.into_map() {
                Ok(map) => {
                    assert!(reads, "{builder:?}");
                    given += 1;
                    assert_eq!(map.len(), page);
                    map.into_mapping()
                }
                Err(error) => {
                    assert!(!reads, "{builder:?}");
                    assert_eq!(error.error(), RequestError::NoReference.into());
                    refused += 1;
                    error.into_owner()
                }
            };
            assert_eq!((mapping.region(), mapping.prot()), (region, prot));
            match mapping.into_map_mut() {
                Ok(mut map) => {
                    assert!(writes, "{builder:?}");
                    given += 1;
                    map.fill(3);
                }
                Err(error) => {
                    assert!(!writes, "{builder:?}");
                    assert_eq!(error.error(), RequestError::NoReference.into());
                    refused += 1;
                    assert_eq!(error.into_owner().region(), region);
                }
            }
        });
    }
    // A policy that was changed later, and back.
    let mut mapping = pages(1);
    mapping.inherit(Inherit::ZERO).expect("a policy");
    mapping = mapping.into_map().expect_err("wiped").into_owner();
    mapping.inherit(Inherit::COPY).expect("as before");
    mapping.into_map().expect("copied");
    println!("{given} given, {refused} refused");
    assert!(given != 0 && refused != 0);
}

fn bytes_and_back() {
    let page = page_size();
    let mut bytes = MapMut::anonymous(2 * page + 5).expect("map");
    assert_eq!(bytes.len(), 2 * page + 5);
    bytes.fill(7);
    bytes.clear(page..).expect("clear");
    assert!(bytes[..page].iter().all(|&byte| byte == 7));
    assert!(bytes[page..].iter().all(|&byte| byte == 0));
    assert_eq!(bytes.clear(1..page), Err(RangeError::Unaligned.into()));
    let bytes = bytes.into_map().expect("closed");
    assert_eq!(permissions(bytes.as_mapping()), "r--p");
    assert_eq!(writing(bytes.as_ptr().cast_mut()), FORBIDDEN);
    assert_eq!(bytes[page - 1], 7);
    let mut bytes = bytes.into_map_mut().expect("open");
    assert_eq!(permissions(bytes.as_mapping()), "rw-p");
    bytes[0] = 8;
    assert_eq!((bytes.as_ref()[0], bytes.as_mut()[1]), (8, 7));
    let mapping = bytes.into_mapping();
    assert_eq!(mapping.prot(), Some(READ_WRITE));
    let bytes = mapping.into_map().expect("bytes");
    assert_eq!(bytes.as_ref().len(), 2 * page + 5);
    let start = bytes.as_ptr();
    bytes.unmap().expect("unmap");
    assert_eq!(reading(start), FORBIDDEN);
    MapMut::anonymous(1).expect("map").unmap().expect("unmap");
    assert_eq!(MapMut::anonymous(0).err(), Some(RequestError::Empty.into()));
    assert_eq!(
        MapMut::anonymous(usize::MAX).err(),
        Some(RequestError::TooLong.into())
    );

    // What may never be written is not opened.
    let closed = Builder::anonymous(page)
        .prot(Prot::READ)
        .max_prot(Prot::READ);
    let bytes = closed.map().expect("map").into_map().expect("bytes");
    let refused = bytes.into_map_mut().expect_err("never");
    assert_eq!(refused.error(), RequestError::BeyondMaximum.into());
    assert_eq!(get(&refused.into_owner(), 0), 0);
    // Nor what is only written closed for it, if it may not be read.
    let written = Builder::anonymous(page)
        .max_prot(Prot::WRITE)
        .prot(Prot::WRITE);
    let refused = written
        .map()
        .expect("map")
        .into_map_mut()
        .expect_err("not read");
    assert_eq!(refused.error(), RequestError::NoReference.into());

    // The unsafe ways.
    let file = TestFile::new(page + 5);
    let path = file.path();
    let fd = rawmap::object::open(&path, rawmap::object::Access::ReadWrite).expect("open");
    // SAFETY: nobody else has the file.
    unsafe {
        let map = Map::path(&path).expect("map");
        assert!(
            map.iter()
                .enumerate()
                .all(|(at, &byte)| byte == byte_at(at))
        );
        assert_eq!(Map::file(&fd).expect("map")[..], map[..]);
        let refused = map.into_map_mut().expect_err("private, to be read");
        assert_eq!(refused.error(), RequestError::BeyondMaximum.into());
        drop(refused);
        let mut map = MapMut::path(&path).expect("map");
        map[3] = 77;
        drop(map);
        assert_eq!(file.contents()[3], 77);
        let mut map = MapMut::file(&fd).expect("map");
        map[3] = 78;
        drop(map);
        assert_eq!(file.contents()[3], 78);
        let shared = Builder::anonymous(page).shared(true).map().expect("map");
        let mut shared = shared.assume_map_mut().expect("bytes");
        shared[0] = 1;
        let closed = pages(1).into_map().expect("bytes").into_mapping();
        assert!(closed.assume_map().is_ok());
        let none = Builder::anonymous(page)
            .prot(Prot::NONE)
            .map()
            .expect("map");
        let none = none.assume_map().expect_err("not readable").into_owner();
        assert!(none.assume_map_mut().is_err());
    }
}

fn giving_up_and_taking_over() {
    let page = page_size();
    leaves_nothing("raw mappings", || {
        let builder = Builder::anonymous(page + 5).guards(1, 1);
        let mapping = builder.map().expect("map");
        set(&mapping, 1, 9);
        let (region, guards) = (mapping.region(), mapping.guards());
        let (raw, Kernel) = mapping.into_raw();
        assert_eq!(raw.region(), region);
        assert_eq!(raw.whole().start(), region.start() - page);
        assert_eq!(raw.whole().len(), 4 * page);
        assert_eq!(raw.attrs().prot(), READ_WRITE);
        // SAFETY: it was given up just now.
        let mapping = unsafe { Mapping::from_raw(raw) };
        assert_eq!((mapping.region(), mapping.guards()), (region, guards));
        assert_eq!(get(&mapping, 1), 9);
        mapping.unmap().expect("unmap");
        let piece = |at| smaps::piece(at);
        assert!(piece(region.start()).is_none() && piece(region.start() - page).is_none());
        // SAFETY: as above.
        let mapping = unsafe { Mapping::from_raw_in(pages(1).into_raw().0, &Kernel) };
        assert_eq!(mapping.space(), &&Kernel);
    });
}

/// A seal is for as long as the process lives: it is a child's.
fn seals() {
    let page = page_size();
    let end = in_child(|| {
        let builder = Builder::anonymous(2 * page)
            .guards(page, page)
            .placement(at(10));
        let mapping = builder.map().expect("map");
        set(&mapping, 1, 9);
        let region = match mapping.seal() {
            Ok(region) => region,
            Err(refused) => {
                assert_eq!(refused.error(), Errno::ENOTSUP.into());
                let owner = refused.into_owner();
                assert_eq!(get(&owner, 1), 9);
                return 2;
            }
        };
        assert_eq!(
            (region.start(), region.len()),
            (ARENA + 10 * page, 2 * page)
        );
        let mut refused = 0;
        for page_at in [9, 10, 11, 12] {
            let start = std::ptr::with_exposed_provenance_mut(ARENA + page_at * page);
            // SAFETY: the pages are sealed, and nothing refers to them if they are not.
            unsafe {
                for answer in [
                    rawmap::raw::munmap(start, page),
                    rawmap::raw::mprotect(start, page, Prot::READ),
                ] {
                    assert_eq!(answer, Err(Errno::EPERM), "{page_at}");
                    refused += 1;
                }
            }
        }
        // SAFETY: it can be read and written still.
        assert_eq!(unsafe { region.as_ptr().cast::<u8>().add(page).read() }, 9);
        assert_ne!(refused, 0);
        0
    });
    match end {
        End::Exited(0) => println!("1 sealed"),
        End::Exited(2) => println!("SKIPPED: 1, this kernel has no seals for memory"),
        other => panic!("{other:?}"),
    }
}

fn what_is_shown() {
    let page = page_size();
    let mut mapping = numbered(2, at(0));
    let shown = format!("{mapping:?}");
    for part in [
        "Mapping",
        "0x2b00000000",
        "len: 8192",
        "prot: Some(",
        "shared: false",
        "Anonymous",
    ] {
        assert!(shown.contains(part) || page != 4096, "{part}: {shown}");
    }
    mapping.protect(..page, Prot::READ).expect("a part");
    assert!(format!("{mapping:?}").contains("prot: None"));
    mapping.protect(.., READ_WRITE).expect("all");
    let bytes = mapping.into_map_mut().expect("bytes");
    assert!(format!("{bytes:?}").starts_with("MapMut(Mapping"));
    let bytes = bytes.into_map().expect("bytes");
    assert!(format!("{bytes:?}").starts_with("Map(Mapping"));
    let mapping = bytes.into_mapping();
    // SAFETY: the memory can be read and written, and nobody refers to it.
    unsafe {
        let view: View<'_, u32> = mapping.view(..).expect("all");
        assert!(format!("{view:?}").ends_with("2048 units of 4 bytes)") || page != 4096);
        let view: ViewMut<'_, u64> = mapping.view_mut(..8).expect("all");
        assert!(format!("{view:?}").ends_with("1 units of 8 bytes)"));
    }
    let reservation = Reservation::new(page).expect("reserve");
    assert!(format!("{reservation:?}").starts_with("Reservation(0x"));
    let refused = pages(1).into_raw().0;
    assert!(format!("{refused:?}").starts_with("RawMapping"));
    // SAFETY: it was given up just now.
    drop(unsafe { Mapping::from_raw(refused) });
    let mut messages = Vec::new();
    for error in [
        Error::Range(RangeError::Start),
        Error::Range(RangeError::End),
        Error::Request(RequestError::Mixed),
        Error::Os(Errno::ENOMEM),
    ] {
        messages.push(error.to_string());
    }
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), 4);
}

/// Any of them may be sent to another thread, and used by several.
fn threads() {
    const fn sent_and_shared<T: Send + Sync>() {}
    const {
        sent_and_shared::<Mapping>();
        sent_and_shared::<Mapping<&'static Kernel>>();
        sent_and_shared::<Map>();
        sent_and_shared::<MapMut>();
        sent_and_shared::<Reservation>();
        sent_and_shared::<View<'static, u64>>();
        sent_and_shared::<ViewMut<'static, u8>>();
        sent_and_shared::<Error>();
    }
}

#[cfg(feature = "std")]
fn errors_of_the_standard_library() {
    use std::io;
    let of = |error: Error| io::Error::from(error);
    let error = of(Errno::ENOENT.into());
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(error.raw_os_error(), Some(Errno::ENOENT.raw_os_error()));
    let mut converted = 0;
    for error in [
        Error::Range(RangeError::Unaligned),
        Error::Request(RequestError::Empty),
    ] {
        let io = of(error);
        assert_eq!(io.kind(), io::ErrorKind::InvalidInput);
        let inner = io.get_ref().expect("the error itself");
        assert_eq!(inner.downcast_ref::<Error>(), Some(&error));
        converted += 1;
    }
    assert_eq!(converted, 2);
    // By `?`, from a file that the library opened.
    let file = TestFile::new(5);
    let map = || -> io::Result<usize> {
        let file = file.for_both();
        let mapping = Builder::descriptor(&file)
            .shared(true)
            .prot(READ_WRITE)
            .map()?;
        // SAFETY: nobody else has the file.
        let bytes = unsafe { MapMut::file(&file)? };
        Ok(mapping.len() + bytes.len())
    };
    assert_eq!(map().expect("map"), 10);
}

#[cfg(feature = "zerocopy")]
fn elements_of_a_type() {
    let page = page_size();
    let mut bytes = MapMut::anonymous(page + 5).expect("map");
    bytes.elements_mut::<u32>(..page).expect("words")[3] = 0x0403_0201;
    assert_eq!(bytes[12..16], 0x0403_0201u32.to_ne_bytes());
    assert_eq!(bytes.elements::<u32>(12..16), Ok(&[0x0403_0201][..]));
    assert_eq!(bytes.elements::<[u8; 3]>(12..15), Ok(&[[1, 2, 3]][..]));
    let mut refused = 0;
    for (range, error) in [
        // Of the length, which is no multiple.
        (0..page + 5, RangeError::Unaligned),
        (4..12, RangeError::Unaligned),
        (0..4, RangeError::Unaligned),
        (0..page + 6, RangeError::End),
        (page + 6..page + 8, RangeError::Start),
        (16..usize::MAX, RangeError::End),
    ] {
        assert_eq!(
            bytes.elements::<u64>(range.clone()),
            Err(error),
            "{range:?}"
        );
        assert_eq!(bytes.elements_mut::<u64>(range), Err(error));
        refused += 2;
    }
    assert_eq!(bytes.elements::<u64>(8..8), Ok(&[][..]));
    let bytes = bytes.into_map().expect("closed");
    assert_eq!(bytes.elements::<u64>(8..16).map(<[u64]>::len), Ok(1));
    assert_eq!(bytes.elements::<u64>(4..12), Err(RangeError::Unaligned));
    println!("{refused} refused");
    assert_ne!(refused, 0);
}

fn main() {
    alone::run([
        ("references", references),
        ("bytes_and_back", bytes_and_back),
        ("giving_up_and_taking_over", giving_up_and_taking_over),
        ("seals", seals),
        ("what_is_shown", what_is_shown),
        ("threads", threads),
        #[cfg(feature = "std")]
        (
            "errors_of_the_standard_library",
            errors_of_the_standard_library,
        ),
        #[cfg(feature = "zerocopy")]
        ("elements_of_a_type", elements_of_a_type),
    ]);
}
