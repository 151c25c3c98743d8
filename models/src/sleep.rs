//! Sleeping on a word, in a model: what futex does, by means that loom knows. Elsewhere nobody ever sleeps.

use std::{cell::RefCell, rc::Rc};

use loom::sync::{Condvar, Mutex};

use crate::atomic::{self, AtomicU64};

/// Words that may be slept on.
const BEDS: usize = 2;

struct Sleepers {
    /// The addresses of the words, as far as they are known.
    beds: Mutex<[usize; BEDS]>,
    woken: [Condvar; BEDS],
}

thread_local! {
    static SLEEPERS: RefCell<Option<Rc<Sleepers>>> = const { RefCell::new(None) };
}

/// A new run of a model begins.
pub(crate) fn begin_model() {
    let sleepers = Sleepers {
        beds: Mutex::new([0; BEDS]),
        woken: [Condvar::new(), Condvar::new()],
    };
    SLEEPERS.with(|slot| *slot.borrow_mut() = Some(Rc::new(sleepers)));
}

fn sleepers() -> Rc<Sleepers> {
    SLEEPERS
        .with(|slot| slot.borrow().clone())
        .expect("a model has begun")
}

fn bed(beds: &mut [usize; BEDS], word: usize) -> usize {
    let known = beds.iter().position(|bed| *bed == word || *bed == 0);
    let at = known.expect("a bed for every word");
    beds[at] = word;
    at
}

pub(crate) fn wait(word: usize, while_it_is: u32) {
    assert!(
        atomic::is_modelled(),
        "a thread that is alone waits, for itself"
    );
    let sleepers = sleepers();
    let mut beds = sleepers.beds.lock().expect("nobody panics");
    let at = bed(&mut beds, word);
    // SAFETY: who waits names a word that is there.
    let value = unsafe { &*std::ptr::with_exposed_provenance::<AtomicU64>(word) }.peek();
    if value as u32 == while_it_is {
        drop(sleepers.woken[at].wait(beds).expect("nobody panics"));
    }
}

pub(crate) fn wake(word: usize, count: u32) {
    if !atomic::is_modelled() {
        return;
    }
    let sleepers = sleepers();
    let mut beds = sleepers.beds.lock().expect("nobody panics");
    let at = bed(&mut beds, word);
    if count == 1 {
        sleepers.woken[at].notify_one();
    } else {
        sleepers.woken[at].notify_all();
    }
}
