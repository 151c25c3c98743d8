//! What is left in the map of the process. It is one test in a program of its own, since everything else that maps, as
//! other tests and the threads of the harness do, would be taken for something left.
#![cfg(target_os = "linux")]

use std::{
    fs::File,
    io::Read,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

use rawmap::{
    Errno, Inherit, Prot, Result, page_size,
    space::{
        AddressSpace, Attrs, Discard, Failing, Kernel, MapRequest, MoveTo, Placement, Region,
        SyncMode,
    },
};

/// The map of the process, read into memory that is there already: reading it changes nothing.
struct Map {
    text: String,
}

impl Map {
    fn with_room() -> Self {
        Self {
            text: String::with_capacity(1 << 20),
        }
    }

    fn read(&mut self) {
        self.text.clear();
        let mut file = File::open("/proc/self/maps").expect("maps");
        let capacity = self.text.capacity();
        file.read_to_string(&mut self.text).expect("maps");
        assert_eq!(self.text.capacity(), capacity, "the map does not fit");
    }

    /// All but the heap and the stack, which grow as they are used.
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.text
            .lines()
            .filter(|line| !line.ends_with("[heap]") && !line.ends_with("[stack]"))
    }

    /// Anonymous memory that can be read and not be written, which nobody else makes.
    fn readable(&self) -> usize {
        self.lines()
            .filter(|line| line.contains(" r--p ") && line.ends_with(" 00:00 0 "))
            .count()
    }
}

/// Everything that an address space can do, on memory of its own; what could not be done is left out, and what is owned at
/// the end is unmapped by whoever cannot fail. Says how many operations were refused.
fn scenario(space: &dyn AddressSpace) -> usize {
    let page = page_size();
    let mut refused = 0;
    let mut owned: Vec<Region> = Vec::with_capacity(8);
    let request = MapRequest::anonymous(3 * page);
    let attrs = request.attrs();
    for request in [
        request,
        request.align(1 << 20).conceal(true).inherit(Inherit::NONE),
        request.placement(Placement::Hint(1 << 40)).populate(true),
    ] {
        match space.map(&request) {
            Ok(region) => owned.push(region),
            Err(_) => refused += 1,
        }
    }
    let mut note = |answer: Result<()>| refused += usize::from(answer.is_err());
    for region in &mut owned {
        // SAFETY: the scenario's own, and nothing refers to it.
        unsafe {
            note(space.protect(*region, Prot::READ));
            note(space.protect(*region, Prot::READ | Prot::WRITE));
            note(space.discard(*region, Discard::Zero, &attrs));
            note(space.discard(*region, Discard::Lazy, &attrs));
            note(space.inherit(*region, Inherit::ZERO));
            note(space.advise(*region, rawmap::Advice::WILLNEED));
            note(space.sync(*region, SyncMode::Wait, false));
            note(space.lock(*region));
            note(space.unlock(*region));
            note(space.map_over(*region, &request).map(drop));
            for (len, to) in [
                (5 * page, MoveTo::Anywhere),
                (2 * page, MoveTo::InPlace),
                (page, MoveTo::FixedNoReplace(region.start() - (1 << 32))),
            ] {
                let moved = space.remap(*region, len, to, &attrs);
                note(moved.map(|moved| *region = moved));
            }
        }
    }
    for region in owned {
        // SAFETY: as before. One that is refused is made again, of the kernel: the region is still the scenario's.
        unsafe {
            if space.unmap(region).is_err() {
                refused += 1;
                Kernel.unmap(region).expect("unmap");
            }
        }
    }
    refused
}

/// Maps and unmaps aligned memory from several threads at once; how many mappings it was.
fn storm() -> usize {
    const THREADS: usize = 4;
    const ROUNDS: usize = 100;
    let mapped = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let mapped = &mapped;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let align = page_size() << ((thread + round) % 11);
                    let request = MapRequest::anonymous(page_size() * (1 + round % 3))
                        .prot(Prot::READ)
                        .align(align);
                    let region = Kernel.map(&request).expect("an aligned mapping");
                    assert!(
                        region.start().is_multiple_of(align),
                        "{region:?} {align:#x}"
                    );
                    // SAFETY: the thread's own.
                    unsafe {
                        assert_eq!(region.as_ptr().cast::<u8>().read_volatile(), 0);
                        Kernel.unmap(region).expect("unmap");
                    }
                    mapped.fetch_add(1, SeqCst);
                }
            });
        }
    });
    mapped.into_inner()
}

#[test]
fn nothing_is_left() {
    let (mut before, mut after) = (Map::with_room(), Map::with_room());
    assert_eq!(Attrs::new().granule(), page_size());
    // Whatever is made once, as the memory of an allocator, is made here.
    assert_eq!(scenario(&Kernel), 0);
    before.read();
    after.read();
    assert!(before.lines().count() > 0);

    let (mut runs, mut noticed) = (0, 0);
    for error in [Errno::ENOMEM, Errno::EINVAL, Errno::EPERM] {
        let calls = (1..)
            .find(|&nth| {
                let space = Failing::new(Kernel, nth, error);
                before.read();
                let refused = scenario(&space);
                after.read();
                assert!(
                    before.lines().eq(after.lines()),
                    "call {nth} failed with {error}\n{}\n{}",
                    before.text,
                    after.text
                );
                runs += usize::from(space.has_failed());
                noticed += usize::from(refused > 0);
                !space.has_failed()
            })
            .expect("an end");
        println!("{error}: {} calls", calls - 1);
    }
    println!("{runs} runs with a failed call, noticed in {noticed}");
    assert!(runs > 0);
    assert_eq!(noticed, runs);

    before.read();
    let mapped = storm();
    after.read();
    println!("{mapped} aligned mappings");
    assert!(mapped > 0);
    assert_eq!(before.readable(), after.readable(), "{}", after.text);
}
