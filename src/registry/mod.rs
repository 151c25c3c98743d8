//! A record of every mapping, that can be read in a signal handler.
//!
//! A [`Registry`] is an [`AddressSpace`](crate::space::AddressSpace) on top of another: it does what that does, and
//! remembers. At any moment, in any thread and in any signal handler, [`find`](Registry::find) says what is at an address,
//! without a lock, without allocating and without storing anything that others see; also in a handler that interrupted
//! the very change that it asks about. And bookkeeping never fails after the kernel has acted: what it needs is promised
//! before.
//!
//! ```
//! use rawmap::registry::Registry;
//! use rawmap::space::{AddressSpace, MapRequest};
//! use rawmap::Prot;
//!
//! let registry = Registry::global();
//! let region = registry.map(&MapRequest::anonymous(3 << 16))?;
//! let found = registry.find(region.start()).map(|info| info.prot());
//! assert_eq!(found, Some(Some(Prot::READ | Prot::WRITE)));
//! // SAFETY: the region is this code's, and nothing refers to it.
//! unsafe { registry.unmap(region)? };
//! assert!(registry.find(region.start()).is_none());
//! # Ok::<(), rawmap::Errno>(())
//! ```
//!
//! # What it says, and what not
//!
//! Mappings that were made otherwise are unknown to it, unless they are [tracked](Registry::track). It is a record, and
//! no soundness rests on it: whoever follows an address from it into memory has to know that the memory is there.
//!
//! An address that no operation is changing is answered exactly. While one changes it, the answer is what was before,
//! with [`changing`](MapInfo::changing) set, or what is afterwards. [`next`](Registry::next) and [`iter`](Registry::iter)
//! skip nothing that was there throughout, and may or may not show what came or went meanwhile.
//!
//! An operation takes up to 8 KiB of stack, a lookup less than 1 KiB: alternate signal stacks have to have room for that.
//!
//! # Handlers, threads, forks
//!
//! A signal handler may change mappings too. Where it interrupted a change of the same range, or the few instructions in
//! which a change is recorded, in its own thread, it gets `EDEADLK` and nothing has happened: it would wait for itself.
//! Threads are told apart by their thread pointers where those can be read, and else by the kernel's numbers: see
//! [`identify_by_thread_pointer`](Registry::identify_by_thread_pointer). Threads that share a thread pointer, as raw clone
//! can make them, get an `EDEADLK` that they need not have, and nothing worse.
//!
//! A forked child goes on with what its parent had recorded. What another thread was mapping at the moment of the fork,
//! and had not recorded yet, is unknown to the child. On kernels without `WIPEONFORK` (Linux before 4.14) the child has to
//! say what it is: [`after_fork_in_child`](Registry::after_fork_in_child). A child made by vfork shares the memory of its
//! parent and uses the parent's registry. A handler that interrupted an operation may fork, and the operation goes on in
//! parent and child. But where it interrupted the recording of a change it must not change mappings in the child before it
//! has returned; finding is safe.

mod change;
mod identity;
mod index;
mod info;
mod iter;
mod lock;
mod operations;
mod pool;
mod queries;
mod quick;
mod recording;
mod recover;
mod section;
mod space;
mod supply;
mod trace;
mod track;
mod verbatim;
mod violation;

pub use info::MapInfo;
pub use iter::Iter;
pub use trace::{Call, Event};
pub use violation::Violation;

use atomic::AtomicU64;
use identity::{Identification, Identity};
use index::{Node, Record, Store, Tree};
use lock::Lock;
use operations::Operations;
use pool::Descriptor;
use supply::{Nodes, Records};
use trace::Hook;

use crate::{atomic, space::Kernel};

/// Entries or children a node.
const FANOUT: usize = 15;
/// Descriptors in the first slabs, which are part of the registry.
const FIRST_NODES: usize = 64;
const FIRST_RECORDS: usize = 64;

/// A record of mappings, and the address space that they are made in. See [the module](self).
///
/// It lies in a static without set-up, or wherever else it does not move while it is used by reference. All of it is
/// zeros at first. Its later memory is mapped in the space beneath, apart from other mappings, and is never unmapped, not
/// even when the registry is dropped: someone may still be reading there.
#[derive(Debug)]
pub struct Registry<A = Kernel> {
    tree: Tree<FANOUT>,
    nodes: Nodes,
    records: Records,
    lock: Lock,
    operations: Operations,
    /// How many entries there are.
    maps: AtomicU64,
    /// The bytes of all entries.
    recorded: AtomicU64,
    /// Bytes that operations under way may add to it, of those that began while there was a limit.
    promised: AtomicU64,
    /// The most that both may be together; 0 is no limit.
    limit: AtomicU64,
    /// How many changes could not be recorded: none, if this crate is right.
    lost: AtomicU64,
    /// How many times a child, or one that was told to, counted everything anew.
    recoveries: AtomicU64,
    identification: Identification,
    hook: Hook,
    space: A,
}

static GLOBAL: Registry<Kernel> = Registry::new(Kernel);

impl Registry<Kernel> {
    /// The registry of the process: one for each copy of this crate, and one for each image that it is linked into.
    #[must_use]
    pub fn global() -> &'static Self {
        &GLOBAL
    }
}

impl<A> Registry<A> {
    /// A registry with nothing in it, of mappings in this space.
    #[must_use]
    pub const fn new(space: A) -> Self {
        Self {
            tree: Tree::new(),
            nodes: Nodes::new(),
            records: Records::new(),
            lock: Lock::new(),
            operations: Operations::new(),
            maps: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            promised: AtomicU64::new(0),
            limit: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            recoveries: AtomicU64::new(0),
            identification: Identification::new(),
            hook: Hook::new(),
            space,
        }
    }

    /// The space beneath.
    #[must_use]
    pub const fn space(&self) -> &A {
        &self.space
    }

    /// Tells threads apart by what lies at their thread pointers from now on, which needs no system call and no
    /// permission.
    ///
    /// Without it, it is the thread pointer where every program may read that register: on aarch64, and on x86_64 Linux
    /// where the auxiliary vector says so (kernels tell it since 6.4). Elsewhere it is the kernel's number of the thread,
    /// which is a system call for each operation. [`identify_by_kernel`](Self::identify_by_kernel) chooses that.
    ///
    /// # Safety
    ///
    /// No other thread and no interrupted frame is using the registry. On x86_64 every thread that changes mappings, now
    /// or later, has thread-local storage as the platform's ABI describes it, so that `fs:0` can be read: every thread that
    /// a C library or the standard library made has.
    pub unsafe fn identify_by_thread_pointer(&self) {
        self.identification.set(Identification::PROMISED);
    }

    /// Tells threads apart by the kernel's number from now on: for programs whose threads share a thread pointer.
    ///
    /// # Safety
    ///
    /// No other thread and no interrupted frame is using the registry.
    pub unsafe fn identify_by_kernel(&self) {
        self.identification.set(Identification::KERNEL);
    }

    fn identity(&self) -> Identity {
        self.identification.identity()
    }
}

impl<A> Store<FANOUT> for Registry<A> {
    fn node(&self, index: u32) -> Option<&Node<FANOUT>> {
        self.nodes.get(index)
    }

    fn record(&self, index: u32) -> Option<&Record> {
        self.records.get(index)
    }
}

// SAFETY: it is made of atomic words, of which zeros are a value.
unsafe impl<const N: usize> Descriptor for Node<N> {
    fn next(&self) -> &AtomicU64 {
        &self.next
    }
}

// SAFETY: as above.
unsafe impl Descriptor for Record {
    fn next(&self) -> &AtomicU64 {
        &self.next
    }
}
