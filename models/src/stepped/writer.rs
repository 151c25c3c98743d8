//! After every store of every operation: readers, writers, a forked child.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use fastrand::Rng;

use super::{
    ground::{Ground, facts},
    held_back::Pending,
    operation::{Action, Look, Operation, READ_WRITE, is_refusal_of_a_handler},
    oracle::{Asked, Oracle, at},
};
use crate::{
    Inherit, Prot, atomic,
    atomic::Step,
    os, page_size,
    registry::MapInfo,
    script,
    space::{AddressSpace, Region},
};

const BASE: usize = 0x6000_0000_0000;
/// Where handlers map.
const FAR: usize = 0x7000_0000_0000;
const NOWHERE: usize = 0x7800_0000_0000;
/// The thread that forks, and the number that a forked thread has.
const OTHER: u32 = 99;

#[derive(Default)]
struct Counts {
    operations: BTreeMap<&'static str, [u64; 2]>,
    stores: u64,
    asked: Asked,
    held_back: u64,
    writes: u64,
    refused: u64,
    children: u64,
    resumed: u64,
    resumed_children: u64,
}

/// What is done at the moments of one run of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Everything that can be put back.
    Look,
    /// At this store a handler maps, and the operation goes on.
    Write(u64),
    /// At this store a handler forks, the child maps, and the operation goes on in the child.
    Fork(u64, bool),
}

struct Run {
    ground: Ground,
    oracle: Oracle,
    operation: Operation,
    store: u64,
    pending: Pending,
    random: Rng,
}

fn region(start: usize, pages: usize) -> Region {
    let pointer = std::ptr::NonNull::new(std::ptr::without_provenance_mut(start));
    Region::new(pointer.expect("not at address 0"), pages * page_size())
}

impl Run {
    fn wrong(&self, what: &str) -> ! {
        panic!(
            "{what}\nat store {} of {:?}\nbefore:\n{:#?}",
            self.store, self.operation, self.oracle.before
        );
    }

    /// A handler that changes something; `false` if it was told that it cannot.
    fn write(&self, which: u64) -> bool {
        let registry = self.ground.registry;
        let there = region(self.operation.at, self.operation.pages);
        // SAFETY: nobody ever goes to memory of the script.
        let answer = unsafe {
            match which {
                0 => {
                    script::place_next(FAR);
                    let request = crate::space::MapRequest::anonymous(page_size());
                    registry.map(&request).map(drop)
                }
                1 => match self.apart() {
                    Some(info) => registry.unmap(region(info.start(), info.len() / page_size())),
                    None => return true,
                },
                2 => registry.protect(there, Prot::NONE),
                3 => registry.unmap(there),
                _ => registry.untrack(self.operation.at..self.operation.at + page_size()),
            }
        };
        match answer {
            Ok(()) => true,
            Err(error) if is_refusal_of_a_handler(error) => false,
            // What it says of a range in flight, and of one that is not mapped.
            Err(crate::Errno::EBUSY) if which == 4 => false,
            Err(crate::Errno::ENOMEM) if which == 2 => false,
            Err(error) => self.wrong(&format!("write {which}: {error:?}")),
        }
    }

    /// An entry that the operation does not concern.
    fn apart(&self) -> Option<MapInfo> {
        let mut apart = self.oracle.before.iter().filter(|info| {
            self.oracle.after.contains(info)
                && !self.oracle.is_inside(info.start())
                && !self.oracle.is_inside(info.end() - 1)
        });
        apart.next().copied()
    }

    fn step(&mut self, counts: &mut Counts, is_thorough: bool) {
        self.store += 1;
        counts.stores += 1;
        let acted = script::has_acted();
        let addresses = if self.store.is_multiple_of(16) {
            &self.oracle.all
        } else {
            &self.oracle.near
        };
        if let Err(what) = counts
            .asked
            .ask(self.ground, &self.oracle, addresses, acted)
        {
            self.wrong(&what);
        }
        if !is_thorough && !self.store.is_multiple_of(7) {
            return;
        }
        let saved = self.ground.save();
        script::refuse(None);
        let which = self.random.u64(..5);
        if self.write(which) {
            counts.writes += 1;
            if let Err(violation) = self.ground.registry.check() {
                self.wrong(&format!("after write {which}: {violation}"));
            }
            if which == 0 && self.ground.registry.find(FAR).is_none() {
                self.wrong("what was mapped is not found");
            }
        } else {
            counts.refused += 1;
        }
        self.ground.restore(&saved);
        self.child(counts);
        self.ground.restore(&saved);
    }

    /// Another thread has forked at this moment.
    fn child(&self, counts: &mut Counts) {
        script::refuse(None);
        let has_acted = script::has_acted();
        self.ground.become_child();
        os::become_thread(OTHER);
        let registry = self.ground.registry;
        if let Err(error) = registry.untrack(NOWHERE..NOWHERE + page_size()) {
            self.wrong(&format!("a child: {error:?}"));
        }
        if let Err(violation) = registry.check() {
            self.wrong(&format!("in a child: {violation}"));
        }
        let pages = script::pages();
        for &address in &self.oracle.near {
            let found = registry.find(address);
            let page = pages.get(&(address & !(page_size() - 1)));
            if !self.oracle.is_inside(address) {
                let before =
                    at(&self.oracle.before, address).filter(|info| info.inherit() != Inherit::NONE);
                let same = match (before, &found) {
                    (None, None) => true,
                    (Some(before), Some(found)) => facts(before) == facts(found),
                    _ => false,
                };
                if !same || found.is_some_and(|info| info.changing()) {
                    self.wrong(&format!(
                        "in a child: {found:?} at {address:#x} instead of {before:?}"
                    ));
                }
                continue;
            }
            if let Some(found) = found {
                let old_or_new =
                    [&self.oracle.before, &self.oracle.after]
                        .into_iter()
                        .any(|state| {
                            at(state, address).is_some_and(|info| facts(info) == facts(&found))
                        });
                if !old_or_new {
                    self.wrong(&format!("in a child: {found:?} at {address:#x}"));
                }
                // An entry of which the kernel has some pages and not others is said to be changing for ever.
                // What is tracked was mapped by somebody else, in place of what was there and is recorded.
                let is_silent = matches!(self.operation.action, Action::Track(..));
                if page.is_none() && !found.changing() && !has_acted && !is_silent {
                    self.wrong(&format!("in a child: {found:?}, and nothing is there"));
                }
            }
        }
        // SAFETY: nobody ever goes to memory of the script.
        let written = unsafe {
            script::place_next(FAR);
            registry
                .map(&crate::space::MapRequest::anonymous(3 * page_size()))
                .and_then(|there| registry.protect(there, Prot::READ).map(|()| there))
                .and_then(|there| registry.unmap(there))
        };
        if let Err(error) = written {
            self.wrong(&format!("a child's own: {error:?}"));
        }
        if let Err(violation) = registry.check() {
            self.wrong(&format!("after a child's own: {violation}"));
        }
        os::become_thread(1);
        counts.children += 1;
    }
}

/// Runs an operation from a state, and looks at its moments.
fn stepped(
    run: &Rc<RefCell<Run>>,
    counts: &Rc<RefCell<Counts>>,
    moment: Moment,
    is_thorough: bool,
) -> crate::Result<()> {
    let (ground, operation) = {
        let mut run = run.borrow_mut();
        run.store = 0;
        run.pending = Pending::default();
        (run.ground, run.operation.clone())
    };
    script::set_has_acted(false);
    let watcher = {
        let (run, counts) = (Rc::clone(run), Rc::clone(counts));
        move |step, _: &'static std::panic::Location<'static>| {
            let (mut run, mut counts) = (run.borrow_mut(), counts.borrow_mut());
            match (step, moment) {
                (Step::Load, _) => {}
                (Step::Barrier, Moment::Look) => {
                    let run = &mut *run;
                    let acted = script::has_acted();
                    let counts = &mut *counts;
                    let held = run.pending.release(is_thorough, &mut run.random, || {
                        counts
                            .asked
                            .ask(run.ground, &run.oracle, &run.oracle.near, acted)
                    });
                    match held {
                        Ok(count) => counts.held_back += count,
                        Err(what) => run.wrong(&format!("with stores held back: {what}")),
                    }
                }
                (Step::Barrier, _) => {}
                (Step::Store { word, old }, Moment::Look) => {
                    run.pending.push(word, old);
                    run.step(&mut counts, is_thorough);
                }
                (Step::Store { .. }, Moment::Write(when)) => {
                    run.store += 1;
                    if run.store == when {
                        let (refusal, acted) = (operation.refusal, script::has_acted());
                        script::refuse(None);
                        counts.resumed += u64::from(run.write(0));
                        script::refuse(refusal);
                        script::set_has_acted(acted);
                    }
                }
                (Step::Store { .. }, Moment::Fork(when, is_same)) => {
                    run.store += 1;
                    if run.store == when {
                        let saved = run.ground.save();
                        script::refuse(None);
                        let in_section = !run.write(0);
                        run.ground.restore(&saved);
                        if in_section {
                            return;
                        }
                        let acted = script::has_acted();
                        script::refuse(None);
                        run.ground.become_child();
                        os::become_thread(if is_same { 1 } else { OTHER });
                        if !run.write(0) {
                            run.wrong("a child cannot write");
                        }
                        script::refuse(operation.refusal);
                        script::set_has_acted(acted);
                        counts.resumed_children += 1;
                    }
                }
            }
        }
    };
    atomic::watch(Rc::new(watcher));
    let operation = run.borrow().operation.clone();
    let answer = operation.perform(ground.registry);
    atomic::unwatch();
    os::become_thread(1);
    answer
}

/// Every moment of one operation; it is done at the end.
fn each_moment(
    ground: Ground,
    operation: Operation,
    counts: &Rc<RefCell<Counts>>,
    random: &mut Rng,
    is_thorough: bool,
) {
    let begin = ground.save();
    let before = ground.entries();
    let expected = operation.perform(ground.registry);
    ground.check(&operation);
    let end = ground.save();
    let after = ground.entries();
    ground.restore(&begin);
    {
        let mut counts = counts.borrow_mut();
        let text = format!("{:?}", operation.action);
        let name = NAMES.iter().find(|name| text.starts_with(**name));
        let count = counts.operations.entry(name.expect("a name")).or_default();
        count[usize::from(expected.is_err())] += 1;
    }
    let hides = operation.hides() || before.iter().any(|info| info.inherit() == Inherit::NONE);
    let run = Rc::new(RefCell::new(Run {
        ground,
        oracle: Oracle::new(before, after, operation.ranges()),
        operation: operation.clone(),
        store: 0,
        pending: Pending::default(),
        random: Rng::with_seed(random.u64(..)),
    }));
    let answer = stepped(&run, counts, Moment::Look, is_thorough);
    assert_eq!(answer, expected, "another answer while it was watched");
    let stores = run.borrow().store;
    let same = ground.entries() == run.borrow().oracle.after;
    assert!(same, "another end while it was watched");
    let step = if is_thorough { 3 } else { 31 };
    let mut when = 1 + random.u64(..step);
    while when <= stores {
        ground.restore(&begin);
        // The answer may be another one: the handler's mapping may be in the way.
        let write = Moment::Write(when);
        let answer = stepped(&run, counts, write, false);
        ground.check((&operation, write, answer));
        if !hides {
            ground.restore(&begin);
            let fork = Moment::Fork(when, when.is_multiple_of(2));
            let answer = stepped(&run, counts, fork, false);
            ground.check((&operation, fork, answer));
        }
        when += step;
    }
    ground.restore(&end);
}

const NAMES: [&str; 11] = [
    "MapOver", "Map", "Unmap", "Protect", "Remap", "Inherit", "Conceal", "Discard", "Track",
    "Untrack", "SetUser",
];

/// Entries of one to four pages, some side by side, some alike.
pub(super) fn grow(ground: Ground, random: &mut Rng, count: usize) {
    let mut at = BASE;
    while ground.registry.len() < count {
        let pages = random.usize(1..5);
        let operation = Operation {
            action: if random.u8(..6) == 0 {
                Action::Track(Look::any(random), true, random.u64(..2))
            } else {
                Action::Map(Look::any(random), true)
            },
            at,
            pages,
            refusal: None,
        };
        operation.perform(ground.registry).expect("room");
        at += (pages + random.usize(..3)) * page_size();
    }
    ground.check("growing");
}

/// Stands for operations on trees of many sizes.
pub(crate) fn run(is_long: bool) {
    let counts = Rc::new(RefCell::new(Counts::default()));
    let mut random = Rng::with_seed(1);
    for (size, operations) in [
        (0, 12),
        (1, 24),
        (3, 40),
        (8, 40),
        (14, 40),
        (15, 40),
        (16, 40),
        (40, 40),
        (120, 30),
        (240, 30),
        (330, 20),
    ] {
        let is_thorough = size <= 16;
        let rounds = match (is_long, is_thorough) {
            (true, _) => 20,
            (false, true) => 6,
            (false, false) => 3,
        };
        for _ in 0..rounds {
            let ground = Ground::new();
            grow(ground, &mut random, size);
            for _ in 0..operations {
                let operation = Operation::any(&mut random, &ground.entries(), BASE);
                each_moment(ground, operation, &counts, &mut random, is_thorough);
            }
        }
    }
    let ground = Ground::new();
    wave(ground, &counts, &mut random);
    report(&counts.borrow());
}

/// A tree that grows by two levels, entry by entry, and shrinks again, by more and more at a time.
fn wave(ground: Ground, counts: &Rc<RefCell<Counts>>, random: &mut Rng) {
    let page = page_size();
    let look = Look {
        prot: READ_WRITE,
        shared: true,
        inherit: Inherit::COPY,
    };
    let mut places: Vec<usize> = (0..260).collect();
    random.shuffle(&mut places);
    for place in places {
        let operation = Operation {
            action: Action::Map(look, true),
            at: BASE + place * 2 * page,
            pages: 1,
            refusal: None,
        };
        each_moment(ground, operation, counts, random, false);
    }
    let mut pages = 1;
    while let Some(first) = ground.registry.next(0) {
        let operation = Operation {
            action: Action::Unmap,
            at: first.start(),
            pages,
            refusal: None,
        };
        each_moment(ground, operation, counts, random, false);
        pages += 3;
    }
}

fn report(counts: &Counts) {
    let Counts {
        operations,
        stores,
        asked: Asked { finds, nexts },
        held_back,
        writes,
        refused,
        children,
        resumed,
        resumed_children,
    } = counts;
    for (name, [done, refused]) in operations {
        println!("stepped writer: {name}: {done} done, {refused} refused");
    }
    println!(
        "stepped writer: {stores} stores stepped, {finds} finds, {nexts} nexts, {held_back} subsets of stores held back, \
         {writes} writes by handlers and {refused} refused, {children} children recovered, {resumed} operations that went on \
         after a handler's write, {resumed_children} in a child"
    );
    let all = [
        *stores,
        *finds,
        *nexts,
        *held_back,
        *writes,
        *refused,
        *children,
        *resumed,
        *resumed_children,
    ];
    assert!(all.iter().all(|count| *count != 0), "nothing was shown");
    assert_eq!(operations.len(), NAMES.len(), "an operation is missing");
    assert!(
        operations.values().all(|[done, _]| *done != 0),
        "an operation was always refused"
    );
}
