//! Forked children: their first operation makes a registry of their own out of their parent's, whatever its threads were
//! doing.
#![cfg(all(target_os = "linux", feature = "registry"))]

#[path = "registry/agreement.rs"]
mod agreement;
#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/arena.rs"]
mod arena;
#[path = "registry/process_map.rs"]
mod process_map;
#[path = "registry/touched.rs"]
mod touched;

use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{
        AtomicBool, AtomicU32, AtomicUsize,
        Ordering::{Relaxed, SeqCst},
    },
    thread,
};

use agreement::agree;
use arena::{Arena, Numbers, PAGE};
use nix::{
    sys::wait::{WaitStatus, wait, waitpid},
    unistd::{ForkResult, Pid, fork},
};
use process_map::ProcessMap;
use rawmap::{
    Advice, Inherit, Prot, Result,
    registry::Registry,
    space::{
        AddressSpace, Attrs, Discard, Kernel, MapRequest, MoveTo, Placement, Region, SyncMode,
    },
};
use touched::touched;

const WRITERS: usize = 2;
const FORKS: u32 = 400;
const DEPTH: usize = 1000;
const INTERRUPTED: u32 = 600;
const PAGES: usize = 64;
const LONGEST: usize = 10;
/// How a child ends that found nothing wrong, and little to compare.
const NEARLY_ALL_UNDER_WAY: i32 = 3;
const ARENAS: usize = 0x30_0000_0000;
const APART: usize = 0x1_0000_0000;
/// What no writer touches.
const PINS: usize = 0x2f_0000_0000;
/// Where a child maps first.
const ELSEWHERE: usize = 0x2e_0000_0000;
/// The bytes of a descriptor.
const NODE: usize = 384;
/// Where slabs lie.
const SLABS: Range<usize> = 0x1000_0000_0000..0x5000_0000_0000;

/// Runs a child, which does this and ends; and says how it ended.
fn child(run: impl FnOnce()) -> Pid {
    // SAFETY: what the child does needs no lock of another thread: the C library's fork sees to the allocator's.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Parent { child } => child,
        ForkResult::Child => end(catch_unwind(AssertUnwindSafe(run)).is_ok()),
    }
}

fn end(well: bool) -> ! {
    // SAFETY: nothing is to be run at the end of a child.
    unsafe { libc::_exit(i32::from(!well)) }
}

fn ended_well(child: Pid) {
    assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 0)));
}

/// The first thing that a child does.
fn recover<A: AddressSpace>(registry: &Registry<A>) {
    let request = MapRequest::anonymous(PAGE).placement(Placement::FixedNoReplace(ELSEWHERE));
    let region = registry.map(&request).expect("map");
    assert_eq!(registry.find(ELSEWHERE).map(|info| info.len()), Some(PAGE));
    // SAFETY: it was made just now.
    unsafe { registry.unmap(region) }.expect("unmap");
    assert_eq!(registry.find(ELSEWHERE), None);
    assert_eq!(registry.check(), Ok(()));
}

/// What a writer is about, for children to see.
struct Writer {
    ranges: [(AtomicUsize, AtomicUsize); 2],
}

impl Writer {
    const fn new() -> Self {
        Self {
            ranges: [const { (AtomicUsize::new(0), AtomicUsize::new(0)) }; 2],
        }
    }

    fn say(&self, ranges: &[Range<usize>; 2]) {
        for (said, range) in self.ranges.iter().zip(ranges) {
            said.0.store(range.start, SeqCst);
            said.1.store(range.end, SeqCst);
        }
    }

    /// All that it is about.
    fn ranges(&self) -> [Range<usize>; 2] {
        self.ranges
            .each_ref()
            .map(|range| range.0.load(SeqCst)..range.1.load(SeqCst))
    }
}

static SHARED: Registry = Registry::new(Kernel);
static STOP: AtomicBool = AtomicBool::new(false);
static WRITER: [Writer; WRITERS] = [const { Writer::new() }; WRITERS];

/// Stops the writers when it goes, also where a child found something wrong: they are waited for.
struct Stop;

impl Drop for Stop {
    fn drop(&mut self) {
        STOP.store(true, Relaxed);
    }
}

fn arena(number: usize) -> Arena {
    Arena::new(ARENAS + number * APART, PAGES)
}

fn write(number: usize, arena: &Arena, registry: &Registry) {
    let mut numbers = Numbers::new(77 + number as u64);
    while !STOP.load(Relaxed) {
        let step = arena.any(&mut numbers, LONGEST);
        let everything = arena.range(0, PAGES);
        match step.operation {
            // What is known elsewhere in the arena is forgotten as well.
            arena::Operation::Retrack => WRITER[number].say(&[everything.clone(), everything]),
            _ => WRITER[number].say(&touched(arena, &step)),
        }
        let _ = arena.run(registry, &step);
    }
    WRITER[number].say(&[0..0, 0..0]);
}

/// Compares an arena with the kernel where nothing was under way when the child was made.
fn compare(arena: &Arena, map: &mut ProcessMap, under_way: &[Range<usize>; 2]) -> usize {
    let lines = map.read();
    let mut compared = 0;
    for page in 0..PAGES {
        let range = arena.range(page, 1);
        // A move asks the kernel of the page behind as well, which may be there for a moment.
        let is_busy = |busy: &Range<usize>| busy.contains(&range.start) || busy.end == range.start;
        if under_way.iter().any(is_busy) {
            continue;
        }
        let info = SHARED.find(range.start);
        let line = lines
            .iter()
            .find(|line| (line.start..line.end).contains(&range.start));
        let said = info.map(|info| (info.prot(), info.shared(), info.changing()));
        let is = line.map(|line| (Some(line.prot), line.shared, false));
        // A child does not inherit what has that policy; the registry forgets it.
        assert_eq!(said, is, "{:#x}, {under_way:x?}", range.start);
        compared += 1;
    }
    compared
}

fn pin(at: usize, inherit: Inherit) -> Region {
    let place = Placement::FixedNoReplace(PINS + at * 4 * PAGE);
    let request = MapRequest::anonymous(2 * PAGE).inherit(inherit);
    let region = SHARED.map(&request.placement(place)).expect("map");
    // SAFETY: it is the test's own.
    unsafe { region.as_ptr().cast::<u8>().write_volatile(9) };
    region
}

fn while_others_change() {
    let policies = [Inherit::COPY, Inherit::NONE, Inherit::ZERO];
    let pins: Vec<Region> = policies
        .iter()
        .enumerate()
        .map(|(at, policy)| pin(at, *policy))
        .collect();
    let arenas: Vec<Arena> = (0..WRITERS).map(arena).collect();
    let mut map = ProcessMap::with_room(1 << 20);
    let mut under_way = 0;
    let compared = thread::scope(|scope| {
        let writers: Vec<_> = arenas
            .iter()
            .enumerate()
            .map(|(number, arena)| scope.spawn(move || write(number, arena, &SHARED)))
            .collect();
        let stop = Stop;
        let mut compared = 0;
        for _ in 0..FORKS {
            // How it ends says whether it had anything to compare: both writers may be about all of their arenas.
            let child = child(|| {
                let busy: Vec<_> = WRITER.iter().map(Writer::ranges).collect();
                recover(&SHARED);
                let found = pins.iter().map(|pin| SHARED.find(pin.start()).is_some());
                assert!(found.eq([true, false, true]), "the inherited pins");
                // SAFETY: it is there, and the child's.
                let bytes = [pins[0], pins[2]]
                    .map(|pin| unsafe { pin.as_ptr().cast::<u8>().read_volatile() });
                assert_eq!(bytes, [9, 0]);
                let mut compared = 0;
                for (arena, busy) in arenas.iter().zip(&busy) {
                    compared += compare(arena, &mut map, busy);
                }
                // It goes on with them.
                let mut numbers = Numbers::new(5);
                for _ in 0..50 {
                    let _ = arenas[0].run(&SHARED, &arenas[0].any(&mut numbers, LONGEST));
                }
                assert_eq!(SHARED.check(), Ok(()));
                if compared <= PAGES / 2 {
                    // SAFETY: nothing is to be run at the end of a child.
                    unsafe { libc::_exit(NEARLY_ALL_UNDER_WAY) };
                }
            });
            match waitpid(child, None) {
                Ok(WaitStatus::Exited(_, 0)) => compared += 1,
                Ok(WaitStatus::Exited(_, NEARLY_ALL_UNDER_WAY)) => {}
                other => panic!("a child: {other:?}"),
            }
            under_way += u32::from(SHARED.iter().any(|info| info.changing()));
        }
        drop(stop);
        // The scope waits for what they do, and not for their end, in which they hold a lock of the standard library's that
        // a child of the next test would wait for.
        for writer in writers {
            writer.join().expect("a writer");
        }
        compared
    });
    assert_eq!(SHARED.check(), Ok(()));
    for arena in &arenas {
        agree(&SHARED, map.read(), &arena.range(0, PAGES)).expect("agreement");
        arena.clear(&SHARED);
    }
    println!(
        "{FORKS} forks while {WRITERS} threads changed mappings, {compared} children compared, {under_way} times seen changing"
    );
    assert!(
        compared > FORKS / 2,
        "in {compared} children alone was there something to compare"
    );
}

/// The bytes of all slabs.
fn slabs(map: &mut ProcessMap) -> usize {
    let lines = map.read().iter();
    let slabs = lines.filter(|line| SLABS.contains(&line.start));
    slabs.map(|line| line.end - line.start).sum()
}

/// Each generation has a thread that changes mappings while the next one is made: nothing of what that thread had taken
/// may be lost.
fn generations() {
    let arena: &'static Arena = Box::leak(Box::new(arena(0)));
    let mut map = ProcessMap::with_room(1 << 20);
    static STARTED: AtomicBool = AtomicBool::new(false);
    for _ in 0..DEPTH {
        STOP.store(false, SeqCst);
        STARTED.store(false, SeqCst);
        let writer = thread::Builder::new().stack_size(1 << 16);
        let write = move || {
            STARTED.store(true, SeqCst);
            write(0, arena, &SHARED);
        };
        writer.spawn(write).expect("a thread");
        while !STARTED.load(SeqCst) {
            thread::yield_now();
        }
        // SAFETY: as in `child`.
        if let ForkResult::Parent { .. } = unsafe { fork() }.expect("fork") {
            end(true);
        }
        recover(&SHARED);
        arena.clear(&SHARED);
    }
    let slabs = slabs(&mut map);
    println!("{slabs} bytes of slabs at last");
    assert!(slabs < DEPTH * NODE / 2, "descriptors were lost");
}

fn a_thousand_deep() {
    // Whoever's parent is gone becomes this one's child.
    // SAFETY: it changes who waits for whom.
    let reaper = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
    assert_eq!(reaper, 0);
    child(generations);
    let mut ended = 0;
    while let Ok(status) = wait() {
        assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
        ended += 1;
    }
    println!("{ended} processes, each the child of the one before");
    assert_eq!(ended, DEPTH + 1);
}

/// The kernel, that forks inside its call, as a handler might that interrupts it.
struct Forking {
    /// What the next call is to do.
    next: AtomicU32,
    /// The child, in the parent.
    made: AtomicU32,
}

const BEFORE: u32 = 1;
const AFTER: u32 = 2;
/// The child does something else first.
const ACTIVE: u32 = 4;
const IN_CHILD: u32 = u32::MAX;

static FORKING: Registry<Forking> = Registry::new(Forking {
    next: AtomicU32::new(0),
    made: AtomicU32::new(0),
});

impl Forking {
    fn around<T>(&self, call: impl FnOnce() -> T) -> T {
        let how = self.next.swap(0, SeqCst);
        if how & BEFORE != 0 {
            self.fork(how);
        }
        let value = call();
        if how & AFTER != 0 {
            self.fork(how);
        }
        value
    }

    fn fork(&self, how: u32) {
        // SAFETY: there is no other thread.
        match unsafe { fork() }.expect("fork") {
            ForkResult::Parent { child } => self.made.store(child.as_raw() as u32, SeqCst),
            ForkResult::Child => {
                self.made.store(IN_CHILD, SeqCst);
                if how & ACTIVE != 0 {
                    recover(&FORKING);
                }
            }
        }
    }
}

// SAFETY: it is the kernel that does it all.
unsafe impl AddressSpace for Forking {
    fn map(&self, request: &MapRequest<'_>) -> Result<Region> {
        self.around(|| Kernel.map(request))
    }

    unsafe fn map_over(&self, at: Region, request: &MapRequest<'_>) -> Result<Region> {
        // SAFETY: the caller's contract, here and below.
        self.around(|| unsafe { Kernel.map_over(at, request) })
    }

    unsafe fn unmap(&self, region: Region) -> Result<()> {
        // SAFETY: as above.
        self.around(|| unsafe { Kernel.unmap(region) })
    }

    unsafe fn protect(&self, region: Region, prot: Prot) -> Result<()> {
        // SAFETY: as above.
        self.around(|| unsafe { Kernel.protect(region, prot) })
    }

    unsafe fn remap(
        &self,
        region: Region,
        new_len: usize,
        to: MoveTo,
        attrs: &Attrs,
    ) -> Result<Region> {
        // SAFETY: as above.
        self.around(|| unsafe { Kernel.remap(region, new_len, to, attrs) })
    }

    unsafe fn advise(&self, region: Region, advice: Advice) -> Result<()> {
        // SAFETY: as above.
        self.around(|| unsafe { Kernel.advise(region, advice) })
    }

    unsafe fn discard(&self, region: Region, how: Discard, attrs: &Attrs) -> Result<()> {
        // SAFETY: as above.
        self.around(|| unsafe { Kernel.discard(region, how, attrs) })
    }

    unsafe fn inherit(&self, region: Region, how: Inherit) -> Result<()> {
        // SAFETY: as above.
        self.around(|| unsafe { Kernel.inherit(region, how) })
    }

    fn sync(&self, region: Region, mode: SyncMode, invalidate: bool) -> Result<()> {
        self.around(|| Kernel.sync(region, mode, invalidate))
    }
}

fn inside_an_operation() {
    let arena = arena(0);
    let mut map = ProcessMap::with_room(1 << 20);
    let mut numbers = Numbers::new(3);
    let (mut forks, mut active, mut failed) = (0, 0, 0);
    while forks < INTERRUPTED {
        let step = arena.any(&mut numbers, LONGEST);
        let how = [BEFORE, AFTER][numbers.below(2)] | [0, ACTIVE][numbers.below(2)];
        // Of these, what has no call forks nowhere.
        FORKING.space().made.store(0, SeqCst);
        FORKING.space().next.store(how, SeqCst);
        let answer = arena.run(&FORKING, &step);
        FORKING.space().next.store(0, SeqCst);
        let made = FORKING.space().made.load(SeqCst);
        let checked = catch_unwind(AssertUnwindSafe(|| {
            recover(&FORKING);
            if let arena::Operation::Inherit(Inherit::NONE) = step.operation {
                // Whether the child was made before the range was kept from it or afterwards, nobody can tell it.
                let _ = FORKING.untrack(arena.range(step.at, step.count));
                // SAFETY: the arena is the test's.
                unsafe { Kernel.unmap(arena.region(step.at, step.count)) }.expect("unmap");
            }
            let agreed = agree(&FORKING, map.read(), &arena.range(0, PAGES));
            if let Err(differs) = agreed {
                panic!("{differs}\n{step:?} {answer:?} {how} {made:x}\n{FORKING}");
            }
        }));
        match made {
            IN_CHILD => end(checked.is_ok()),
            0 => {}
            child => {
                ended_well(Pid::from_raw(child as i32));
                forks += 1;
                active += u32::from(how & ACTIVE != 0);
                failed += u32::from(answer.is_err());
            }
        }
        assert!(checked.is_ok());
    }
    arena.clear(&FORKING);
    println!(
        "{forks} forks inside a call, {active} of them with a child that was busy first, {failed} of refused calls"
    );
    assert_ne!(active, 0);
    assert_ne!(failed, 0);
}

fn sharing_memory() {
    extern "C" fn run(_: *mut libc::c_void) -> i32 {
        let request = MapRequest::anonymous(PAGE).placement(Placement::FixedNoReplace(ELSEWHERE));
        let is_well = SHARED.map(&request).is_ok() && SHARED.check().is_ok();
        i32::from(!is_well)
    }
    let before = SHARED.len();
    let mut stack = vec![0u128; 1 << 14];
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack is large enough, and this thread waits until the child has ended.
    let child = unsafe {
        let top = stack.as_mut_ptr_range().end.cast();
        libc::clone(run, top, flags, std::ptr::null_mut())
    };
    assert!(child > 0, "clone");
    ended_well(Pid::from_raw(child));
    assert_eq!(SHARED.len(), before + 1);
    let at = arena::region(ELSEWHERE, PAGE);
    // SAFETY: the child has mapped it for nobody else.
    unsafe { SHARED.unmap(at) }.expect("unmap");
    assert_eq!(SHARED.check(), Ok(()));
    println!("1 child that shares the memory");
}

fn main() {
    alone::run([
        ("inside_an_operation", inside_an_operation),
        ("while_others_change", while_others_change),
        ("a_thousand_deep", a_thousand_deep),
        ("sharing_memory", sharing_memory),
    ]);
}
