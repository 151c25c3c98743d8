//! madvise.

use rawmap::{Advice, page_size, raw};

use crate::{
    answer::{DONE, EFAULT, EINVAL, ENOMEM, by_system},
    fault,
    object::object,
    pages::{FRESH, PRIVATE_OBJECT, Pages, SHARED_OBJECT, WRITTEN},
    report::{Ask, Row, Unable},
};
use rawmap_bare::process::Ended;

pub(super) const ROWS: &[(u32, Ask)] = &[
    (96, refused),
    (97, discarded),
    #[cfg(target_os = "linux")]
    (98, linux::wiped_on_fork),
    #[cfg(target_os = "linux")]
    (99, linux::guarded),
];

/// Gives advice on bytes of a row's pages, from an offset in bytes on.
fn advise(pages: &Pages, from: usize, len: usize, advice: Advice) -> rawmap::Result<()> {
    let start = pages.start.wrapping_byte_add(from);
    // SAFETY: the row's own pages, of which it expects what this advice leaves.
    unsafe { raw::madvise(start, len, advice) }
}

fn refused(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let pages = Pages::private(3)?;
    let came = advise(&pages, 5, 1, Advice::NORMAL);
    row.is("unaligned", came, by_system(EINVAL, DONE, DONE));
    for (what, advice) in [
        ("NORMAL", Advice::NORMAL),
        ("RANDOM", Advice::RANDOM),
        ("SEQUENTIAL", Advice::SEQUENTIAL),
    ] {
        row.is(what, advise(&pages, 0, page, advice), DONE);
    }
    let came = advise(&pages, 0, page, Advice::from_raw(99));
    row.is("unknown", came, EINVAL);
    // SAFETY: the row's own page, which it does not touch.
    unsafe { raw::munmap(pages.page(1), page) }.map_err(|error| Unable::to("munmap", error))?;
    for (what, advice, expected) in [
        (
            "WILLNEED over a hole",
            Advice::WILLNEED,
            by_system(ENOMEM, DONE, DONE),
        ),
        (
            "DONTNEED over a hole",
            Advice::DONTNEED,
            by_system(ENOMEM, DONE, EFAULT),
        ),
        (
            "FREE over a hole",
            Advice::FREE,
            by_system(ENOMEM, DONE, EFAULT),
        ),
    ] {
        row.is(what, advise(&pages, 0, 3 * page, advice), expected);
    }
    #[cfg(target_os = "netbsd")]
    {
        let unavailable = Advice::SPACEAVAIL;
        row.is("SPACEAVAIL", advise(&pages, 0, page, unavailable), EINVAL);
        // SAFETY: no byte changes.
        row.is("mlock", unsafe { raw::mlock(pages.start, page) }, DONE);
        let came = advise(&pages, 0, page, Advice::FREE);
        row.is("FREE of locked memory", came, Err(rawmap::Errno::EBUSY));
    }
    #[cfg(target_os = "linux")]
    linux::refused(row)?;
    Ok(())
}

/// What a page holds after an advice.
fn after(pages: &Pages, advice: Advice) -> (rawmap::Result<()>, u8) {
    // SAFETY: the row's own pages, which stay mapped.
    unsafe {
        pages.fill();
        let came = advise(pages, 0, pages.len(), advice);
        (came, pages.read(1))
    }
}

fn discarded(row: &Row<'_>) -> Result<(), Unable> {
    let kept = (DONE, WRITTEN);
    let gone = (DONE, FRESH);
    let private = Pages::private(2)?;
    let came = after(&private, Advice::DONTNEED);
    row.is("DONTNEED, private", came, by_system(gone, kept, kept));
    let shared = Pages::shared(2)?;
    row.is("DONTNEED, shared", after(&shared, Advice::DONTNEED), kept);
    let object = object(2 * page_size())?;
    let of_object = Pages::of_object(2, SHARED_OBJECT, object)?;
    let came = after(&of_object, Advice::DONTNEED);
    row.is("DONTNEED, of an object", came, kept);
    let copy = Pages::of_object(2, PRIVATE_OBJECT, object)?;
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the row's own mapping of its own object.
        unsafe {
            of_object.write(1, 3);
            copy.fill();
            row.is(
                "DONTNEED, a copy",
                advise(&copy, 0, copy.len(), Advice::DONTNEED),
                DONE,
            );
            row.is("the object's byte", copy.read(1), 3);
        }
    }
    #[cfg(not(target_os = "linux"))]
    row.is("DONTNEED, a copy", after(&copy, Advice::DONTNEED), kept);
    // A page that nobody else has: those of a process that has had children are another matter on FreeBSD.
    let (came, byte) = after(&Pages::private(2)?, Advice::FREE);
    row.is("FREE, private", came, DONE);
    if cfg!(target_os = "netbsd") {
        row.is("it is gone", byte, FRESH);
    } else {
        // The kernel takes the pages when it wants them.
        row.holds("it is there or gone", byte == WRITTEN || byte == FRESH);
    }
    // SAFETY: the row's own pages.
    unsafe {
        private.write(1, 3);
        row.is("a store after that", private.read(1), 3);
    }
    let (came, byte) = after(&Pages::shared(2)?, Advice::FREE);
    row.is("FREE, shared", came, by_system(EINVAL, DONE, DONE));
    if cfg!(target_os = "freebsd") {
        row.holds(
            "it is there or gone, shared",
            byte == WRITTEN || byte == FRESH,
        );
    } else {
        let expected = by_system(WRITTEN, WRITTEN, FRESH);
        row.is("what it holds", byte, expected);
    }
    row.is("a child", fault::load(private.page(1)), Ended::Exited(3));
    Ok(())
}

#[cfg(target_os = "linux")]
pub(super) mod linux {
    use rawmap::{Advice, Prot, page_size, raw};
    use rawmap_bare::process::{self, Ended};

    use super::advise;
    use crate::{
        answer::{DONE, EACCES, EBADF, EINVAL, ENOMEM},
        fault,
        object::{self, object},
        pages::{FRESH, PRIVATE_OBJECT, Pages, SHARED_OBJECT, WRITTEN},
        proc,
        report::{Row, Unable},
    };

    pub(super) fn refused(row: &Row<'_>) -> Result<(), Unable> {
        let page = page_size();
        let place = Pages::free_place(1)?;
        let came = advise(&place, 0, page, Advice::NORMAL);
        row.is("unmapped", came, ENOMEM);
        let private = Pages::private(1)?;
        let shared = Pages::shared(1)?;
        let object = object(page)?;
        let of_object = Pages::of_object(1, SHARED_OBJECT, object)?;
        let copy = Pages::of_object(1, PRIVATE_OBJECT, object)?;
        let program = object::read_only(row.place)?;
        let read_only = Pages::map(1, Prot::READ, SHARED_OBJECT, program)
            .map_err(|error| Unable::to("a mapping of the program's file", error))?;
        for (what, pages, advice, expected) in [
            ("REMOVE, anonymous", &private, Advice::REMOVE, EINVAL),
            ("REMOVE, a copy", &copy, Advice::REMOVE, EACCES),
            (
                "REMOVE, of a file that is open for reading",
                &read_only,
                Advice::REMOVE,
                EACCES,
            ),
            ("REMOVE, of an object", &of_object, Advice::REMOVE, DONE),
            ("FREE, shared", &shared, Advice::FREE, EINVAL),
            ("FREE, of an object", &of_object, Advice::FREE, EINVAL),
            ("FREE, a copy", &copy, Advice::FREE, EINVAL),
            ("WIPEONFORK, shared", &shared, Advice::WIPEONFORK, EINVAL),
            (
                "WIPEONFORK, of an object",
                &of_object,
                Advice::WIPEONFORK,
                EINVAL,
            ),
            ("WIPEONFORK, a copy", &copy, Advice::WIPEONFORK, EINVAL),
        ] {
            row.is(what, advise(pages, 0, page, advice), expected);
        }
        let came = advise(&private, 0, page, Advice::WILLNEED);
        // What can be read ahead of anonymous memory is swap space, if the kernel has any notion of it.
        match proc::setting(c"/proc/sys/vm/max_map_count") {
            None => row.skip("WILLNEED, anonymous", proc::MISSING),
            Some(_) if proc::has_swap() => row.is("WILLNEED, anonymous", came, DONE),
            Some(_) => row.is("WILLNEED, anonymous", came, EBADF),
        }
        // SAFETY: no byte changes.
        row.is("mlock", unsafe { raw::mlock(private.start, page) }, DONE);
        for (what, advice, expected) in [
            ("DONTNEED, locked", Advice::DONTNEED, EINVAL),
            ("FREE, locked", Advice::FREE, EINVAL),
            ("DONTNEED_LOCKED, locked", Advice::DONTNEED_LOCKED, DONE),
        ] {
            row.is(what, advise(&private, 0, page, advice), expected);
        }
        Ok(())
    }

    pub(in super::super) fn wiped_on_fork(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(2)?;
        // SAFETY: the row's own pages.
        unsafe { pages.fill() };
        let came = advise(&pages, 0, 0, Advice::WIPEONFORK);
        row.is("length 0", came, DONE);
        let child = fault::load(pages.start);
        row.is("it changes nothing", child, Ended::Exited(WRITTEN));
        let came = advise(&pages, 0, page_size(), Advice::WIPEONFORK);
        row.is("WIPEONFORK", came, DONE);
        let child = [fault::load(pages.page(0)), fault::load(pages.page(1))];
        row.is(
            "a child",
            child,
            [Ended::Exited(FRESH), Ended::Exited(WRITTEN)],
        );
        let grandchild = process::child(|| {
            // SAFETY: the child's own page.
            unsafe { pages.write(0, WRITTEN) };
            match fault::load(pages.start) {
                Ended::Exited(byte) => byte,
                _ => 1,
            }
        });
        row.is("a grandchild", grandchild, Ended::Exited(FRESH));
        // SAFETY: the row's own page.
        row.is("the parent", unsafe { pages.read(0) }, WRITTEN);
        let came = advise(&pages, 0, page_size(), Advice::KEEPONFORK);
        row.is("KEEPONFORK", came, DONE);
        let child = fault::load(pages.start);
        row.is("a child then", child, Ended::Exited(WRITTEN));
        Ok(())
    }

    pub(in super::super) fn guarded(row: &Row<'_>) -> Result<(), Unable> {
        let pages = Pages::private(3)?;
        // SAFETY: the row's own pages.
        unsafe { pages.fill() };
        let middle = page_size();
        let came = advise(&pages, middle, page_size(), Advice::GUARD_INSTALL);
        if came == EINVAL {
            row.skip("GUARD_INSTALL", "this kernel is older than Linux 6.13");
            return Ok(());
        }
        row.is("GUARD_INSTALL", came, DONE);
        let kept = Ended::Exited(WRITTEN);
        let faults = fault::SEGMENTATION_FAULT;
        let loads = [0, 1, 2].map(|page| fault::load(pages.page(page)));
        row.is("loads", loads, [kept, faults, kept]);
        row.is("a store", fault::store(pages.page(1)), faults);
        let came = advise(&pages, middle, page_size(), Advice::GUARD_REMOVE);
        row.is("GUARD_REMOVE", came, DONE);
        let loads = [0, 1, 2].map(|page| fault::load(pages.page(page)));
        row.is("loads then", loads, [kept, Ended::Exited(FRESH), kept]);
        Ok(())
    }
}
