//! mmap: where mappings go.

use core::{ffi::c_void, ptr};

use rawmap::{MapFlags, Prot, page_size, raw};
use rawmap_bare::anonymous;

use crate::{
    answer::by_system,
    layout::{Layout, mapped},
    object::{self, object},
    pages::{FRESH, PRIVATE, PRIVATE_OBJECT, Pages, READ_WRITE, SHARED_OBJECT, WRITTEN},
    place,
    placed::{FAR, IN_USE, NO_HINTS, Placed, fixed, hint, no_replace, tries_places},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[
    (20, never_0),
    (21, fixed_replaces),
    (22, no_replace_overlaps),
    (23, no_replace_object),
    (24, no_replace_unknown),
    (25, no_replace_freed),
    (26, no_replace_image),
    (28, free_hint),
    (29, unaligned_hint),
    (30, address_0),
    #[cfg(target_os = "linux")]
    (31, above_47_bits),
    (32, swapped),
    #[cfg(any(
        target_os = "freebsd",
        all(target_os = "linux", target_arch = "x86_64")
    ))]
    (33, low_addresses),
    #[cfg(target_os = "linux")]
    (34, grows_down),
];

fn never_0(row: &Row<'_>) -> Result<(), Unable> {
    const ROUNDS: usize = 200;
    let mut not_0 = 0;
    for round in 0..ROUNDS {
        let pages = Pages::private(1 + round % 3)?;
        not_0 += usize::from(!pages.start.is_null());
        // SAFETY: nothing refers to them.
        unsafe { raw::munmap(pages.start, pages.len()) }
            .map_err(|error| Unable::to("munmap", error))?;
    }
    row.is("addresses that are not 0", not_0, ROUNDS);
    Ok(())
}

/// Maps fresh memory over what is there.
///
/// # Safety
///
/// Nothing relies on what the range holds.
unsafe fn replace(at: *mut c_void, len: usize) -> rawmap::Result<*mut c_void> {
    let flags = PRIVATE | MapFlags::FIXED;
    // SAFETY: the caller's contract.
    unsafe { raw::mmap(at, len, READ_WRITE, flags, -1, 0) }
}

fn fixed_replaces(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(5)?;
    let mut bytes = [0; 5];
    // SAFETY: the row's own pages, all of which are mapped throughout.
    unsafe {
        pages.fill();
        let came = replace(pages.page(1), 1);
        row.is("one byte", came, Ok(pages.page(1)));
        let came = replace(pages.page(2), page_size() + 1);
        row.is("a page and a byte", came, Ok(pages.page(2)));
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = pages.read(index);
        }
    }
    let whole_pages = [WRITTEN, FRESH, FRESH, FRESH, WRITTEN];
    row.is("whole pages are replaced", bytes, whole_pages);
    Ok(())
}

fn no_replace_overlaps(row: &Row<'_>) -> Result<(), Unable> {
    let place = Pages::free_place(5)?;
    let middle = fixed(place.page(1), 3 * page_size(), READ_WRITE, PRIVATE);
    row.is("three pages", middle, Placed::There);
    // SAFETY: they were mapped just now.
    unsafe {
        for index in 1..4 {
            place.write(index, WRITTEN);
        }
    }
    let ask = |first: usize, count: usize| {
        no_replace(
            place.page(first),
            count * page_size(),
            READ_WRITE,
            PRIVATE,
            -1,
        )
    };
    row.is("exactly what is there", ask(1, 3), IN_USE);
    row.is("more than what is there", ask(0, 5), IN_USE);
    row.is("inside what is there", ask(2, 1), IN_USE);
    row.is("over its head", ask(0, 2), IN_USE);
    row.is("over its tail", ask(3, 2), IN_USE);
    row.is(
        "failures map nothing",
        mapped(place.start, 5),
        Layout::of(".xxx."),
    );
    for (what, page) in [("next to it, below", 0), ("next to it, above", 4)] {
        if tries_places() {
            row.is(what, ask(page, 1), Placed::There);
        } else {
            row.skip(what, NO_HINTS);
        }
    }
    // SAFETY: these three are mapped.
    let came = unsafe { [place.read(1), place.read(2), place.read(3)] };
    row.is("what was there is as it was", came, [WRITTEN; 3]);
    Ok(())
}

fn no_replace_object(row: &Row<'_>) -> Result<(), Unable> {
    let pages = Pages::private(1)?;
    let object = object(page_size())?;
    let came = no_replace(pages.start, page_size(), Prot::READ, PRIVATE_OBJECT, object);
    row.is("on a used page", came, IN_USE);
    // SAFETY: the row's own page.
    row.is("the page is as it was", unsafe { pages.read(0) }, FRESH);
    Ok(())
}

fn no_replace_unknown(row: &Row<'_>) -> Result<(), Unable> {
    let foreign = anonymous::share(page_size())
        .map_err(|number| Unable::because("foreign memory", number))?;
    let came = no_replace(foreign, page_size(), READ_WRITE, PRIVATE, -1);
    row.is("memory that others mapped", came, IN_USE);
    Ok(())
}

fn no_replace_freed(row: &Row<'_>) -> Result<(), Unable> {
    let place = Pages::free_place(4)?;
    let far = ptr::without_provenance_mut(FAR);
    for (what, start, len) in [
        ("a range that was freed", place.start, place.len()),
        ("far from everything", far, page_size()),
    ] {
        if tries_places() {
            let came = no_replace(start, len, READ_WRITE, PRIVATE, -1);
            row.is(what, came, Placed::There);
        } else {
            row.skip(what, NO_HINTS);
        }
    }
    Ok(())
}

fn no_replace_image(row: &Row<'_>) -> Result<(), Unable> {
    static DATA: u8 = 5;
    let code = (no_replace_image as *const c_void).cast_mut();
    let data = (&raw const DATA).cast::<c_void>().cast_mut();
    for (what, address) in [("code", code), ("data", data)] {
        let start = address.map_addr(|address| address & !(page_size() - 1));
        let came = no_replace(start, page_size(), READ_WRITE, PRIVATE, -1);
        row.is(what, came, IN_USE);
    }
    Ok(())
}

fn free_hint(row: &Row<'_>) -> Result<(), Unable> {
    let used = Pages::private(1)?;
    let came = hint(used.start, page_size(), READ_WRITE, PRIVATE);
    row.is("in use", came, Placed::Elsewhere);
    let place = Pages::free_place(4)?;
    let far = ptr::without_provenance_mut(FAR);
    for (what, start) in [("near", place.start), ("far", far)] {
        let came = || hint(start, page_size(), READ_WRITE, PRIVATE);
        if cfg!(target_os = "freebsd") {
            // With its randomisation FreeBSD ignores every hint, and may come upon the place by chance.
            let granted = matches!(came(), Placed::There | Placed::Elsewhere);
            row.holds(what, granted);
        } else if tries_places() {
            row.is(what, came(), Placed::There);
        } else {
            row.skip(what, NO_HINTS);
        }
    }
    Ok(())
}

fn unaligned_hint(row: &Row<'_>) -> Result<(), Unable> {
    let place = Pages::free_place(4)?;
    let wanted = place.page(1).wrapping_byte_add(5);
    // SAFETY: a new mapping, which the row keeps.
    let came = unsafe { raw::mmap(wanted, page_size(), READ_WRITE, PRIVATE, -1, 0) }
        .map_err(|error| Unable::to("mmap with an unaligned hint", error))?;
    row.is("the result is aligned", came.addr() % page_size(), 0);
    #[cfg(not(target_os = "freebsd"))]
    {
        let what = "it is rounded";
        let rounded = by_system(place.page(1), ptr::null_mut(), place.page(2));
        if tries_places() {
            row.is(what, came, rounded);
        } else {
            row.skip(what, NO_HINTS);
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn may_map_at_0() -> Option<bool> {
    crate::proc::setting(c"/proc/sys/vm/mmap_min_addr").map(|lowest| lowest == 0)
}

fn address_0(row: &Row<'_>) -> Result<(), Unable> {
    place::give_up_root()?;
    #[cfg(target_os = "linux")]
    match may_map_at_0() {
        None => {
            row.skip("by vm.mmap_min_addr", crate::proc::MISSING);
            return Ok(());
        }
        Some(true) => {
            row.skip("by vm.mmap_min_addr", "this system allows it");
            return Ok(());
        }
        Some(false) => {}
    }
    // SAFETY: nothing of the program is at 0.
    let came = unsafe { replace(ptr::null_mut(), page_size()) };
    let refused = by_system(
        rawmap::Errno::EPERM,
        rawmap::Errno::EINVAL,
        rawmap::Errno::EINVAL,
    );
    row.is("fixed, by an ordinary user", came, Err(refused));
    #[cfg(target_os = "freebsd")]
    {
        let second = ptr::without_provenance_mut(page_size());
        let came = no_replace(second, page_size(), READ_WRITE, PRIVATE, -1);
        row.is("the page above", came, Placed::There);
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn above_47_bits(row: &Row<'_>) -> Result<(), Unable> {
    use crate::fault;
    use rawmap_bare::process::Ended;

    let high = ptr::without_provenance_mut(1 << 47);
    let what = "no-replace at 2^47";
    // SAFETY: a new mapping, which replaces nothing.
    let came = unsafe {
        let flags = PRIVATE | MapFlags::FIXED_NOREPLACE;
        raw::mmap(high, page_size(), READ_WRITE, flags, -1, 0)
    };
    if came == Err(rawmap::Errno::ENOMEM) {
        row.skip(what, "this kernel gives programs 47 bits of address");
        return Ok(());
    }
    row.is(what, came, Ok(high));
    let Ok(page) = came else {
        return Ok(());
    };
    row.is("a store", fault::store(page), Ended::Exited(0));
    // SAFETY: the row's own page.
    unsafe {
        row.is(
            "mprotect",
            raw::mprotect(page, page_size(), Prot::READ),
            Ok(()),
        );
        row.is(
            "no store then",
            fault::store(page),
            fault::SEGMENTATION_FAULT,
        );
        row.is("munmap", raw::munmap(page, page_size()), Ok(()));
    }
    row.is("no load then", fault::load(page), fault::SEGMENTATION_FAULT);
    Ok(())
}

fn swapped(row: &Row<'_>) -> Result<(), Unable> {
    let objects = [object(page_size())?, object(page_size())?];
    let bytes = [1, 2];
    for (&object, &byte) in objects.iter().zip(&bytes) {
        object::write_at(object, byte, 0)?;
    }
    let place = Pages::free_place(2)?;
    let map = |page: usize, object: i32| {
        let flags = SHARED_OBJECT | MapFlags::FIXED;
        // SAFETY: nothing is there, or what is there was mapped here and is not used any more.
        unsafe { raw::mmap(place.page(page), page_size(), Prot::READ, flags, object, 0) }
            .map_err(|error| Unable::to("mmap of an object", error))
    };
    let [first, second] = objects;
    for (what, objects, expected) in [
        ("as mapped first", [first, second], [1, 2]),
        ("as mapped then", [second, first], [2, 1]),
    ] {
        for (page, object) in objects.into_iter().enumerate() {
            map(page, object)?;
        }
        // SAFETY: both pages are mapped.
        let came = unsafe { [place.read(0), place.read(1)] };
        row.is(what, came, expected);
        // SAFETY: both were mapped here.
        unsafe { raw::munmap(place.start, place.len()) }
            .map_err(|error| Unable::to("munmap", error))?;
    }
    Ok(())
}

#[cfg(any(
    target_os = "freebsd",
    all(target_os = "linux", target_arch = "x86_64")
))]
fn low_addresses(row: &Row<'_>) -> Result<(), Unable> {
    const LOW: usize = 1 << 31;
    let flags = PRIVATE | MapFlags::MAP_32BIT;
    for (what, len) in [("one page", page_size()), ("16 MiB", 16 << 20)] {
        // SAFETY: a new mapping, which the row keeps.
        let came = unsafe { raw::mmap(ptr::null_mut(), len, READ_WRITE, flags, -1, 0) };
        let came = came.map(|start| start.addr() + len <= LOW);
        row.is(what, came, Ok(true));
    }
    Ok(())
}

/// What the kernel keeps free below such a mapping, unless its command line says otherwise.
#[cfg(target_os = "linux")]
const GUARD_GAP: usize = 256;

#[cfg(target_os = "linux")]
fn grows_down(row: &Row<'_>) -> Result<(), Unable> {
    use crate::fault;
    use rawmap_bare::process::Ended;

    const TOP: usize = GUARD_GAP + 8;
    let place = Pages::free_place(TOP + 1)?;
    let below = no_replace(place.start, page_size(), Prot::READ, PRIVATE, -1);
    row.is("a mapping below", below, Placed::There);
    let flags = PRIVATE | MapFlags::GROWSDOWN;
    let top = no_replace(place.page(TOP), page_size(), READ_WRITE, flags, -1);
    row.is("a mapping that grows down", top, Placed::There);
    row.is(
        "it begins there",
        mapped(place.page(TOP - 4), 5),
        Layout::of("....x"),
    );
    // SAFETY: the kernel maps this page when it is touched.
    unsafe { place.write(TOP - 1, WRITTEN) };
    row.is(
        "it has grown",
        mapped(place.page(TOP - 4), 5),
        Layout::of("...xx"),
    );
    // SAFETY: the same, for two pages at once.
    unsafe { place.write(TOP - 3, WRITTEN) };
    row.is(
        "it has grown more",
        mapped(place.page(TOP - 4), 5),
        Layout::of(".xxxx"),
    );
    let last = place.page(GUARD_GAP + 1);
    row.is("to the gap", fault::store(last), Ended::Exited(0));
    let gap = place.page(GUARD_GAP);
    row.is("not into it", fault::store(gap), fault::SEGMENTATION_FAULT);
    Ok(())
}
