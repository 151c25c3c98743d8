//! The portable layer on Linux: what each promise says of bad input, and what the kernel then shows.
#![cfg(target_os = "linux")]

use std::{
    cell::Cell,
    fs,
    ops::Range,
    ptr::{NonNull, without_provenance_mut},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use rawmap::{
    Advice, BorrowedFd, Errno, Inherit, MapFlags, MemfdFlags, OwnedFd, Prot, Result, page_size,
    raw,
    space::{
        AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Placement, Region, SyncMode,
    },
};

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

/// One test at a time: a hole that one of them makes is not to be filled by another one's mapping. Whatever else maps
/// meanwhile, as the harness does for its threads, maps more than the two pages that a hole here has at the most.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pages(count: usize) -> MapRequest<'static> {
    MapRequest::anonymous(count * page_size())
}

/// A mapping of a test's own, unmapped at its end whatever became of it: its pages lie where they lay at first.
struct Owned(Region);

impl Owned {
    fn new(request: &MapRequest<'_>) -> Self {
        Self(Kernel.map(request).expect("a mapping for a test"))
    }

    /// Memory that holds 7, 8, 9 … at the beginnings of its pages.
    fn filled(count: usize) -> Self {
        let owned = Self::new(&pages(count));
        for page in 0..count {
            // SAFETY: the page is the test's, and can be written.
            unsafe { owned.byte(page).write_volatile(7 + page as u8) };
        }
        owned
    }

    fn byte(&self, page: usize) -> *mut u8 {
        self.pages(page..page + 1).as_ptr().cast()
    }

    fn pages(&self, pages: Range<usize>) -> Region {
        assert!(pages.end * page_size() <= self.0.len());
        let start = self.0.as_ptr().wrapping_byte_add(pages.start * page_size());
        Region::new(
            NonNull::new(start).expect("no null"),
            pages.len() * page_size(),
        )
    }

    fn unmap(&self, pages: Range<usize>) {
        // SAFETY: the test's own, and nothing refers to them.
        unsafe { Kernel.unmap(self.pages(pages)) }.expect("unmap");
    }

    fn holds(&self, page: usize) -> u8 {
        // SAFETY: the test asks where it can be read.
        unsafe { self.byte(page).read_volatile() }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the test is over.
        unsafe { Kernel.unmap(self.0) }.expect("unmap");
    }
}

/// A region that nobody has, for calls that are refused before a kernel hears of them.
fn region(start: usize, len: usize) -> Region {
    Region::new(
        NonNull::new(without_provenance_mut(start)).expect("no null"),
        len,
    )
}

/// The first line and the `VmFlags` of the mapping that holds an address.
fn smaps(address: usize) -> Option<(String, String)> {
    let smaps = fs::read_to_string("/proc/self/smaps").expect("smaps");
    let mut lines = smaps.lines();
    while let Some(line) = lines.next() {
        let range = line.split(' ').next().and_then(|word| word.split_once('-'));
        let number = |digits| usize::from_str_radix(digits, 16);
        let Some((Ok(start), Ok(end))) = range.map(|(start, end)| (number(start), number(end)))
        else {
            continue;
        };
        if (start..end).contains(&address) {
            let flags = lines.find(|line| line.starts_with("VmFlags:"));
            return Some((line.into(), format!("{} ", flags.expect("VmFlags"))));
        }
    }
    None
}

fn has_vm_flag(region: Region, flag: &str) -> bool {
    let (_, flags) = smaps(region.start()).expect("a mapping");
    flags.contains(&format!(" {flag} "))
}

fn permissions(region: Region) -> String {
    let (line, _) = smaps(region.start()).expect("a mapping");
    line.split(' ').nth(1).expect("permissions").into()
}

/// An object of this many pages.
fn object(pages: usize) -> OwnedFd {
    // SAFETY: the name ends with a null byte, and the descriptor is nobody else's.
    let object = unsafe {
        OwnedFd::from_raw(
            raw::memfd_create(c"rawmap-space".as_ptr(), MemfdFlags::CLOEXEC).expect("an object"),
        )
    };
    let path = format!("/proc/self/fd/{}", object.as_raw());
    let file = fs::OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.set_len((pages * page_size()) as u64))
        .expect("room");
    object
}

/// Every method that takes a region of which nothing need be moved or unmapped, by name.
fn calls_on(region: Region, attrs: &Attrs) -> [(&'static str, Result<()>); 8] {
    // SAFETY: the region is the test's, is empty, or is refused.
    unsafe {
        [
            ("protect", Kernel.protect(region, READ_WRITE)),
            ("advise", Kernel.advise(region, Advice::NORMAL)),
            (
                "discard lazily",
                Kernel.discard(region, Discard::Lazy, attrs),
            ),
            (
                "discard to zero",
                Kernel.discard(region, Discard::Zero, attrs),
            ),
            ("inherit", Kernel.inherit(region, Inherit::COPY)),
            ("sync", Kernel.sync(region, SyncMode::Wait, false)),
            ("lock", Kernel.lock(region)),
            ("unlock", Kernel.unlock(region)),
        ]
    }
}

#[test]
fn a_length_of_0() {
    let _alone = alone();
    let owned = Owned::filled(1);
    let (empty, attrs) = (owned.pages(0..0), Attrs::new());
    assert_eq!(Kernel.map(&pages(0)), Err(Errno::EINVAL));
    // SAFETY: nothing is unmapped, moved or replaced.
    unsafe {
        assert_eq!(Kernel.unmap(empty), Err(Errno::EINVAL));
        for to in [MoveTo::InPlace, MoveTo::Anywhere] {
            assert_eq!(
                Kernel.remap(empty, page_size(), to, &attrs),
                Err(Errno::EINVAL)
            );
            assert_eq!(Kernel.remap(owned.0, 0, to, &attrs), Err(Errno::EINVAL));
        }
        assert_eq!(Kernel.map_over(empty, &pages(0)), Err(Errno::EINVAL));
    }
    for (name, answer) in calls_on(empty, &attrs) {
        assert_eq!(answer, Ok(()), "{name}");
    }
    assert_eq!(owned.holds(0), 7);
}

#[test]
fn an_address_that_is_not_aligned_or_a_range_that_wraps() {
    let _alone = alone();
    let owned = Owned::filled(2);
    let (page, attrs) = (page_size(), Attrs::new());
    let start = owned.0.start();
    let mut refused = 0;
    for bad in [
        region(start + 1, page),
        region(start + page - 1, 1),
        region(start, usize::MAX),
        region(0usize.wrapping_sub(2 * page), 3 * page),
    ] {
        // SAFETY: nothing is unmapped, moved or replaced.
        unsafe {
            assert_eq!(Kernel.unmap(bad), Err(Errno::EINVAL), "{bad:?}");
            assert_eq!(Kernel.map_over(bad, &pages(1)), Err(Errno::EINVAL));
            let moved = Kernel.remap(bad, page, MoveTo::Anywhere, &attrs);
            assert_eq!(moved, Err(Errno::EINVAL), "{bad:?}");
        }
        for (name, answer) in calls_on(bad, &attrs) {
            assert_eq!(answer, Err(Errno::EINVAL), "{name} {bad:?}");
            refused += 1;
        }
    }
    println!("{refused} calls refused");
    assert!(refused > 0);
    for request in [
        pages(1).placement(Placement::FixedNoReplace(start + 1)),
        pages(2).placement(Placement::FixedNoReplace(0usize.wrapping_sub(page))),
        pages(1).align(0),
        pages(1).align(3 * page),
        MapRequest::file(object(1).borrow(), 1, page),
    ] {
        assert_eq!(Kernel.map(&request), Err(Errno::EINVAL), "{request:?}");
    }
    // SAFETY: nothing is moved.
    let moved = unsafe { Kernel.remap(owned.0, page, MoveTo::FixedNoReplace(start + 1), &attrs) };
    assert_eq!(moved, Err(Errno::EINVAL));
    assert_eq!([owned.holds(0), owned.holds(1)], [7, 8]);
}

#[test]
fn more_than_a_program_can_have() {
    let _alone = alone();
    let owned = Owned::filled(1);
    let largest = isize::MAX as usize;
    for len in [largest - page_size(), largest, largest + 1, usize::MAX] {
        for request in [
            MapRequest::anonymous(len),
            MapRequest::anonymous(len).align(1 << 21),
        ] {
            assert_eq!(Kernel.map(&request), Err(Errno::ENOMEM), "{request:?}");
        }
        for to in [MoveTo::InPlace, MoveTo::Anywhere] {
            // SAFETY: nothing is moved.
            let moved = unsafe { Kernel.remap(owned.0, len, to, &Attrs::new()) };
            assert_eq!(moved, Err(Errno::ENOMEM), "{len:#x} {to:?}");
        }
    }
    let kernels = 0usize.wrapping_sub(1 << 30);
    let place = Placement::FixedNoReplace(kernels);
    assert_eq!(Kernel.map(&pages(1).placement(place)), Err(Errno::ENOMEM));
    let to = MoveTo::FixedNoReplace(kernels);
    // SAFETY: nothing is moved.
    let moved = unsafe { Kernel.remap(owned.0, page_size(), to, &Attrs::new()) };
    assert_eq!(moved, Err(Errno::ENOMEM));
    assert_eq!(owned.holds(0), 7);
}

#[test]
fn a_hint_is_never_an_error_and_replaces_nothing() {
    let _alone = alone();
    let owned = Owned::filled(2);
    for hint in [
        owned.0.start(),
        owned.0.start() + 1,
        0,
        1,
        usize::MAX,
        0usize.wrapping_sub(1 << 30),
    ] {
        let there = Owned::new(&pages(1).placement(Placement::Hint(hint)));
        assert_eq!(there.holds(0), 0, "{hint:#x}");
    }
    assert_eq!([owned.holds(0), owned.holds(1)], [7, 8]);
}

#[test]
fn a_fixed_place_in_use_is_eexist_and_a_free_one_is_taken() {
    let _alone = alone();
    let owned = Owned::filled(4);
    owned.unmap(1..3);
    let at = |page: usize| Placement::FixedNoReplace(owned.0.start() + page * page_size());
    for (page, count) in [(0, 1), (0, 4), (1, 3), (2, 2), (3, 1)] {
        let request = pages(count).placement(at(page));
        assert_eq!(Kernel.map(&request), Err(Errno::EEXIST), "{page} {count}");
    }
    assert_eq!([owned.holds(0), owned.holds(3)], [7, 10]);
    let nowhere = pages(1).placement(Placement::FixedNoReplace(0));
    assert_eq!(Kernel.map(&nowhere), Err(Errno::EPERM));
    let there = Kernel.map(&pages(2).placement(at(1)));
    assert_eq!(there, Ok(owned.pages(1..3)));
}

#[test]
fn what_is_aligned_is_the_mapping_itself() {
    let _alone = alone();
    let object = object(2);
    for align in [1, page_size(), 1 << 16, 1 << 21, 1 << 24] {
        for request in [
            pages(3),
            pages(1).prot(Prot::NONE),
            pages(1).shared(true),
            MapRequest::file(object.borrow(), page_size() as u64, page_size()),
        ] {
            let owned = Owned::new(&request.align(align).conceal(true));
            assert!(
                owned.0.start().is_multiple_of(align),
                "{owned:?}",
                owned = owned.0
            );
            assert!(has_vm_flag(owned.0, "dd"));
        }
    }
}

#[test]
fn a_protection_beyond_its_maximum_or_its_descriptor() {
    let _alone = alone();
    let beyond = pages(1).max_prot(Prot::READ);
    assert_eq!(Kernel.map(&beyond), Err(Errno::EINVAL));
    let unknown = pages(1).prot(Prot::from_bits_retain(1 << 30));
    assert_eq!(Kernel.map(&unknown), Err(Errno::EINVAL));
    let program = fs::File::open("/proc/self/exe").expect("the program");
    // SAFETY: it is open until the end of the test.
    let program = unsafe { BorrowedFd::from_raw(std::os::fd::AsRawFd::as_raw_fd(&program)) };
    let request = MapRequest::file(program, 0, page_size());
    let writable = request.shared(true).prot(READ_WRITE);
    assert_eq!(Kernel.map(&writable), Err(Errno::EACCES));
    let readable = Owned::new(&request.shared(true));
    // SAFETY: nothing changes.
    let protected = unsafe { Kernel.protect(readable.0, READ_WRITE) };
    assert_eq!(protected, Err(Errno::EACCES));
    assert_eq!(permissions(readable.0), "r--s");
    let fixed = pages(1).flags(MapFlags::FIXED);
    assert_eq!(Kernel.map(&fixed), Err(Errno::EINVAL));
}

#[test]
fn attributes_are_what_the_kernel_shows() {
    let _alone = alone();
    let owned = Owned::new(&pages(1).conceal(true).inherit(Inherit::NONE).populate(true));
    assert!(has_vm_flag(owned.0, "dd") && has_vm_flag(owned.0, "dc"));
    let mut resident = 0;
    // SAFETY: a byte for the page.
    unsafe { raw::mincore(owned.0.as_ptr(), page_size(), &raw mut resident) }.expect("mincore");
    assert_eq!(resident & 1, 1);
    // SAFETY: the test's own; its process has no children that know of it.
    unsafe {
        for (how, [dont, wipe]) in [
            (Inherit::ZERO, [false, true]),
            (Inherit::COPY, [false, false]),
            (Inherit::NONE, [true, false]),
        ] {
            Kernel.inherit(owned.0, how).expect("a policy");
            assert_eq!(has_vm_flag(owned.0, "dc"), dont, "{how:?}");
            if how != Inherit::NONE {
                assert_eq!(has_vm_flag(owned.0, "wf"), wipe, "{how:?}");
            }
        }
        let shared = Kernel.inherit(owned.0, Inherit::SHARE);
        assert_eq!(shared, Err(Errno::ENOTSUP));
    }
    for request in [
        pages(1).shared(true).inherit(Inherit::ZERO),
        MapRequest::file(object(1).borrow(), 0, page_size()).inherit(Inherit::ZERO),
    ] {
        assert_eq!(Kernel.map(&request), Err(Errno::EINVAL));
    }
}

#[test]
fn populating_beyond_the_end_of_an_object_is_an_error() {
    let _alone = alone();
    let object = object(1);
    let request = MapRequest::file(object.borrow(), 0, 2 * page_size());
    Owned::new(&request);
    assert_eq!(Kernel.map(&request.populate(true)), Err(Errno::EFAULT));
}

#[test]
fn protecting_over_a_hole_is_enomem() {
    let _alone = alone();
    let owned = Owned::filled(3);
    owned.unmap(1..2);
    // SAFETY: the test's own.
    let protected = unsafe { Kernel.protect(owned.0, Prot::READ) };
    assert_eq!(protected, Err(Errno::ENOMEM));
    assert_eq!([owned.holds(0), owned.holds(2)], [7, 9]);
}

#[test]
fn remapping_replaces_nothing() {
    let _alone = alone();
    // Before the hole, which it would fill.
    let other = Owned::filled(1);
    let owned = Owned::filled(5);
    owned.unmap(1..3);
    let attrs = Attrs::new();
    let to = |page: usize| MoveTo::FixedNoReplace(owned.0.start() + page * page_size());
    let remap = |region, count: usize, to| {
        // SAFETY: the test's own, and nothing refers to it.
        unsafe { Kernel.remap(region, count * page_size(), to, &attrs) }
    };
    let first = owned.pages(0..1);
    for (count, to) in [(1, to(0)), (1, to(3)), (2, to(0)), (3, to(1)), (2, to(2))] {
        assert_eq!(
            remap(first, count, to),
            Err(Errno::EEXIST),
            "{count} {to:?}"
        );
    }
    assert_eq!(
        remap(first, 1, MoveTo::FixedNoReplace(0)),
        Err(Errno::EPERM)
    );
    assert_eq!(remap(first, 4, MoveTo::InPlace), Err(Errno::ENOMEM));
    assert_eq!([owned.holds(0), owned.holds(3)], [7, 10]);
    assert_eq!(remap(first, 3, MoveTo::InPlace), Ok(owned.pages(0..3)));
    assert_eq!([owned.holds(0), owned.holds(2)], [7, 0]);
    assert_eq!(
        remap(owned.pages(0..3), 1, MoveTo::InPlace),
        Ok(owned.pages(0..1))
    );
    assert!(smaps(owned.pages(1..2).start()).is_none());
    assert_eq!(remap(other.0, 1, to(1)), Ok(owned.pages(1..2)));
    assert_eq!(owned.holds(1), 7);
    // What moved away is not there any more, and unmapping it at the end of the test is no error.
    assert!(smaps(other.0.start()).is_none());
}

#[test]
fn remapping_what_cannot_be() {
    let _alone = alone();
    let shared = Owned::new(&pages(1).shared(true));
    let attrs = Attrs::new();
    // SAFETY: nothing is moved.
    unsafe {
        let grown = Kernel.remap(
            shared.0,
            2 * page_size(),
            MoveTo::Anywhere,
            &attrs.with_shared(true),
        );
        assert_eq!(grown, Err(Errno::ENOTSUP));
        let owned = Owned::filled(2);
        Kernel
            .inherit(owned.pages(1..2), Inherit::NONE)
            .expect("a policy");
        for count in [2, 3] {
            let hole = Owned::new(&pages(count + 2));
            let at = hole.pages(1..2).start();
            hole.unmap(1..count + 1);
            let to = MoveTo::FixedNoReplace(at);
            let moved = Kernel.remap(owned.0, count * page_size(), to, &attrs);
            assert_eq!(moved, Err(Errno::ENOTSUP), "{count}");
            assert!(smaps(at).is_none(), "{count}");
        }
        assert_eq!([owned.holds(0), owned.holds(1)], [7, 8]);
    }
}

#[test]
fn discarding_keeps_what_the_memory_is() {
    let _alone = alone();
    let owned = Owned::filled(2);
    let attrs = Attrs::new().with_prot(Prot::READ);
    // SAFETY: the test's own.
    unsafe {
        Kernel.protect(owned.0, Prot::READ).expect("protect");
        Kernel.inherit(owned.0, Inherit::NONE).expect("a policy");
        let first = owned.pages(0..1);
        Kernel
            .discard(first, Discard::Zero, &attrs)
            .expect("discard");
        assert_eq!([owned.holds(0), owned.holds(1)], [0, 8]);
        assert_eq!(permissions(first), "r--p");
        assert!(has_vm_flag(first, "dc"));
        let object = object(1);
        for (request, attrs) in [
            (pages(1).shared(true), Attrs::new().with_shared(true)),
            (
                MapRequest::file(object.borrow(), 0, page_size()),
                MapRequest::file(object.borrow(), 0, 1).attrs(),
            ),
        ] {
            let other = Owned::new(&request);
            for how in [Discard::Lazy, Discard::Zero] {
                let discarded = Kernel.discard(other.0, how, &attrs);
                assert_eq!(discarded, Err(Errno::ENOTSUP), "{how:?}");
            }
        }
    }
}

#[test]
fn writing_back_over_a_hole_and_in_a_way_that_makes_no_sense() {
    let _alone = alone();
    let object = object(3);
    let request = MapRequest::file(object.borrow(), 0, 3 * page_size()).shared(true);
    let owned = Owned::new(&request);
    let sync = |mode, invalidate| Kernel.sync(owned.0, mode, invalidate);
    assert_eq!(sync(SyncMode::Start, true), Err(Errno::EINVAL));
    for (mode, invalidate) in [
        (SyncMode::Start, false),
        (SyncMode::Wait, false),
        (SyncMode::Wait, true),
    ] {
        assert_eq!(sync(mode, invalidate), Ok(()));
    }
    owned.unmap(1..2);
    assert_eq!(sync(SyncMode::Wait, false), Err(Errno::ENOMEM));
}

#[test]
fn locks_do_not_nest() {
    let _alone = alone();
    let owned = Owned::filled(3);
    // SAFETY: the test's own.
    unsafe {
        assert_eq!(Kernel.unlock(owned.0), Ok(()));
        Kernel.lock(owned.pages(0..1)).expect("lock");
        Kernel.lock(owned.pages(0..1)).expect("lock");
        assert!(has_vm_flag(owned.0, "lo"));
        assert_eq!(Kernel.unlock(owned.0), Ok(()));
        assert!(!has_vm_flag(owned.0, "lo"));
        owned.unmap(1..2);
        assert_eq!(Kernel.lock(owned.0), Err(Errno::ENOMEM));
    }
}

#[test]
fn replacing_takes_the_same_length_and_no_placement() {
    let _alone = alone();
    let owned = Owned::filled(3);
    let middle = owned.pages(1..2);
    // SAFETY: the test's own, replacing it included.
    unsafe {
        for request in [
            pages(2),
            pages(1).placement(Placement::Hint(middle.start())),
            pages(1).placement(Placement::FixedNoReplace(middle.start())),
        ] {
            let replaced = Kernel.map_over(middle, &request);
            assert_eq!(replaced, Err(Errno::EINVAL), "{request:?}");
        }
        assert_eq!(owned.holds(1), 8);
        assert_eq!(Kernel.map_over(middle, &pages(1)), Ok(middle));
    }
    assert_eq!([0, 1, 2].map(|page| owned.holds(page)), [7, 0, 9]);
}

/// An address space that somebody else wrote: it counts, and does not lock.
struct Counting<A> {
    space: A,
    mapped: Cell<usize>,
}

// SAFETY: what succeeds is the other space's.
unsafe impl<A: AddressSpace> AddressSpace for Counting<A> {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        let region = self.space.map(request)?;
        self.mapped.set(self.mapped.get() + region.len());
        Ok(region)
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        // SAFETY: the caller's contract.
        unsafe { self.space.map_over(at, request) }
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.space.unmap(region) }?;
        self.mapped.set(self.mapped.get() - region.len());
        Ok(())
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.space.protect(region, prot) }
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        // SAFETY: the caller's contract.
        unsafe { self.space.remap(region, new_len, to, attrs) }
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.space.advise(region, advice) }
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.space.discard(region, how, attrs) }
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        // SAFETY: the caller's contract.
        unsafe { self.space.inherit(region, how) }
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        self.space.sync(region, mode, invalidate)
    }
}

/// What a user of address spaces does, whichever it is.
fn use_it<A: AddressSpace>(space: A) -> Result<()> {
    let request = pages(2);
    let region = space.map(&request)?;
    // SAFETY: this function's own, and nothing refers to it.
    unsafe {
        region.as_ptr().cast::<u8>().write(3);
        space.protect(region, Prot::READ)?;
        assert_eq!(region.as_ptr().cast::<u8>().read(), 3);
        space.unmap(region)
    }
}

#[test]
fn an_address_space_of_ones_own_by_value_by_reference_and_as_an_object() {
    let _alone = alone();
    use_it(Kernel).expect("the kernel");
    let kernel: &dyn AddressSpace = &Kernel;
    use_it(kernel).expect("an object");
    let reference: &&dyn AddressSpace = &kernel;
    use_it(reference).expect("a reference to an object");
    let counting = Counting {
        space: kernel,
        mapped: Cell::new(0),
    };
    use_it(&counting).expect("one's own");
    let object: &dyn AddressSpace = &counting;
    let region = object.map(&pages(3)).expect("a mapping");
    assert_eq!(counting.mapped.get(), 3 * page_size());
    // SAFETY: the test's own.
    unsafe {
        assert_eq!(object.lock(region), Err(Errno::ENOTSUP));
        assert_eq!(object.unlock(region), Err(Errno::ENOTSUP));
        object.unmap(region).expect("unmap");
    }
    assert_eq!(counting.mapped.get(), 0);
}

#[test]
fn one_thread_at_a_time_gets_a_fixed_place() {
    const THREADS: u32 = 4;
    const TIMES: usize = 500;
    let _alone = alone();
    let owned = Owned::filled(3);
    owned.unmap(1..2);
    let place = owned.pages(1..2);
    let request = pages(1).placement(Placement::FixedNoReplace(place.start()));
    let (inside, won, lost) = (AtomicU32::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    // Tries until it gets the place, and shows that nobody else has it until it gives it back.
    let take_and_give_back = |thread| {
        let region = loop {
            match Kernel.map(&request) {
                Ok(region) => break region,
                Err(error) => assert_eq!(error, Errno::EEXIST),
            }
            lost.fetch_add(1, SeqCst);
            thread::yield_now();
        };
        let word = region.as_ptr().cast::<u32>();
        // SAFETY: the page is this thread's until it unmaps it.
        unsafe {
            assert_eq!(inside.swap(thread, SeqCst), 0);
            assert_eq!(word.read_volatile(), 0);
            word.write_volatile(thread);
            thread::yield_now();
            assert_eq!(word.read_volatile(), thread);
            assert_eq!(inside.swap(0, SeqCst), thread);
            Kernel.unmap(region).expect("unmap");
        }
        won.fetch_add(1, SeqCst);
    };
    thread::scope(|scope| {
        for thread in 1..=THREADS {
            let take_and_give_back = &take_and_give_back;
            scope.spawn(move || (0..TIMES).for_each(|_| take_and_give_back(thread)));
        }
    });
    let (won, lost) = (won.into_inner(), lost.into_inner());
    println!("{won} won, {lost} lost");
    assert_eq!(won, THREADS as usize * TIMES);
    assert!(lost > 0);
    assert!(smaps(place.start()).is_none());
    assert_eq!([owned.holds(0), owned.holds(2)], [7, 9]);
}

/// What a descriptor's number leads to.
fn behind(descriptor: i32) -> Option<String> {
    let link = fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
    Some(link.to_string_lossy().into_owned())
}

#[test]
fn a_descriptor_is_closed_once() {
    let _alone = alone();
    let is_open = |descriptor| behind(descriptor).is_some_and(|path| path.contains("rawmap-space"));
    let owned = object(1);
    let number = owned.as_raw();
    assert_eq!(owned.borrow().as_raw(), number);
    assert!(is_open(number));
    owned.close().expect("close");
    assert!(!is_open(number));
    let owned = object(1);
    let number = owned.as_raw();
    drop(owned);
    assert!(!is_open(number));
    let number = object(1).into_raw();
    assert!(is_open(number));
    // SAFETY: it was given up just now.
    drop(unsafe { OwnedFd::from_raw(number) });
    assert!(!is_open(number));
    // A mapping needs no descriptor.
    let owned = object(1);
    let mapped = Owned::new(&MapRequest::file(owned.borrow(), 0, page_size()));
    drop(owned);
    assert_eq!(mapped.holds(0), 0);
}

#[cfg(feature = "std")]
#[test]
fn descriptors_convert_from_and_to_those_of_the_standard_library() {
    use std::os::fd::{AsFd, AsRawFd};

    let _alone = alone();
    let owned = object(1);
    let number = owned.as_raw();
    assert_eq!(owned.as_fd().as_raw_fd(), number);
    assert_eq!(owned.borrow().as_fd().as_raw_fd(), number);
    let standard = std::os::fd::OwnedFd::from(owned);
    assert_eq!(standard.as_raw_fd(), number);
    assert_eq!(BorrowedFd::from(standard.as_fd()).as_raw(), number);
    let file = fs::File::from(standard);
    file.set_len(2).expect("two bytes");
    let owned = OwnedFd::from(std::os::fd::OwnedFd::from(file));
    assert_eq!(owned.as_raw(), number);
    let standard = std::os::fd::BorrowedFd::from(owned.borrow());
    assert_eq!(standard.as_raw_fd(), number);
    assert!(behind(number).is_some());
    drop(owned);
    assert!(behind(number).is_none_or(|path| !path.contains("rawmap-space")));
}
