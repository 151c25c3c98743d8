//! Writing back to files and objects.

use rawmap::{
    Result, page_size,
    space::{AddressSpace, Kernel, MapRequest, Region, SyncMode},
};

use super::owned::{Owned, anonymous, borrowed, numbered_object, region};
use crate::{
    answer::{DONE, EINVAL, ENOMEM},
    object::{self, File},
    pages::{Pages, READ_WRITE, WRITTEN},
    report::{Ask, Row, Unable},
    rows::NO_FOLDER,
};

pub(super) const ROWS: &[(u32, Ask)] = &[(261, written), (262, contradiction), (263, holes)];

/// Every way that makes sense.
const WAYS: [(&str, SyncMode, bool); 3] = [
    ("start", SyncMode::Start, false),
    ("wait", SyncMode::Wait, false),
    ("wait and invalidate", SyncMode::Wait, true),
];

fn each(region: Region) -> [Result<()>; 3] {
    WAYS.map(|(_, mode, invalidate)| Kernel.sync(region, mode, invalidate))
}

/// Stores before each way to write back, and looks for them in the object.
fn reaches(row: &Row<'_>, what: &str, descriptor: i32) -> core::result::Result<(), Unable> {
    let page = page_size();
    let request = MapRequest::file(borrowed(descriptor), 0, 2 * page);
    let owned = Owned::map(&request.prot(READ_WRITE).shared(true))?;
    for (index, (way, mode, invalidate)) in WAYS.into_iter().enumerate() {
        let byte = WRITTEN + index as u8;
        // SAFETY: the row's own object.
        unsafe { owned.pages.write(1, byte) };
        row.is(
            format_args!("{what}, {way}"),
            Kernel.sync(owned.region, mode, invalidate),
            DONE,
        );
        let came = object::byte_at(descriptor, page)?;
        row.is(
            format_args!("{what}, {way}: it is written"),
            came,
            Some(byte),
        );
        // SAFETY: as above.
        let came = unsafe { owned.pages.read(1) };
        row.is(format_args!("{what}, {way}: it is there"), came, byte);
    }
    row.is(
        format_args!("{what}, a byte"),
        each(region(owned.pages.start, 1)),
        [DONE; 3],
    );
    Ok(())
}

fn written(row: &Row<'_>) -> core::result::Result<(), Unable> {
    reaches(row, "an object", numbered_object(2)?)?;
    let private = Owned::private(1)?;
    row.is("private memory", each(private.region), [DONE; 3]);
    // SAFETY: the row's own page.
    row.holds("private memory is as it was", unsafe {
        private.holds(0, 1)
    });
    match File::make(row.place, 2 * page_size())? {
        Some(file) => reaches(row, "a file", file.descriptor),
        None => {
            row.skip("a file", NO_FOLDER);
            Ok(())
        }
    }
}

fn contradiction(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let request = MapRequest::file(borrowed(numbered_object(1)?), 0, page_size());
    let object = Owned::map(&request.prot(READ_WRITE).shared(true))?;
    let place = Pages::free_place(1)?;
    for (what, of) in [
        ("an object", object.region),
        ("private memory", Owned::private(1)?.region),
        ("nothing", region(place.start, page_size())),
    ] {
        let came = Kernel.sync(of, SyncMode::Start, true);
        row.is(format_args!("start and invalidate, {what}"), came, EINVAL);
    }
    Ok(())
}

fn holes(row: &Row<'_>) -> core::result::Result<(), Unable> {
    let place = Pages::free_place(2)?;
    let nothing = region(place.start, page_size());
    row.is("nothing is mapped", each(nothing), [ENOMEM; 3]);
    let request = MapRequest::file(borrowed(numbered_object(3)?), 0, 3 * page_size());
    for (what, request) in [
        ("an object", request.prot(READ_WRITE).shared(true)),
        ("private memory", anonymous(3)),
    ] {
        let owned = Owned::filled(&request)?;
        owned.cut(1, 1)?;
        for (place, first, count) in [
            ("inside", 0, 3),
            ("at the start", 1, 2),
            ("at the end", 0, 2),
        ] {
            let came = each(owned.part(first, count));
            row.is(format_args!("{what}, a hole {place}"), came, [ENOMEM; 3]);
        }
        row.is(
            format_args!("{what}, beside the hole"),
            each(owned.part(2, 1)),
            [DONE; 3],
        );
    }
    Ok(())
}
