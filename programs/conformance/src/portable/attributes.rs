//! What the systems do not all have, or not alike, and what is promised of it all the same: pages that are present at once,
//! that stay out of core dumps, that are huge, and that lie beyond the end of an object.

use rawmap::{
    Errno, Prot, page_size,
    space::{AddressSpace, Kernel, MapRequest},
};
use rawmap_bare::process::Ended;

use super::owned::{Owned, anonymous, answer, borrowed, numbered_object};
use crate::{
    answer::{DONE, EINVAL, by_system},
    fault::{self, BUS_ERROR},
    object::object,
    pages::{FRESH, READ_WRITE},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (291, populated),
    (292, concealed),
    (293, huge),
    (294, beyond_the_end),
];

/// Whether pages are in memory is known on Linux, where it is promised.
#[cfg(target_os = "linux")]
fn is_resident(row: &Row<'_>, what: &str, owned: &Owned) {
    use crate::layout::{Layout, resident};

    let came = resident(owned.pages.start, 4);
    row.is(format_args!("{what}: in memory"), came, Layout::of("xxxx"));
}

/// The others do what they can.
#[cfg(not(target_os = "linux"))]
fn is_resident(_: &Row<'_>, _: &str, _: &Owned) {}

fn populated(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let request = borrowed(numbered_object(4)?);
    let file = MapRequest::file(request, 0, 4 * page);
    for (what, request, byte) in [
        ("private", anonymous(4), FRESH),
        ("shared", anonymous(4).shared(true), FRESH),
        ("read-only", anonymous(4).prot(Prot::READ), FRESH),
        ("aligned", anonymous(4).align(1 << 21), FRESH),
        ("a private object", file, 4),
        ("a private object, to write", file.prot(READ_WRITE), 4),
        ("a shared object", file.prot(READ_WRITE).shared(true), 4),
        ("an aligned object", file.shared(true).align(1 << 21), 4),
    ] {
        let owned = Owned::map(&request.populate(true))?;
        is_resident(row, what, &owned);
        // SAFETY: the row's own pages, which can be read.
        let came = unsafe { owned.pages.read(3) };
        row.is(format_args!("{what}: what it holds"), came, byte);
    }
    let none = Owned::map(&anonymous(4).prot(Prot::NONE).populate(true))?;
    row.is(
        "no access",
        fault::load(none.pages.start),
        fault::SEGMENTATION_FAULT,
    );
    without_pages(row)
}

/// Pages that there are not: an error that says so on Linux, and nothing is left behind.
fn without_pages(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let short = borrowed(object(page)?);
    let request = MapRequest::file(short, 0, 2 * page).populate(true);
    for (what, request) in [
        ("private", request),
        ("shared", request.shared(true)),
        ("aligned", request.shared(true).align(1 << 21)),
    ] {
        #[cfg(target_os = "linux")]
        let before = crate::proc::mappings();
        let came = answer(Kernel.map(&request));
        let missing = Err(Errno::EFAULT);
        row.is(
            format_args!("beyond the end of an object, {what}"),
            came,
            by_system(missing, DONE, EINVAL),
        );
        #[cfg(target_os = "linux")]
        row.is(
            format_args!("beyond the end of an object, {what}: nothing is left"),
            crate::proc::mappings(),
            before,
        );
    }
    Ok(())
}

/// Linux says which mappings stay out of core dumps.
#[cfg(target_os = "linux")]
fn is_concealed(row: &Row<'_>, what: &str, owned: &Owned, expected: bool) {
    use crate::proc;

    match proc::flag(owned.pages.start, b"dd") {
        Some(came) => row.is(format_args!("{what}: out of core dumps"), came, expected),
        None => row.skip("out of core dumps", proc::MISSING),
    }
}

/// The others do not say.
#[cfg(not(target_os = "linux"))]
fn is_concealed(_: &Row<'_>, _: &str, _: &Owned, _: bool) {}

fn concealed(row: &Row<'_>) -> Result<(), Unable> {
    use rawmap::space::{Discard, MoveTo};

    use crate::{pages::WRITTEN, placed::FAR};

    let object = borrowed(numbered_object(2)?);
    for (what, request) in [
        ("private", anonymous(2)),
        ("shared", anonymous(2).shared(true)),
        ("aligned", anonymous(2).align(1 << 21)),
        (
            "an object",
            MapRequest::file(object, 0, 2 * page_size())
                .prot(READ_WRITE)
                .shared(true),
        ),
    ] {
        let open = Owned::filled(&request)?;
        is_concealed(row, "open", &open, false);
        let owned = Owned::filled(&request.conceal(true))?;
        is_concealed(row, what, &owned, true);
        let came = fault::load(owned.pages.page(1));
        row.is(
            format_args!("{what}: what it holds"),
            came,
            Ended::Exited(WRITTEN),
        );
    }
    let owned = Owned::filled(&anonymous(2).conceal(true))?;
    row.is("discarded", owned.discard(Discard::Zero), DONE);
    is_concealed(row, "discarded", &owned, true);
    let moved = owned.remap(3, MoveTo::FixedNoReplace(FAR));
    row.is("moved", moved.map(|_| ()), DONE);
    is_concealed(row, "moved", &moved.unwrap_or(owned), true);
    Ok(())
}

fn huge(row: &Row<'_>) -> Result<(), Unable> {
    for (what, log2) in [
        ("32 bytes", 5),
        ("half a page", page_size().trailing_zeros() as u8 - 1),
        ("2^64", 64),
        ("2^255", 255),
    ] {
        let came = Kernel.map(&anonymous(1).huge(log2));
        row.is(format_args!("pages of {what}"), answer(came), EINVAL);
    }
    for (what, log2) in [("2 MiB", 21), ("32 MiB", 25), ("1 GiB", 30)] {
        let came = answer(Kernel.map(&anonymous(1).huge(log2).prot(Prot::NONE)));
        row.is(
            format_args!("pages of {what}"),
            came,
            as_the_system_has_it(log2),
        );
    }
    Ok(())
}

/// What mmap says to pages of this size: there may be some, or none, or this processor has no such pages.
#[cfg(target_os = "linux")]
fn as_the_system_has_it(log2: u8) -> rawmap::Result<()> {
    use core::ptr;

    use crate::pages::PRIVATE;

    let flags = PRIVATE.with_huge(log2);
    // SAFETY: a new mapping, which the row keeps.
    unsafe { rawmap::raw::mmap(ptr::null_mut(), 1 << log2, Prot::NONE, flags, -1, 0) }.map(|_| ())
}

/// The others take no page size.
#[cfg(not(target_os = "linux"))]
fn as_the_system_has_it(_: u8) -> rawmap::Result<()> {
    Err(Errno::ENOTSUP)
}

/// Which is not portable: NetBSD refuses it for memory objects.
fn beyond_the_end(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let object = borrowed(numbered_object(1)?);
    for (what, shared) in [("private", false), ("shared", true)] {
        let came = Kernel.map(&MapRequest::file(object, 0, 2 * page).shared(shared));
        row.is(what, answer(came), by_system(DONE, DONE, EINVAL));
        let Ok(region) = came else { continue };
        let start = region.as_ptr();
        row.is(
            format_args!("{what}: within"),
            fault::load(start),
            Ended::Exited(1),
        );
        let beyond = start.wrapping_byte_add(page);
        row.is(
            format_args!("{what}: beyond"),
            fault::load(beyond),
            BUS_ERROR,
        );
    }
    Ok(())
}
