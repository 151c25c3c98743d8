//! The n-th call fails, whichever it is: the registry says what it said before, nothing is left in the map of the process,
//! and the same operation succeeds afterwards. It is alone in its process, on its first thread, since whatever else
//! maps would be taken for something left.
#![cfg(all(target_os = "linux", feature = "registry"))]

#[path = "registry/alone.rs"]
mod alone;
#[path = "registry/own_memory.rs"]
mod own_memory;
#[path = "registry/process_map.rs"]
mod process_map;

use std::ptr::NonNull;

use own_memory::{Watched, from_outside};
use process_map::{Line, ProcessMap};
use rawmap::{
    Advice, Errno, Inherit, MemfdFlags, OwnedFd, Prot, Result, page_size, raw,
    registry::{MapInfo, Registry},
    space::{
        AddressSpace, Discard, Failing, Kind, MapRequest, MoveTo, Placement, Region, SyncMode,
    },
};

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
const ARENA: usize = 0x20_0000_0000;
const ERRORS: [Errno; 4] = [Errno::ENOMEM, Errno::EEXIST, Errno::EPERM, Errno::EINVAL];

/// The registry, and what was looked at.
struct Trial {
    registry: Registry<Failing<Watched>>,
    map: ProcessMap,
    operations: u64,
    failed: u64,
}

/// What an operation that failed may have changed of the facts.
#[derive(PartialEq)]
enum Failure {
    ChangesNothing,
    /// Each part that could be protected is.
    Protects,
}

impl Trial {
    fn new(nth: u64, error: Errno) -> Self {
        Self {
            registry: Registry::new(Failing::new(Watched::new(), nth, error)),
            map: ProcessMap::with_room(1 << 18),
            operations: 0,
            failed: 0,
        }
    }

    fn facts(&self) -> Vec<MapInfo> {
        self.registry.iter().collect()
    }

    /// The map of the process without what the registry has for itself.
    fn lines(&mut self) -> Vec<Line> {
        let own = self.registry.space().get_ref().own();
        let mut lines = Vec::new();
        for line in self.map.read() {
            let mut rest = *line;
            let mut inside: Vec<&Region> = own
                .iter()
                .filter(|own| (line.start..line.end).contains(&own.start()))
                .collect();
            inside.sort_by_key(|own| own.start());
            for own in inside {
                let end = own.start() + own.len();
                assert!(end <= line.end, "a slab is not as it was");
                if rest.start < own.start() {
                    lines.push(Line {
                        end: own.start(),
                        ..rest
                    });
                }
                rest.start = end;
            }
            if rest.start < rest.end {
                lines.push(rest);
            }
        }
        lines
    }

    /// The kernel says the same of everything that is recorded.
    fn compare(&mut self) {
        let facts = self.facts();
        let lines = self.map.read();
        for info in facts {
            assert!(!info.changing(), "{info}");
            let mut from = info.start();
            while from < info.end() {
                let line = lines
                    .iter()
                    .find(|line| (line.start..line.end).contains(&from));
                let line = line.unwrap_or_else(|| panic!("{info}: nothing is at {from:#x}"));
                assert_eq!(
                    (Some(line.prot), line.shared),
                    (info.prot(), info.shared()),
                    "{info}"
                );
                if let Kind::File { offset } = info.kind() {
                    let of_line = line.offset + (from - line.start) as u64;
                    assert_eq!(of_line, offset + (from - info.start()) as u64, "{info}");
                }
                from = line.end;
            }
        }
    }

    /// Does something that is to succeed unless it is the call that fails, and then once more.
    fn run<T>(
        &mut self,
        name: &str,
        failure: Failure,
        operation: impl Fn(&Registry<Failing<Watched>>) -> Result<T>,
    ) -> T {
        self.operations += 1;
        let (facts, lines) = (self.facts(), self.lines());
        let had_failed = self.registry.space().has_failed();
        let bytes = self.registry.mapped_bytes();
        let answer = operation(&self.registry);
        assert_eq!(self.registry.check(), Ok(()), "{name}");
        self.compare();
        let error = match answer {
            Ok(value) => return value,
            Err(error) => error,
        };
        assert!(
            self.registry.space().has_failed() && !had_failed,
            "{name}: {error}"
        );
        self.failed += 1;
        if failure == Failure::ChangesNothing {
            assert_eq!(self.facts(), facts, "{name}");
            assert_eq!(self.lines(), lines, "{name}");
            assert_eq!(self.registry.mapped_bytes(), bytes, "{name}");
        }
        let again = operation(&self.registry);
        assert_eq!(self.registry.check(), Ok(()), "{name}");
        self.compare();
        again.unwrap_or_else(|error| panic!("{name}, once more: {error}"))
    }
}

fn part(of: Region, pages: std::ops::Range<usize>) -> Region {
    let start = of.as_ptr().wrapping_byte_add(pages.start * page_size());
    let ptr = NonNull::new(start).expect("not null");
    Region::new(ptr, pages.len() * page_size())
}

/// Every operation, in all its forms.
fn scenario(trial: &mut Trial, object: &OwnedFd) {
    use Failure::{ChangesNothing, Protects};
    let page = page_size();
    let pages = |count| from_outside(MapRequest::anonymous(count * page));
    let file = |offset: usize, count| {
        from_outside(MapRequest::file(
            object.borrow(),
            (offset * page) as u64,
            count * page,
        ))
        .prot(READ_WRITE)
    };
    // A place for all that has one, where the kernel puts nothing by itself.
    let arena = pages(64).placement(Placement::FixedNoReplace(ARENA));
    let arena = trial.run("arena", ChangesNothing, |space| space.map(&arena));
    let attrs = pages(1).attrs();
    // SAFETY: the trial's own, and nothing refers to it, here and below.
    unsafe {
        trial.run("free the arena", ChangesNothing, |space| space.unmap(arena));
    }
    let at = |first: usize, request: MapRequest<'static>| {
        request.placement(Placement::FixedNoReplace(
            part(arena, first..first + 1).start(),
        ))
    };
    let mut owned = Vec::new();
    for (name, request) in [
        ("anywhere", pages(3)),
        ("hint", pages(3).placement(Placement::Hint(1 << 40))),
        ("aligned", pages(3).align(1 << 20)),
        ("concealed", pages(3).conceal(true).inherit(Inherit::NONE)),
        ("populated", pages(3).populate(true)),
        ("shared", pages(3).shared(true)),
        ("file", file(1, 3)),
        ("shared file", file(2, 3).shared(true)),
        ("aligned file", file(0, 4).align(1 << 21)),
    ] {
        owned.push(trial.run(name, ChangesNothing, |space| space.map(&request)));
    }
    // Two neighbours that cannot be one.
    let left = trial.run("left", ChangesNothing, |space| space.map(&at(0, pages(16))));
    let right = trial.run("right", ChangesNothing, |space| {
        space.map(&at(16, pages(16).prot(Prot::READ)))
    });
    let both = part(arena, 12..20);
    // SAFETY: as above.
    unsafe {
        trial.run("set_user", ChangesNothing, |space| {
            space.set_user(left.start() + 2 * page..left.start() + 4 * page, 9)
        });
        trial.run("protect", Protects, |space| {
            space.protect(part(left, 6..8), Prot::READ)
        });
        trial.run("protect both", Protects, |space| {
            space.protect(both, Prot::NONE)
        });
        trial.run("protect all", Protects, |space| {
            space.protect(part(arena, 0..32), READ_WRITE)
        });
        trial.run("map_over", ChangesNothing, |space| {
            space.map_over(both, &pages(8).prot(Prot::READ))
        });
        trial.run("map_over a file", ChangesNothing, |space| {
            space.map_over(part(arena, 14..18), &file(3, 4).shared(true))
        });
        trial.run("cut the file", ChangesNothing, |space| {
            space.unmap(part(arena, 15..16))
        });
        trial.run("across both", ChangesNothing, |space| {
            space.unmap(part(arena, 13..18))
        });
        trial.run("inherit", ChangesNothing, |space| {
            space.inherit(part(left, 1..5), Inherit::ZERO)
        });
        trial.run("inherit back", ChangesNothing, |space| {
            space.inherit(part(left, 0..6), Inherit::COPY)
        });
        trial.run("advise facts", ChangesNothing, |space| {
            space.advise(part(left, 3..9), Advice::DONTDUMP)
        });
        trial.run("advise", ChangesNothing, |space| {
            space.advise(part(left, 3..9), Advice::WILLNEED)
        });
        trial.run("discard to zero", ChangesNothing, |space| {
            space.discard(part(left, 8..10), Discard::Zero, &attrs)
        });
        trial.run("discard lazily", ChangesNothing, |space| {
            space.discard(part(left, 9..10), Discard::Lazy, &attrs)
        });
        trial.run("lock", ChangesNothing, |space| space.lock(part(left, 0..1)));
        trial.run("unlock", ChangesNothing, |space| {
            space.unlock(part(left, 0..1))
        });
        trial.run("sync", ChangesNothing, |space| {
            space.sync(owned[7], SyncMode::Wait, false)
        });
        trial.run("untrack", ChangesNothing, |space| {
            space.untrack(right.start() + 8 * page..right.start() + 9 * page)
        });
        trial.run("track", ChangesNothing, |space| {
            let attrs = pages(1).attrs();
            space.track(MapInfo::new(part(right, 8..9), &attrs).with_user(3))
        });
        owned[0] = trial.run("shorter", ChangesNothing, |space| {
            space.remap(owned[0], 2 * page, MoveTo::InPlace, &attrs)
        });
        owned[0] = trial.run("longer", ChangesNothing, |space| {
            space.remap(owned[0], 9 * page, MoveTo::Anywhere, &attrs)
        });
        let away = part(arena, 40..41).start();
        owned[0] = trial.run("away", ChangesNothing, |space| {
            space.remap(owned[0], 6 * page, MoveTo::FixedNoReplace(away), &attrs)
        });
        owned[0] = trial.run("longer in place", ChangesNothing, |space| {
            space.remap(owned[0], 8 * page, MoveTo::InPlace, &attrs)
        });
        let of_file = file(1, 3).attrs();
        let away = part(arena, 50..51).start();
        let middle = part(owned[6], 1..2);
        trial.run("a file's page away", ChangesNothing, |space| {
            space.remap(middle, page, MoveTo::FixedNoReplace(away), &of_file)
        });
        owned.push(part(arena, 50..51));
        for region in owned.into_iter().chain([part(arena, 0..32)]) {
            trial.run("unmap", ChangesNothing, |space| space.unmap(region));
        }
    }
    assert_eq!(trial.facts(), []);
    assert_eq!(trial.registry.mapped_bytes(), 0);
}

fn main() {
    alone::run([(
        "leaves_nothing_and_forgets_nothing",
        leaves_nothing_and_forgets_nothing,
    )]);
}

fn leaves_nothing_and_forgets_nothing() {
    // SAFETY: the name is a string that ends with a zero.
    let raw = unsafe { raw::memfd_create(c"registry".as_ptr(), MemfdFlags::CLOEXEC) };
    // SAFETY: nobody else has it.
    let object = unsafe { OwnedFd::from_raw(raw.expect("an object")) };
    // SAFETY: the descriptor is the test's.
    let grown = unsafe { libc::ftruncate(raw.expect("an object"), 16 * page_size() as i64) };
    assert_eq!(grown, 0);
    let (mut calls, mut operations, mut failed, mut swallowed) = (0, 0, 0, 0);
    for error in ERRORS {
        for nth in 1.. {
            let mut trial = Trial::new(nth, error);
            let before = trial.lines();
            scenario(&mut trial, &object);
            assert_eq!(
                trial.lines(),
                before,
                "left behind, call {nth} refused with {error}"
            );
            operations += trial.operations;
            failed += trial.failed;
            if !trial.registry.space().has_failed() {
                break;
            }
            calls += 1;
            // A slab elsewhere, or a page for the lock that children find as it was.
            swallowed += u64::from(trial.failed == 0);
        }
    }
    println!(
        "{operations} operations, {calls} calls refused: {failed} noticed, {swallowed} made up for"
    );
    assert_ne!(failed, 0);
    assert_eq!(failed + swallowed, calls);
}
