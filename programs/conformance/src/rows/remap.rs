//! mremap.

use crate::report::Ask;

#[cfg(target_os = "freebsd")]
pub(super) const ROWS: &[(u32, Ask)] = &[(80, absent::ask)];

#[cfg(not(target_os = "freebsd"))]
pub(super) const ROWS: &[(u32, Ask)] = &[
    (80, present::grows),
    (81, present::unaligned),
    (82, present::unmapped),
    (83, present::no_room),
    (84, present::refused),
    (85, present::moves),
    #[cfg(target_os = "linux")]
    (87, present::wraps),
];

#[cfg(target_os = "freebsd")]
mod absent {
    use core::ptr;

    use rawmap::{Errno, RemapFlags, page_size, raw};

    use crate::{
        pages::Pages,
        report::{Row, Unable},
    };

    pub(super) fn ask(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(1)?;
        let (page, none) = (page_size(), RemapFlags::empty());
        // SAFETY: there is no such call.
        let came = unsafe { raw::mremap(pages.start, page, 2 * page, none, ptr::null_mut()) };
        row.is("there is no such call", came, Err(Errno::ENOSYS));
        Ok(())
    }
}

#[cfg(not(target_os = "freebsd"))]
mod present {
    use core::{ffi::c_void, ptr};

    use rawmap::{Errno, RemapFlags, page_size, raw};
    use rawmap_bare::process::Ended;

    use crate::{
        answer::{DONE, EINVAL, by_system},
        fault::{self, STORED},
        layout::{Layout, mapped},
        pages::{FRESH, Pages, WRITTEN},
        report::{Row, Unable},
    };

    /// To grow or shrink, and to move if there is no room.
    #[cfg(target_os = "linux")]
    const MAY_MOVE: RemapFlags = RemapFlags::MAYMOVE;
    /// To grow or shrink, and to move if there is no room.
    #[cfg(target_os = "netbsd")]
    const MAY_MOVE: RemapFlags = RemapFlags::empty();
    /// To grow or shrink where it is, or not at all.
    #[cfg(target_os = "linux")]
    const STAY: RemapFlags = RemapFlags::empty();
    /// To grow or shrink where it is, or not at all; the new address is the old one then.
    #[cfg(target_os = "netbsd")]
    const STAY: RemapFlags = RemapFlags::FIXED;
    /// To move to an address.
    #[cfg(target_os = "linux")]
    const TO: RemapFlags = RemapFlags::MAYMOVE.union(RemapFlags::FIXED);
    /// To move to an address.
    #[cfg(target_os = "netbsd")]
    const TO: RemapFlags = RemapFlags::FIXED;
    /// To have the pages at both places; on Linux with an old length of 0.
    #[cfg(target_os = "linux")]
    const TWICE: RemapFlags = RemapFlags::MAYMOVE;
    /// To have the pages at both places.
    #[cfg(target_os = "netbsd")]
    const TWICE: RemapFlags = RemapFlags::REMAPDUP;

    type Moved = rawmap::Result<*mut c_void>;

    /// Asks for pages of a row's own to become as many as are wanted.
    fn remap(pages: &Pages, old: usize, new: usize, flags: RemapFlags) -> Moved {
        // Only NetBSD looks at it, with `STAY`.
        let to = if flags.is_empty() || flags != STAY {
            ptr::null_mut()
        } else {
            pages.start
        };
        remap_to(pages, old, new, flags, to)
    }

    /// Asks for pages of a row's own to go to an address.
    fn remap_to(
        pages: &Pages,
        old: usize,
        new: usize,
        flags: RemapFlags,
        to: *mut c_void,
    ) -> Moved {
        let page = page_size();
        // SAFETY: the row's own pages, which it looks for where they are then.
        unsafe { raw::mremap(pages.start, old * page, new * page, flags, to) }
    }

    /// Eight pages of which the first four are written and the others free.
    fn with_room() -> Result<Pages, Unable> {
        let pages = Pages::private(8)?;
        // SAFETY: the row's own pages.
        unsafe {
            pages.fill();
            raw::munmap(pages.page(4), 4 * page_size())
        }
        .map_err(|error| Unable::to("munmap", error))?;
        Ok(pages)
    }

    /// What two pages hold.
    ///
    /// # Safety
    ///
    /// They are mapped and can be read.
    unsafe fn bytes(start: *mut c_void, pages: [usize; 2]) -> [u8; 2] {
        // SAFETY: the caller's contract.
        pages.map(|page| unsafe {
            start
                .cast::<u8>()
                .wrapping_add(page * page_size())
                .read_volatile()
        })
    }

    pub(super) fn grows(row: &Row<'_>) -> Result<(), Unable> {
        let pages = with_room()?;
        let came = remap(&pages, 4, 8, STAY);
        row.is("in place, into free addresses", came, Ok(pages.start));
        row.is(
            "it has grown",
            mapped(pages.start, 8),
            Layout::of("xxxxxxxx"),
        );
        // SAFETY: all eight are mapped.
        let came = unsafe { bytes(pages.start, [3, 7]) };
        row.is("its contents", came, [WRITTEN, FRESH]);
        let came = remap(&pages, 8, 2, STAY);
        row.is("smaller, in place", came, Ok(pages.start));
        row.is(
            "it has shrunk",
            mapped(pages.start, 8),
            Layout::of("xx......"),
        );

        let pages = Pages::private(8)?;
        // SAFETY: the row's own pages.
        unsafe { pages.fill() };
        match remap(&pages, 4, 8, MAY_MOVE) {
            Err(error) => row.is("away from what is in the way", Err(error), Ok(())),
            Ok(start) => {
                row.holds("away from what is in the way", start != pages.start);
                let left = mapped(pages.start, 8);
                row.is("what is left behind", left, Layout::of("....xxxx"));
                // SAFETY: eight pages are mapped there.
                let came = unsafe { bytes(start, [3, 7]) };
                row.is("its contents then", came, [WRITTEN, FRESH]);
                let came = fault::store(start.wrapping_byte_add(7 * page_size()));
                row.is("its protection", came, Ended::Exited(0));
            }
        }
        #[cfg(target_os = "linux")]
        of_an_object(row)?;
        twice(row)
    }

    #[cfg(target_os = "linux")]
    fn of_an_object(row: &Row<'_>) -> Result<(), Unable> {
        use crate::{
            object::{self, object},
            pages::SHARED_OBJECT,
        };

        let object = object(4 * page_size())?;
        object::write_at(object, WRITTEN, 3 * page_size())?;
        let pages = Pages::of_object(2, SHARED_OBJECT, object)?;
        // SAFETY: the row's own object.
        unsafe { pages.write(1, STORED) };
        match remap(&pages, 2, 4, MAY_MOVE) {
            Err(error) => row.is("of an object", Err(error), Ok(())),
            Ok(start) => {
                // SAFETY: four pages are mapped there, and the object has as many.
                let came = unsafe { bytes(start, [1, 3]) };
                row.is("of an object", came, [STORED, WRITTEN]);
                let last = start.wrapping_byte_add(3 * page_size());
                row.is("a store", fault::store(last), Ended::Exited(0));
                let byte = object::byte_at(object, 3 * page_size())?;
                row.is("the object", byte, Some(STORED));
            }
        }
        Ok(())
    }

    /// The same pages at two places.
    fn twice(row: &Row<'_>) -> Result<(), Unable> {
        let old = by_system(0, 0, 1);
        let shared = Pages::shared(1)?;
        both_see(
            row,
            "shared pages twice",
            &shared,
            remap(&shared, old, 1, TWICE),
        );
        let private = Pages::private(1)?;
        let came = remap(&private, old, 1, TWICE);
        #[cfg(target_os = "linux")]
        {
            row.is("private pages twice", came.map(|_| ()), EINVAL);
            let flags = RemapFlags::MAYMOVE | RemapFlags::DONTUNMAP;
            // SAFETY: the row's own page, and where it is then.
            unsafe {
                private.write(0, WRITTEN);
                match remap(&private, 1, 1, flags) {
                    Err(error) => row.is("DONTUNMAP", Err(error), Ok(())),
                    Ok(start) => {
                        let came = [private.read(0), start.cast::<u8>().read_volatile()];
                        row.is("DONTUNMAP: the source is empty", came, [FRESH, WRITTEN]);
                    }
                }
            }
        }
        #[cfg(target_os = "netbsd")]
        {
            both_see(row, "private pages twice", &private, came);
            const MIB_2: u8 = 21;
            let pages = Pages::private(1)?;
            let came = remap(&pages, 1, 1, RemapFlags::empty().with_aligned(MIB_2));
            let came = came.map(|start| start.addr() % (1 << MIB_2));
            row.is("to an aligned address", came, Ok(0));
        }
        Ok(())
    }

    fn both_see(row: &Row<'_>, what: &str, pages: &Pages, second: Moved) {
        match second {
            Err(error) => row.is(what, Err(error), Ok(())),
            Ok(start) => {
                // SAFETY: both are mapped.
                unsafe {
                    pages.write(0, STORED);
                    let came = start.cast::<u8>().read_volatile();
                    row.is(what, (start != pages.start, came), (true, STORED));
                }
            }
        }
    }

    pub(super) fn unaligned(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(2)?;
        let page = page_size();
        let start = pages.start.wrapping_byte_add(5);
        // SAFETY: the row's own pages, which it does not touch.
        let came = unsafe { raw::mremap(start, page, 2 * page, MAY_MOVE, ptr::null_mut()) };
        row.is("the old address", came.map(|_| ()), EINVAL);
        row.is("nothing moves", mapped(pages.start, 2), Layout::of("xx"));
        Ok(())
    }

    pub(super) fn unmapped(row: &Row<'_>) -> Result<(), Unable> {
        let place = Pages::free_place(1)?;
        let came = remap(&place, 1, 2, MAY_MOVE).map(|_| ());
        let expected = by_system(Errno::EFAULT, Errno::ENOSYS, Errno::EINVAL);
        row.is("the old range", came, Err(expected));
        Ok(())
    }

    pub(super) fn no_room(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(8)?;
        // SAFETY: the row's own pages.
        unsafe { pages.fill() };
        let came = remap(&pages, 4, 8, STAY);
        row.is("to grow in place", came, Err(Errno::ENOMEM));
        row.is(
            "nothing moves",
            mapped(pages.start, 8),
            Layout::of("xxxxxxxx"),
        );
        // SAFETY: all eight are mapped.
        let came = unsafe { bytes(pages.start, [3, 4]) };
        row.is("nothing changes", came, [WRITTEN; 2]);
        Ok(())
    }

    pub(super) fn refused(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(4)?;
        let flags = RemapFlags::from_bits_retain(0x80);
        row.is(
            "an unknown flag",
            remap(&pages, 4, 4, flags).map(|_| ()),
            EINVAL,
        );
        let came = remap(&pages, 4, 0, MAY_MOVE).map(|_| ());
        row.is("a new length of 0", came, EINVAL);
        let came = remap(&pages, 0, 4, MAY_MOVE).map(|_| ());
        row.is("an old length of 0, private", came, EINVAL);
        #[cfg(target_os = "linux")]
        {
            let place = Pages::free_place(4)?;
            let came = remap_to(&pages, 4, 4, RemapFlags::FIXED, place.start).map(|_| ());
            row.is("FIXED without MAYMOVE", came, EINVAL);
            let came = remap_to(&pages, 4, 4, TO, place.start.wrapping_byte_add(5)).map(|_| ());
            row.is("an unaligned target", came, EINVAL);
            let came = remap_to(&pages, 4, 4, TO, pages.page(2)).map(|_| ());
            row.is("a target that overlaps, above", came, EINVAL);
            let came = remap_to(&pages, 4, 4, TO, pages.start.wrapping_byte_sub(page_size()));
            row.is("a target that overlaps, below", came.map(|_| ()), EINVAL);
        }
        row.is("nothing moves", mapped(pages.start, 4), Layout::of("xxxx"));
        Ok(())
    }

    pub(super) fn moves(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(4)?;
        // SAFETY: the row's own pages.
        unsafe { pages.fill() };
        let place = Pages::free_place(4)?;
        let came = remap_to(&pages, 4, 4, TO, place.start);
        row.is("to a free place", came, Ok(place.start));
        row.is(
            "nothing is left behind",
            mapped(pages.start, 4),
            Layout::of("...."),
        );
        // SAFETY: four pages are mapped there.
        let came = unsafe { bytes(place.start, [0, 3]) };
        row.is("its contents", came, [WRITTEN; 2]);

        let used = Pages::private(4)?;
        // SAFETY: the row's own pages.
        unsafe { used.write(0, STORED) };
        let came = remap_to(&place, 4, 4, TO, used.start);
        let expected = by_system(Ok(used.start), Err(Errno::ENOSYS), Err(Errno::ENOMEM));
        row.is("to a place in use", came, expected);
        // Linux replaces what is there, NetBSD touches nothing.
        let left = Layout::of(by_system("....", "xxxx", "xxxx"));
        row.is("what is left behind", mapped(place.start, 4), left);
        // SAFETY: these pages are mapped, by one mapping or the other.
        let came = unsafe { used.read(0) };
        row.is("what is there", came, by_system(WRITTEN, STORED, STORED));
        let came = remap(&used, 4, 4, STAY);
        row.is("to where it is, as it is", came, Ok(used.start));
        row.is("it is there", fault::store(used.start), Ended::Exited(0));
        row.is("no byte is lost", mapped(used.start, 4), Layout::of("xxxx"));
        // SAFETY: the row's own pages.
        let done = unsafe { raw::munmap(used.start, used.len()) };
        row.is("munmap", done, DONE);
        Ok(())
    }

    #[cfg(target_os = "linux")]
    pub(super) fn wraps(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(1)?;
        let (page, longest) = (page_size(), usize::MAX);
        // SAFETY: the row's own page, which stays where it is.
        let came = unsafe { raw::mremap(pages.start, page, longest, MAY_MOVE, ptr::null_mut()) };
        row.is("growth to a length that wraps", came.map(|_| ()), EINVAL);
        row.skip(
            "growth beyond the last page offset",
            "offsets of 64 bits count bytes, so that pages cannot wrap",
        );
        Ok(())
    }
}
