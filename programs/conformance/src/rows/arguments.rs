//! mmap: its arguments.

use core::{ffi::CStr, ptr};

use rawmap::{Errno, MapFlags, Prot, page_size, raw};
use rawmap_bare::{
    file::{self, Access},
    limit::{self, Resource},
};

use super::NO_FOLDER;
use crate::{
    answer::{DONE, EACCES, EBADF, EINVAL, ENODEV, ENOMEM, by_system},
    layout::{Layout, mapped},
    object::{self, File, object},
    pages::{PRIVATE, PRIVATE_OBJECT, Pages, READ_WRITE, SHARED, SHARED_OBJECT, WRITTEN},
    report::{Ask, Row, Unable},
};
pub(super) const ROWS: &[(u32, Ask)] = &[
    (1, length_0),
    (2, fixed_unaligned),
    (3, offsets),
    (4, no_type),
    (5, both_types),
    (6, unknown_bits),
    (7, anonymous_with_descriptor),
    (8, no_descriptor),
    (9, not_mappable),
    (10, read_only_shared),
    (11, read_only_private),
    (12, write_only),
    (13, beyond_the_address_space),
    (14, too_long),
    #[cfg(target_os = "linux")]
    (15, kernel_half),
    #[cfg(target_os = "linux")]
    (16, unknown_flag_validated),
    #[cfg(target_os = "linux")]
    (17, too_many),
    #[cfg(target_os = "linux")]
    (18, future_locks),
];

/// A new mapping of this length, and whether there is one.
fn ask(
    len: usize,
    prot: Prot,
    flags: MapFlags,
    descriptor: i32,
    offset: u64,
) -> rawmap::Result<()> {
    // SAFETY: a new mapping, where the kernel chooses, which the row keeps.
    unsafe { raw::mmap(ptr::null_mut(), len, prot, flags, descriptor, offset) }.map(|_| ())
}

/// A new mapping at exactly an address where nothing is.
fn ask_fixed(address: usize, len: usize, flags: MapFlags, descriptor: i32) -> rawmap::Result<()> {
    let flags = flags | MapFlags::FIXED;
    let address = ptr::without_provenance_mut(address);
    // SAFETY: nothing of the program is there, or the kernel refuses the range.
    unsafe { raw::mmap(address, len, Prot::READ, flags, descriptor, 0) }.map(|_| ())
}

fn length_0(row: &Row<'_>) -> Result<(), Unable> {
    let nothing = by_system(EINVAL, EINVAL, DONE);
    row.is("anonymous", ask(0, READ_WRITE, PRIVATE, -1, 0), nothing);
    let object = object(page_size())?;
    let came = ask(0, READ_WRITE, SHARED_OBJECT, object, 0);
    row.is("of an object", came, EINVAL);
    let place = Pages::free_place(3)?;
    // SAFETY: a new mapping, of which nothing is used.
    let came = unsafe { raw::mmap(place.page(1), 0, READ_WRITE, PRIVATE, -1, 0) }.map(|_| ());
    row.is("anonymous, with a hint", came, nothing);
    let layout = mapped(place.start, 3);
    row.is("nothing is mapped", layout, Layout::of("..."));
    Ok(())
}

fn fixed_unaligned(row: &Row<'_>) -> Result<(), Unable> {
    let place = Pages::private(2)?;
    let address = place.start.addr() + 1;
    row.is("by one byte", ask_fixed(address, 1, PRIVATE, -1), EINVAL);
    let address = place.start.addr() + page_size() / 2;
    row.is("by half a page", ask_fixed(address, 1, PRIVATE, -1), EINVAL);
    Ok(())
}

const ODD: u64 = 100;

fn offsets(row: &Row<'_>) -> Result<(), Unable> {
    let object = object(2 * page_size())?;
    object::write_at(object, WRITTEN, ODD as usize)?;
    for (what, flags) in [
        ("unaligned, shared", SHARED_OBJECT),
        ("unaligned, private", PRIVATE_OBJECT),
    ] {
        // SAFETY: a new mapping; the byte that is read lies in its first page.
        let came = unsafe {
            raw::mmap(ptr::null_mut(), page_size(), Prot::READ, flags, object, ODD).map(|start| {
                let byte = start.cast::<u8>().read_volatile();
                (start.addr() % page_size(), byte)
            })
        };
        // The BSDs map from the page below, and add the rest to the result.
        let there = Ok((ODD as usize, WRITTEN));
        row.is(what, came, by_system(Err(Errno::EINVAL), there, there));
    }
    let page = page_size() as u64;
    let came = ask(page_size(), READ_WRITE, PRIVATE, -1, page);
    row.is("anonymous, one page", came, by_system(DONE, EINVAL, DONE));
    // SAFETY: a new mapping, which the row keeps.
    let came = unsafe { raw::mmap(ptr::null_mut(), page_size(), READ_WRITE, PRIVATE, -1, 16) };
    let came = came.map(|start| start.addr() % page_size());
    let refused = Err(Errno::EINVAL);
    row.is("anonymous, 16", came, by_system(refused, refused, Ok(16)));
    Ok(())
}

fn no_type(row: &Row<'_>) -> Result<(), Unable> {
    let object = object(page_size())?;
    let came = ask(page_size(), Prot::READ, MapFlags::empty(), object, 0);
    row.is("of an object", came, by_system(EINVAL, EINVAL, DONE));
    let came = ask(page_size(), READ_WRITE, MapFlags::ANONYMOUS, -1, 0);
    row.is("anonymous", came, by_system(EINVAL, DONE, DONE));
    Ok(())
}

fn both_types(row: &Row<'_>) -> Result<(), Unable> {
    let came = ask(page_size(), READ_WRITE, PRIVATE | SHARED, -1, 0);
    row.is("anonymous", came, EINVAL);
    let object = object(page_size())?;
    let both = PRIVATE_OBJECT | SHARED_OBJECT;
    let came = ask(page_size(), READ_WRITE, both, object, 0);
    // The same bits are SHARED_VALIDATE on Linux.
    row.is("of an object", came, by_system(DONE, EINVAL, EINVAL));
    Ok(())
}

fn unknown_bits(row: &Row<'_>) -> Result<(), Unable> {
    let refused = by_system(DONE, EINVAL, DONE);
    let prot = Prot::from_bits_retain(0x43);
    row.is(
        "protection 0x40",
        ask(page_size(), prot, PRIVATE, -1, 0),
        refused,
    );
    for (what, bits) in [
        ("flag 0x400000", 0x40_0000),
        // POPULATE on Linux.
        ("flag 0x8000", 0x8000),
        // GROWSDOWN on Linux.
        #[cfg(not(target_os = "linux"))]
        ("flag 0x100", 0x100),
        ("flag 0x8", 0x8),
    ] {
        // On Linux this bit is a part of the type.
        let expected = if bits == 0x8 {
            by_system(EINVAL, EINVAL, DONE)
        } else {
            refused
        };
        let flags = PRIVATE | MapFlags::from_bits_retain(bits);
        row.is(what, ask(page_size(), READ_WRITE, flags, -1, 0), expected);
    }
    Ok(())
}

fn anonymous_with_descriptor(row: &Row<'_>) -> Result<(), Unable> {
    let expected = by_system(DONE, EINVAL, EINVAL);
    let came = ask(page_size(), READ_WRITE, PRIVATE, 1, 0);
    row.is("descriptor 1", came, expected);
    let object = object(page_size())?;
    let came = ask(page_size(), READ_WRITE, PRIVATE, object, 0);
    row.is("the descriptor of an object", came, expected);
    Ok(())
}

fn no_descriptor(row: &Row<'_>) -> Result<(), Unable> {
    for (what, descriptor) in [("-1", -1), ("one that is not open", 77)] {
        for (kind, flags) in [("private", PRIVATE_OBJECT), ("shared", SHARED_OBJECT)] {
            row.is(
                format_args!("{what}, {kind}"),
                ask(page_size(), Prot::READ, flags, descriptor, 0),
                EBADF,
            );
        }
    }
    Ok(())
}

fn not_mappable(row: &Row<'_>) -> Result<(), Unable> {
    const ROOT: &CStr = c"/";
    let folder = file::open(ROOT, Access::Read)
        .map_err(|number| Unable::because("opening a folder", number))?;
    let came = ask(page_size(), Prot::READ, PRIVATE_OBJECT, folder, 0);
    row.is("a folder", came, by_system(ENODEV, EINVAL, ENODEV));
    #[cfg(target_os = "linux")]
    {
        let [end, _] = file::pipe().map_err(|number| Unable::because("a pipe", number))?;
        let came = ask(page_size(), Prot::READ, PRIVATE_OBJECT, end, 0);
        row.is("a pipe", came, ENODEV);
    }
    Ok(())
}

fn read_only_shared(row: &Row<'_>) -> Result<(), Unable> {
    let program = object::read_only(row.place)?;
    for (what, prot) in [("read and write", READ_WRITE), ("write", Prot::WRITE)] {
        row.is(
            what,
            ask(page_size(), prot, SHARED_OBJECT, program, 0),
            EACCES,
        );
    }
    let came = ask(page_size(), Prot::READ, SHARED_OBJECT, program, 0);
    row.is("read", came, DONE);
    Ok(())
}

fn read_only_private(row: &Row<'_>) -> Result<(), Unable> {
    let program = object::read_only(row.place)?;
    let pages = Pages::of_object(1, PRIVATE_OBJECT, program)?;
    // SAFETY: the row's own copy of the file's first page.
    unsafe {
        row.is("it reads as the file", pages.read(0), b'\x7f');
        pages.write(0, WRITTEN);
        row.is("it can be written", pages.read(0), WRITTEN);
    }
    let other = Pages::of_object(1, PRIVATE_OBJECT, program)?;
    // SAFETY: as above.
    let byte = unsafe { other.read(0) };
    row.is("the file is as it was", byte, b'\x7f');
    Ok(())
}

fn write_only(row: &Row<'_>) -> Result<(), Unable> {
    let Some(file) = File::make(row.place, page_size())? else {
        row.skip("a descriptor for writing only", NO_FOLDER);
        return Ok(());
    };
    let descriptor = file.open(Access::Write)?;
    for (what, flags) in [
        ("read, shared", SHARED_OBJECT),
        ("read, private", PRIVATE_OBJECT),
    ] {
        row.is(
            what,
            ask(page_size(), Prot::READ, flags, descriptor, 0),
            EACCES,
        );
    }
    #[cfg(not(target_os = "freebsd"))]
    {
        let came = ask(page_size(), Prot::WRITE, PRIVATE_OBJECT, descriptor, 0);
        row.is("write, private", came, by_system(EACCES, EACCES, DONE));
    }
    Ok(())
}

/// The first address that no program has on any system here.
const KERNEL_HALF: usize = 0xffff_8000_0000_0000;

fn beyond_the_address_space(row: &Row<'_>) -> Result<(), Unable> {
    let outside = by_system(ENOMEM, EINVAL, Err(Errno::EFBIG));
    let came = ask_fixed(KERNEL_HALF, page_size(), PRIVATE, -1);
    row.is("fixed, in the kernel half", came, outside);
    let place = Pages::free_place(1)?;
    let before = limit::get(Resource::AddressSpace)
        .map_err(|number| Unable::because("getrlimit", number))?;
    let limited = limit::set_current(Resource::AddressSpace, page_size() as u64);
    let came = ask_fixed(place.start.addr(), page_size(), PRIVATE, -1);
    let restored = limit::set_current(Resource::AddressSpace, before.current);
    row.is(
        "the limit can be set",
        (limited, restored),
        (Ok(()), Ok(())),
    );
    row.is("fixed, beyond RLIMIT_AS", came, ENOMEM);
    row.is("nothing is mapped", mapped(place.start, 1), Layout::of("."));
    let came = ask_fixed(place.start.addr(), page_size(), PRIVATE, -1);
    row.is("fixed, within RLIMIT_AS", came, DONE);
    Ok(())
}

fn too_long(row: &Row<'_>) -> Result<(), Unable> {
    row.is("2^48", ask(1 << 48, READ_WRITE, PRIVATE, -1, 0), ENOMEM);
    row.is("2^56", ask(1 << 56, READ_WRITE, PRIVATE, -1, 0), ENOMEM);
    let came = ask(usize::MAX - 100, READ_WRITE, PRIVATE, -1, 0);
    row.is("near 2^64", came, ENOMEM);
    let last_pages = usize::MAX - 4 * page_size() + 1;
    let came = ask_fixed(last_pages, 8 * page_size(), PRIVATE, -1);
    let wraps = by_system(ENOMEM, EINVAL, Err(Errno::EOVERFLOW));
    row.is("fixed, with an end that wraps", came, wraps);
    Ok(())
}

#[cfg(target_os = "linux")]
fn kernel_half(row: &Row<'_>) -> Result<(), Unable> {
    let object = object(page_size())?;
    let high = usize::MAX - 0xffff;
    let came = ask_fixed(high, page_size(), SHARED_OBJECT, object);
    row.is("an object near 2^64", came, ENOMEM);
    let came = ask_fixed(high, page_size(), PRIVATE, -1);
    row.is("anonymous near 2^64", came, ENOMEM);
    Ok(())
}

#[cfg(target_os = "linux")]
fn unknown_flag_validated(row: &Row<'_>) -> Result<(), Unable> {
    use crate::fault::{self, STORED};
    use rawmap_bare::process::Ended;

    let object = object(page_size())?;
    let validated = MapFlags::empty().with_type(rawmap::MapType::SHARED_VALIDATE);
    let unknown = MapFlags::from_bits_retain(0x40_0000);
    let came = ask(page_size(), READ_WRITE, validated | unknown, object, 0);
    row.is("SHARED_VALIDATE", came, Err(Errno::EOPNOTSUPP));
    let came = ask(page_size(), READ_WRITE, SHARED_OBJECT | unknown, object, 0);
    row.is("SHARED", came, DONE);
    let pages = Pages::of_object(1, validated, object)?;
    row.is(
        "SHARED_VALIDATE without it",
        fault::store(pages.start),
        Ended::Exited(0),
    );
    row.is("it is shared", object::byte_at(object, 0)?, Some(STORED));
    Ok(())
}

#[cfg(target_os = "linux")]
fn too_many(row: &Row<'_>) -> Result<(), Unable> {
    use crate::{map_count, placed::Placed, proc};

    let Some(full) = map_count::reach()? else {
        row.skip("vm.max_map_count", proc::MISSING);
        return Ok(());
    };
    row.is("one too many", full.end, Placed::Refused(Errno::ENOMEM));
    row.is("as many as vm.max_map_count allows", full.made, full.room);
    Ok(())
}

#[cfg(target_os = "linux")]
fn future_locks(row: &Row<'_>) -> Result<(), Unable> {
    use crate::place;
    use rawmap::LockAllFlags;

    place::give_up_root()?;
    let set = limit::set_current(Resource::LockedMemory, 2 * page_size() as u64);
    row.is("the limit can be set", set, Ok(()));
    // SAFETY: no byte changes.
    row.is(
        "mlockall",
        unsafe { raw::mlockall(LockAllFlags::FUTURE) },
        DONE,
    );
    let came = ask(page_size(), READ_WRITE, PRIVATE, -1, 0);
    row.is("within the limit", came, DONE);
    let came = ask(2 * page_size(), READ_WRITE, PRIVATE, -1, 0);
    row.is("beyond it", came, Err(Errno::EAGAIN));
    Ok(())
}
