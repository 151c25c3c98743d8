//! The atomics that the registry is compiled with here: ordinary ones that can be watched, or loom's.
//!
//! Each operation knows the place in the sources that it stands at, so that the order of one of them can be taken away
//! while a model runs: nothing is compiled for that.

pub(crate) use crate::arch::prefetch;
pub(crate) use std::sync::atomic::Ordering;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fmt,
    marker::PhantomData,
    panic::Location,
    rc::Rc,
    sync::atomic::{
        self,
        Ordering::{AcqRel, Relaxed, Release, SeqCst},
    },
};

use loom::{sync::Condvar, thread::ThreadId};

use crate::site::{self, Role};

/// Nobody looks awake: what that would find is what sleeping finds.
pub(crate) const SPINS: u32 = 0;

/// What an operation did, for who watches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A word was about to be read.
    Load,
    /// A word was written, by a store or a successful exchange.
    Store { word: *const AtomicU64, old: u64 },
    /// Stores from here on are not seen before those up to here: about to happen.
    Barrier,
}

/// Who watches: called at each step, and not called for steps of its own.
pub(crate) type Watcher = Rc<dyn Fn(Step, &'static Location<'static>)>;

/// All words that a model uses, made before its threads are: a word without one holds 0, and takes the next.
struct Words {
    words: Vec<loom::sync::atomic::AtomicU64>,
    taken: Cell<usize>,
    /// What each thread that has read a word touches when it does so.
    ///
    /// loom remembers of a word the last access alone: a thread that reads it and writes it then hides from loom that
    /// another one had read it before, and no run is tried in which that one reads later. So who writes touches these,
    /// which order nothing and have no value.
    readers: RefCell<HashMap<usize, Vec<(ThreadId, Rc<Condvar>)>>>,
}

impl Words {
    fn about_to_read(&self, number: usize) {
        let me = loom::thread::current().id();
        let mine = {
            let mut readers = self.readers.borrow_mut();
            let all = readers.entry(number).or_default();
            match all.iter().find(|(thread, _)| *thread == me) {
                Some((_, mine)) => Rc::clone(mine),
                None => {
                    let mine = Rc::new(Condvar::new());
                    all.push((me, Rc::clone(&mine)));
                    mine
                }
            }
        };
        mine.notify_one();
    }

    fn about_to_write(&self, number: usize) {
        let me = loom::thread::current().id();
        let others: Vec<_> = {
            let readers = self.readers.borrow();
            let all = readers.get(&number).into_iter().flatten();
            all.filter(|(thread, _)| *thread != me)
                .map(|(_, other)| Rc::clone(other))
                .collect()
        };
        others.iter().for_each(|other| other.notify_one());
    }
}

thread_local! {
    static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static WORDS: RefCell<Option<Rc<Words>>> = const { RefCell::new(None) };
    static MODELLED: Cell<bool> = const { Cell::new(false) };
    static RESTARTS: Cell<u64> = const { Cell::new(0) };
}

/// Has every step watched from now on.
pub(crate) fn watch(watcher: Watcher) {
    WATCHER.with(|slot| *slot.borrow_mut() = Some(watcher));
    WATCHED.set(true);
}

/// Nobody watches any more.
pub(crate) fn unwatch() {
    WATCHED.set(false);
    WATCHER.with(|slot| *slot.borrow_mut() = None);
}

/// Does something that nobody watches.
pub(crate) fn unwatched<T>(what: impl FnOnce() -> T) -> T {
    let watched = WATCHED.replace(false);
    let answer = what();
    WATCHED.set(watched);
    answer
}

fn tell(step: Step, at: &'static Location<'static>) {
    if !WATCHED.get() {
        return;
    }
    let watcher = WATCHER.with(|slot| slot.borrow().clone());
    if let Some(watcher) = watcher {
        unwatched(|| watcher(step, at));
    }
}

/// A new run of a model begins, with so many words.
pub(crate) fn begin_model(count: usize) {
    let words = (0..count).map(|_| loom::sync::atomic::AtomicU64::new(0));
    let words = Words {
        words: words.collect(),
        taken: Cell::new(0),
        readers: RefCell::default(),
    };
    WORDS.with(|slot| *slot.borrow_mut() = Some(Rc::new(words)));
    MODELLED.set(true);
}

/// Is a model running?
pub(crate) fn is_modelled() -> bool {
    MODELLED.get()
}

/// How many times readers began again since this was last asked.
pub(crate) fn take_restarts() -> u64 {
    RESTARTS.replace(0)
}

/// A reader begins again.
pub(crate) fn restarted() {
    RESTARTS.set(RESTARTS.get() + 1);
}

fn words() -> Rc<Words> {
    WORDS
        .with(|slot| slot.borrow().clone())
        .expect("a model has begun")
}

/// A word of 64 bits. As long as no model uses it, it is what it holds; in a model it is the number of loom's word.
#[repr(transparent)]
pub(crate) struct AtomicU64 {
    word: atomic::AtomicU64,
}

impl fmt::Debug for AtomicU64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.word.load(Relaxed))
    }
}

impl AtomicU64 {
    /// Everything in the registry begins with 0.
    pub(crate) const fn new(value: u64) -> Self {
        assert!(value == 0);
        Self {
            word: atomic::AtomicU64::new(0),
        }
    }

    fn modelled<T>(
        &self,
        writes: bool,
        act: impl FnOnce(&loom::sync::atomic::AtomicU64) -> T,
    ) -> T {
        let words = words();
        let number = match self.word.load(Relaxed) {
            0 => {
                let number = words.taken.get() + 1;
                words.taken.set(number);
                self.word.store(number as u64, Relaxed);
                number
            }
            number => number as usize,
        };
        if writes {
            words.about_to_write(number);
        } else {
            words.about_to_read(number);
        }
        act(words
            .words
            .get(number - 1)
            .expect("the model has enough words"))
    }

    /// What the kernel sees of it.
    pub(crate) fn peek(&self) -> u64 {
        if MODELLED.get() {
            self.modelled(true, |word| word.fetch_add(0, Relaxed))
        } else {
            self.word.load(Relaxed)
        }
    }

    /// Writes it as if nobody had.
    pub(crate) fn poke(&self, value: u64) {
        self.word.store(value, Relaxed);
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> u64 {
        let at = Location::caller();
        if MODELLED.get() {
            let order = site::order(at, Role::Load, order);
            return self.modelled(false, |word| word.load(order));
        }
        tell(Step::Load, at);
        self.word.load(Relaxed)
    }

    #[track_caller]
    pub(crate) fn store(&self, value: u64, order: Ordering) {
        let at = Location::caller();
        if MODELLED.get() {
            let order = site::order(at, Role::Store, order);
            return self.modelled(true, |word| word.store(value, order));
        }
        barrier(order, at);
        let old = self.word.swap(value, Relaxed);
        tell(Step::Store { word: self, old }, at);
    }

    #[track_caller]
    pub(crate) fn swap(&self, value: u64, order: Ordering) -> u64 {
        let at = Location::caller();
        if MODELLED.get() {
            let order = site::order(at, Role::Change, order);
            return self.modelled(true, |word| word.swap(value, order));
        }
        self.change(order, at, |_| value)
    }

    #[track_caller]
    pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        let at = Location::caller();
        if MODELLED.get() {
            let order = site::order(at, Role::Change, order);
            return self.modelled(true, |word| word.fetch_add(value, order));
        }
        self.change(order, at, |old| old.wrapping_add(value))
    }

    #[track_caller]
    pub(crate) fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
        let at = Location::caller();
        if MODELLED.get() {
            let order = site::order(at, Role::Change, order);
            return self.modelled(true, |word| word.fetch_sub(value, order));
        }
        self.change(order, at, |old| old.wrapping_sub(value))
    }

    fn change(
        &self,
        order: Ordering,
        at: &'static Location<'static>,
        change: impl Fn(u64) -> u64,
    ) -> u64 {
        barrier(order, at);
        let old = self.word.load(Relaxed);
        self.word.store(change(old), Relaxed);
        tell(Step::Store { word: self, old }, at);
        old
    }

    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        self.exchange(current, new, success, failure, Location::caller())
    }

    #[track_caller]
    pub(crate) fn compare_exchange_weak(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        self.exchange(current, new, success, failure, Location::caller())
    }

    fn exchange(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
        at: &'static Location<'static>,
    ) -> Result<u64, u64> {
        if MODELLED.get() {
            let success = site::order(at, Role::Success, success);
            let failure = site::order(at, Role::Failure, failure);
            let new = site::masked(at, new);
            return self.modelled(true, |word| {
                word.compare_exchange(current, new, success, failure)
            });
        }
        tell(Step::Load, at);
        let old = self.word.load(Relaxed);
        if old != current {
            return Err(old);
        }
        barrier(success, at);
        self.word.store(new, Relaxed);
        tell(Step::Store { word: self, old }, at);
        Ok(old)
    }
}

fn barrier(order: Ordering, at: &'static Location<'static>) {
    if matches!(order, Release | AcqRel | SeqCst) {
        tell(Step::Barrier, at);
    }
}

#[track_caller]
pub(crate) fn fence(order: Ordering) {
    let at = Location::caller();
    if MODELLED.get() {
        if site::order(at, Role::Fence, order) != Relaxed {
            loom::sync::atomic::fence(order);
        }
        return;
    }
    barrier(order, at);
}

/// A pointer, in a word of the same kind.
#[repr(transparent)]
pub(crate) struct AtomicPtr<T> {
    word: AtomicU64,
    is: PhantomData<*mut T>,
}

// SAFETY: it is a word; what is done with the pointer is who holds it to answer for.
unsafe impl<T> Send for AtomicPtr<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for AtomicPtr<T> {}

impl<T> fmt::Debug for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.word.fmt(f)
    }
}

fn pointer<T>(word: u64) -> *mut T {
    std::ptr::with_exposed_provenance_mut(word as usize)
}

impl<T> AtomicPtr<T> {
    pub(crate) const fn new(pointer: *mut T) -> Self {
        assert!(pointer.is_null());
        Self {
            word: AtomicU64::new(0),
            is: PhantomData,
        }
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        pointer(self.word.load(order))
    }

    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        let (current, new) = (
            current.expose_provenance() as u64,
            new.expose_provenance() as u64,
        );
        self.word
            .compare_exchange(current, new, success, failure)
            .map(pointer)
            .map_err(pointer)
    }
}
