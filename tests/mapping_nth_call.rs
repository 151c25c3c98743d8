//! The n-th call to the address space fails, whichever it is, under everything that owners do: it is reported or made up
//! for, the same thing succeeds afterwards, and nothing is left, mapped or open. What `Drop` cannot unmap is left, since it
//! has nobody to tell: exactly that, and nothing else.
#![cfg(target_os = "linux")]

#[path = "registry/alone.rs"]
mod alone;
#[path = "mapping/file.rs"]
mod file;
#[path = "mapping/leaves_nothing.rs"]
mod leaves_nothing;
#[path = "registry/process_map.rs"]
mod process_map;

use std::{
    cell::{Cell, RefCell},
    ffi::CStr,
};

use file::TestFile;
use leaves_nothing::{Held, leaves_nothing};
use rawmap::{
    Advice, BorrowedFd, Errno, Inherit, Prot, ResidencyFlags, Result,
    mapping::{Builder, Error, Map, MapMut, Mapping, Refused},
    object::{self, Access},
    page_size,
    space::{
        AddressSpace, Attrs, Discard, Failing, Kernel, MapRequest, MoveTo, Placement, Region,
        SyncMode,
    },
};

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
const ARENA: usize = 0x2c_0000_0000;
const ERRORS: [Errno; 2] = [Errno::ENOMEM, Errno::EINVAL];

/// An address space that remembers which regions it was not unmapped.
struct Noting<A> {
    space: A,
    not_unmapped: RefCell<Vec<Region>>,
}

impl<A> Noting<A> {
    fn new(space: A) -> Self {
        Self {
            space,
            not_unmapped: RefCell::new(Vec::with_capacity(4)),
        }
    }
}

// SAFETY: it is the other one.
unsafe impl<A: AddressSpace> AddressSpace for Noting<A> {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        self.space.map(request)
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        // SAFETY: the caller's contract, here and below.
        unsafe { self.space.map_over(at, request) }
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.space.unmap(region) }
            .inspect_err(|_| self.not_unmapped.borrow_mut().push(region))
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.space.protect(region, prot) }
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        // SAFETY: as above.
        unsafe { self.space.remap(region, new_len, to, attrs) }
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.space.advise(region, advice) }
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.space.discard(region, how, attrs) }
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.space.inherit(region, how) }
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        self.space.sync(region, mode, invalidate)
    }

    unsafe fn lock(&self, region: Region) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.space.lock(region) }
    }

    unsafe fn unlock(&self, region: Region) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.space.unlock(region) }
    }
}

/// One run, and what came of it.
struct Trial<'a, A> {
    space: &'a Noting<A>,
    error: Errno,
    operations: Cell<u64>,
    reported: Cell<u64>,
    /// How many mappings `Drop` did not unmap.
    left: Cell<u64>,
}

fn add_one(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

impl<'a, A: AddressSpace> Trial<'a, A> {
    fn new(space: &'a Noting<A>, error: Errno) -> Self {
        Self {
            space,
            error,
            operations: Cell::new(0),
            reported: Cell::new(0),
            left: Cell::new(0),
        }
    }

    /// Does something that succeeds, unless it meets the call that fails; then it succeeds the second time.
    #[track_caller]
    fn run<T>(&self, mut operation: impl FnMut() -> core::result::Result<T, Error>) -> T {
        add_one(&self.operations);
        operation().unwrap_or_else(|error| {
            assert_eq!(error, Error::Os(self.error));
            add_one(&self.reported);
            operation().expect("once more")
        })
    }

    /// Turns a mapping into something else; one that was refused may have to be made one again.
    #[track_caller]
    fn turn<N>(
        &self,
        mapping: Mapping<&'a Noting<A>>,
        turn: impl Fn(
            Mapping<&'a Noting<A>>,
        ) -> core::result::Result<N, Refused<Mapping<&'a Noting<A>>>>,
    ) -> N {
        add_one(&self.operations);
        turn(mapping).unwrap_or_else(|refused| {
            assert_eq!(refused.error(), Error::Os(self.error));
            add_one(&self.reported);
            let mut mapping = refused.into_owner();
            if mapping.prot().is_none() {
                mapping.protect(.., READ_WRITE).expect("one again");
            }
            let again = turn(mapping);
            again.unwrap_or_else(|refused| panic!("once more: {}", refused.error()))
        })
    }

    #[track_caller]
    fn map(&self, builder: Builder<'_>) -> Mapping<&'a Noting<A>> {
        let mapping = self.run(|| builder.map_in(self.space));
        assert!(self.space.not_unmapped.borrow().len() <= 1);
        mapping
    }

    /// Drops an owner. If its range cannot be unmapped it is left, and unmapped here: if that were not all that is left,
    /// it would be seen in the end.
    fn drop<M>(&self, owner: M) {
        add_one(&self.operations);
        let before = self.space.not_unmapped.borrow().len();
        drop(owner);
        for &region in &self.space.not_unmapped.borrow()[before..] {
            add_one(&self.left);
            // SAFETY: whoever owned it is gone.
            unsafe { self.space.space.unmap(region) }.expect("what drop has left");
        }
    }
}

/// The kinds of mapping that there are.
fn builders<'a>(path: &'a CStr, fd: BorrowedFd<'a>) -> Vec<Builder<'a>> {
    let page = page_size();
    let memory = Builder::anonymous(4 * page + 5);
    let of_file = Builder::path(path);
    let fixed = Placement::FixedNoReplace(ARENA);
    vec![
        memory,
        memory.prot(Prot::READ).max_prot(READ_WRITE),
        memory.shared(true),
        memory.guards(1, 0),
        memory.guards(0, 1).align(1 << 20),
        memory.guards(1, 1).placement(fixed),
        memory.guards(1, 1).placement(Placement::Hint(ARENA)),
        memory.lock(true).transparent_huge(true),
        memory
            .lock(true)
            .transparent_huge(true)
            .guards(1, 1)
            .name("locked"),
        memory.populate(true).conceal(true).inherit(Inherit::ZERO),
        memory.align(1 << 21),
        of_file,
        of_file.guards(1, 1).lock(true),
        of_file.prot(READ_WRITE).shared(true).align(1 << 20),
        Builder::descriptor(fd).offset(page as u64).guards(1, 1),
        Builder::object(4 * page),
        Builder::object(4 * page)
            .guards(1, 1)
            .lock(true)
            .placement(fixed),
    ]
}

fn owners<A: AddressSpace>(trial: &Trial<'_, A>, path: &CStr, fd: BorrowedFd<'_>) {
    let page = page_size();
    for builder in builders(path, fd) {
        let mut mapping = trial.map(builder);
        let writes = mapping.max_prot().contains(Prot::WRITE);
        let wanted = mapping.prot().expect("one protection");
        trial.run(|| mapping.protect(..page, Prot::NONE));
        assert_eq!(mapping.prot(), None);
        trial.run(|| mapping.protect(.., wanted));
        assert_eq!(mapping.prot(), Some(wanted));
        trial.run(|| mapping.advise(page.., Advice::RANDOM));
        // SAFETY: the advice is benign.
        trial.run(|| unsafe { mapping.advise_any(.., Advice::NORMAL) });
        trial.run(|| mapping.sync(..page, SyncMode::Wait));
        trial.run(|| mapping.sync_and_invalidate(..0));
        trial.run(|| mapping.lock(..page));
        trial.run(|| mapping.unlock(..));
        trial.run(|| mapping.inherit(Inherit::NONE));
        trial.run(|| mapping.inherit(Inherit::COPY));
        trial.run(|| mapping.conceal(true));
        trial.run(|| mapping.conceal(false));
        trial.run(|| mapping.residency(.., &mut [ResidencyFlags::empty(); 8]));
        // Parts, and one again.
        let mut last = trial.run(|| mapping.split_off(3 * page));
        let first = trial.run(|| mapping.split_to(page));
        trial.run(|| last.protect(.., Prot::NONE));
        trial.run(|| last.protect(.., wanted));
        let mut mapping = first.merge_all(mapping, last);
        if mapping.guards() == (0, 0) {
            let pages_before = mapping.len();
            trial.run(|| mapping.remap(2 * page, MoveTo::InPlace));
            trial.run(|| mapping.remap(page, MoveTo::Anywhere));
            let away = MoveTo::FixedNoReplace(ARENA + 50 * page);
            trial.run(|| mapping.remap(page, away));
            assert_eq!(mapping.as_ptr().addr(), ARENA + 50 * page);
            if builder_grows(&mapping) {
                trial.run(|| mapping.remap(pages_before, MoveTo::InPlace));
                trial.run(|| mapping.remap(2 * pages_before, MoveTo::Anywhere));
            }
        }
        match mapping.into_map() {
            Ok(map) if writes => {
                let open = |mapping: Mapping<_>| mapping.into_map().and_then(Map::into_map_mut);
                let close = |mapping: Mapping<_>| mapping.into_map_mut().and_then(MapMut::into_map);
                let mut map = trial.turn(map.into_mapping(), open);
                map.fill(7);
                let map = trial.turn(map.into_mapping(), close);
                assert!(map.iter().all(|&byte| byte == 7));
                let mut map = trial.turn(map.into_mapping(), open);
                map.fill(8);
                let map = trial.turn(map.into_mapping(), |mapping| {
                    let mut map = mapping.into_map_mut()?;
                    match map.clear(..page) {
                        Ok(()) => Ok(map),
                        Err(error) => {
                            assert_eq!(error, Error::Os(trial.error));
                            add_one(&trial.reported);
                            // What became of the part is not known; it is as before.
                            let mut mapping = map.into_mapping();
                            mapping.protect(.., READ_WRITE).expect("one again");
                            let mut map = mapping.into_map_mut()?;
                            map.clear(..page).expect("once more");
                            Ok(map)
                        }
                    }
                });
                assert!(map[..page].iter().all(|&byte| byte == 0));
                assert!(map[page..].iter().all(|&byte| byte == 8));
                let mut mapping = map.into_mapping();
                for (range, how) in [(0..4 * page, Discard::Zero), (0..page, Discard::Lazy)] {
                    trial.run(|| {
                        if mapping.prot().is_none() {
                            mapping.protect(.., READ_WRITE).expect("one again");
                        }
                        mapping.discard(range.clone(), how)
                    });
                }
                trial.drop(mapping);
            }
            Ok(map) => trial.drop(map),
            Err(refused) => trial.turn(refused.into_owner(), |mapping| mapping.unmap()),
        }
    }
    // Every part by its own drop, and by its own call.
    for guards in [0, 1] {
        let builder = Builder::anonymous(4 * page).guards(guards, guards);
        let mut first = trial.map(builder);
        let mut second = trial.run(|| first.split_off(page));
        let third = trial.run(|| second.split_off(page));
        trial.drop(second);
        trial.turn(third, |third| third.unmap());
        trial.drop(first);
        trial.run(|| Mapping::anonymous_in(trial.space, page).map(|map| trial.drop(map)));
    }
    // Reservations.
    for guards in [0, 1] {
        let builder = Builder::anonymous(4 * page).guards(guards, guards);
        let mut reservation = trial.run(|| builder.reserve_in(trial.space));
        for _ in 0..2 {
            let part = trial.run(|| reservation.commit(page..3 * page, READ_WRITE));
            for at in 0..part.len() {
                // SAFETY: it was committed.
                unsafe {
                    let at = part.cast::<u8>().add(at);
                    assert_eq!(at.read(), 0);
                    at.write(9);
                }
            }
            trial.run(|| reservation.decommit(page..2 * page));
            trial.run(|| reservation.decommit(page..));
        }
        trial.run(|| reservation.commit(.., Prot::READ));
        let mut mapping = reservation.into_mapping();
        trial.run(|| mapping.protect(.., READ_WRITE));
        let map = mapping.into_map_mut().expect("one protection");
        assert!(map.iter().all(|&byte| byte == 0));
        trial.drop(map);
    }
    // A place in use is an error with no call that fails, and with one.
    let there = Builder::anonymous(page).placement(Placement::FixedNoReplace(ARENA));
    let mapping = trial.map(there);
    for guards in [0, 1] {
        let error = there.guards(guards, guards).map_in(trial.space).err();
        if error == Some(Error::Os(trial.error)) {
            add_one(&trial.reported);
        } else {
            assert_eq!(error, Some(Errno::EEXIST.into()));
        }
    }
    trial.drop(mapping);
}

/// What has memory behind its end.
fn builder_grows<A: AddressSpace>(mapping: &Mapping<A>) -> bool {
    !mapping.shared()
}

trait MergeAll: Sized {
    fn merge_all(self, second: Self, third: Self) -> Self;
}

impl<A: AddressSpace> MergeAll for Mapping<A> {
    /// No call is made, and none can fail.
    fn merge_all(mut self, second: Self, third: Self) -> Self {
        self.merge(second).map_err(Error::from).expect("neighbours");
        self.merge(third).map_err(Error::from).expect("neighbours");
        self
    }
}

/// Runs everything with each call refused in turn, until there is none left to be refused.
fn each_call<A: AddressSpace>(space: &A) {
    let page = page_size();
    let file = TestFile::new(5 * page);
    let path = file.path();
    let fd = object::open(&path, Access::Read).expect("open");
    let (mut runs, mut calls, mut operations) = (0, 0, 0);
    let (mut reported, mut made_up_for, mut left_by_drop) = (0, 0, 0);
    // Without a failure, and whatever is made once is made.
    let noting = Noting::new(Failing::new(space, 0, Errno::ENOMEM));
    let trial = Trial::new(&noting, Errno::ENOMEM);
    owners(&trial, &path, fd.borrow());
    leaves_nothing("owners", || owners(&trial, &path, fd.borrow()));
    assert_eq!(
        (trial.reported.get(), noting.not_unmapped.borrow().len()),
        (0, 0)
    );
    let expected_calls = noting.space.calls() / 2;
    for error in ERRORS {
        for nth in 1.. {
            let before = Held::now();
            let noting = Noting::new(Failing::new(space, nth, error));
            let trial = Trial::new(&noting, error);
            owners(&trial, &path, fd.borrow());
            assert_eq!(Held::now(), before, "call {nth} refused with {error}");
            runs += 1;
            operations += trial.operations.get();
            let (told, left) = (trial.reported.get(), trial.left.get());
            if !noting.space.has_failed() {
                assert!(nth > expected_calls);
                assert_eq!((told, left), (0, 0));
                break;
            }
            calls += 1;
            assert!(told + left <= 1, "call {nth}: {told} {left}");
            reported += told;
            left_by_drop += left;
            made_up_for += 1 - told - left;
        }
    }
    println!(
        "{runs} runs, {operations} operations, {calls} calls refused: {reported} reported, \
         {made_up_for} made up for, {left_by_drop} left by Drop"
    );
    assert!(calls >= 2 * expected_calls);
    assert!(reported > 200 && left_by_drop > 10);
}

fn over_the_kernel() {
    each_call(&Kernel);
}

#[cfg(feature = "registry")]
fn over_a_registry() {
    use rawmap::registry::Registry;
    static REGISTRY: Registry = Registry::new(Kernel);
    each_call(&&REGISTRY);
    assert_eq!(REGISTRY.check(), Ok(()));
    assert_eq!((REGISTRY.len(), REGISTRY.mapped_bytes()), (0, 0));
}

fn main() {
    alone::run([
        ("over_the_kernel", over_the_kernel),
        #[cfg(feature = "registry")]
        ("over_a_registry", over_a_registry),
    ]);
}
