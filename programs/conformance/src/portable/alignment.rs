//! Addresses that are multiples of something.

use core::ffi::c_void;

use rawmap::{
    page_size, raw,
    space::{AddressSpace, Kernel, MapRequest, Placement},
};
use rawmap_bare::process::Ended;

use super::owned::{Owned, anonymous, answer, borrowed, numbered_object};
use crate::{
    answer::{DONE, EEXIST},
    fault::{self, STORED},
    layout::{Layout, mapped},
    object,
    pages::{FRESH, Pages},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(221, of_memory), (222, of_objects), (223, at_places)];

const ALIGNMENTS: [(&str, usize); 3] =
    [("64 KiB", 1 << 16), ("2 MiB", 1 << 21), ("1 GiB", 1 << 30)];

/// How many mappings the kernel has, if it says.
#[cfg(target_os = "linux")]
fn mappings() -> Option<usize> {
    crate::proc::mappings()
}

/// Only Linux says.
#[cfg(not(target_os = "linux"))]
fn mappings() -> Option<usize> {
    None
}

fn of_memory(row: &Row<'_>) -> Result<(), Unable> {
    for (what, align) in ALIGNMENTS {
        for (how, request) in [
            ("private", anonymous(3)),
            ("shared", anonymous(3).shared(true)),
            ("populated", anonymous(3).populate(true)),
            ("longer", MapRequest::anonymous((1 << 16) + 1)),
        ] {
            let before = mappings();
            // Three times, since one address in many is aligned by chance.
            let mut owned = [Owned::map(&request.align(align))?; 3];
            for other in owned.iter_mut().skip(1) {
                *other = Owned::map(&request.align(align))?;
            }
            let came = owned.map(|owned| owned.region.start() % align);
            row.is(format_args!("{what}, {how}"), came, [0; 3]);
            let mut fresh = true;
            for owned in owned {
                let last = owned.pages.len() / page_size() - 1;
                for page in [0, last] {
                    // SAFETY: the row's own pages.
                    unsafe {
                        fresh &= owned.pages.read(page) == FRESH;
                        owned.pages.write(page, STORED);
                        fresh &= owned.pages.read(page) == STORED;
                    }
                }
            }
            row.holds(format_args!("{what}, {how}: they can be used"), fresh);
            for owned in owned {
                // SAFETY: nothing refers to it.
                let came = unsafe { Kernel.unmap(owned.region) };
                row.is(format_args!("{what}, {how}: unmap"), came, DONE);
            }
            if let (Some(before), Some(after)) = (before, mappings()) {
                row.is(
                    format_args!("{what}, {how}: nothing is left"),
                    after,
                    before,
                );
            }
        }
    }
    Ok(())
}

fn of_objects(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (what, align) in ALIGNMENTS {
        for (how, shared) in [("private", false), ("shared", true)] {
            let object = numbered_object(4)?;
            let before = mappings();
            let request = MapRequest::file(borrowed(object), page as u64, 2 * page)
                .prot(crate::pages::READ_WRITE)
                .shared(shared)
                .align(align);
            let owned = [Owned::map(&request)?, Owned::map(&request)?];
            let came = owned.map(|owned| owned.region.start() % align);
            row.is(format_args!("{what}, {how}"), came, [0; 2]);
            // SAFETY: the row's own mappings of its own object.
            let came = owned.map(|owned| unsafe { [owned.pages.read(0), owned.pages.read(1)] });
            row.is(format_args!("{what}, {how}: contents"), came, [[2, 3]; 2]);
            // SAFETY: as above.
            unsafe { owned[0].pages.write(1, STORED) };
            let byte = object::byte_at(object, 2 * page)?;
            let expected = if shared { STORED } else { 3 };
            row.is(format_args!("{what}, {how}: a store"), byte, Some(expected));
            for owned in owned {
                // SAFETY: nothing refers to it.
                let came = unsafe { Kernel.unmap(owned.region) };
                row.is(format_args!("{what}, {how}: unmap"), came, DONE);
            }
            if let (Some(before), Some(after)) = (before, mappings()) {
                row.is(
                    format_args!("{what}, {how}: nothing is left"),
                    after,
                    before,
                );
            }
        }
    }
    Ok(())
}

/// An aligned address with so many free pages, and a free page below it.
fn aligned_place(align: usize) -> Result<*mut c_void, Unable> {
    let roomy = Pages::free_place(3 * align / page_size())?;
    let start = roomy.start;
    Ok(start.map_addr(|start| (start + page_size()).next_multiple_of(align)))
}

fn at_places(row: &Row<'_>) -> Result<(), Unable> {
    for (what, align) in [("64 KiB", 1 << 16), ("2 MiB", 1 << 21)] {
        let place = aligned_place(align)?;
        let request = anonymous(1).align(align);
        let exact = Placement::FixedNoReplace(place.addr());
        let came = Kernel.map(&request.placement(exact));
        let came = came.map(|region| region.as_ptr());
        row.is(format_args!("{what}, at a free place"), came, Ok(place));
        row.is(
            format_args!("{what}, a store"),
            fault::store(place),
            Ended::Exited(0),
        );
        row.is(
            format_args!("{what}, once more"),
            answer(Kernel.map(&request.placement(exact))),
            EEXIST,
        );
        row.is(
            format_args!("{what}, it is there"),
            mapped(place, 1),
            Layout::of("x"),
        );
        for (how, at) in [
            ("at it", place.addr()),
            ("beside it", place.addr() + page_size()),
        ] {
            let hint = Placement::Hint(at);
            let came = Owned::map(&request.placement(hint))?;
            row.is(
                format_args!("{what}, a hint {how}"),
                came.region.start() % align,
                0,
            );
        }
        // SAFETY: nothing refers to it.
        let gone = unsafe { raw::munmap(place, page_size()) };
        row.is(format_args!("{what}, unmap"), gone, DONE);
    }
    Ok(())
}
