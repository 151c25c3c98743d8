//! A process, apart from what the processor holds of it while it runs.

use crate::credentials::Credentials;
use crate::files::Descriptors;
use crate::limits::Limits;
use crate::outcome::Exit;
use crate::registers::{Registers, Vectors};
use crate::signal_state::SignalState;
use crate::space::AddressSpace;

/// What `fork` hands out and `wait4` takes.
pub(crate) type ProcessId = u32;

/// A process and everything the kernel keeps for it.
pub(crate) struct Process {
    pub(crate) parent: Option<ProcessId>,
    /// The id of its one thread.
    pub(crate) thread: u64,
    pub(crate) registers: Registers,
    /// What a signal's context says that the vector registers are to be.
    pub(crate) vectors: Option<Vectors>,
    pub(crate) space: AddressSpace,
    pub(crate) descriptors: Descriptors,
    pub(crate) credentials: Credentials,
    pub(crate) limits: Limits,
    pub(crate) signals: SignalState,
    pub(crate) personality: Personality,
    /// Mappings are wired as they are made.
    pub(crate) wires_future: bool,
    pub(crate) state: State,
    /// Whether the program counter was moved back onto a call that waited.
    pub(crate) in_call: bool,
}

/// Whether a process can run.
pub(crate) enum State {
    Ready,
    /// In a call that is made again when something has changed.
    Waiting,
    /// Ended, and kept until its parent has asked.
    Ended(Exit),
}

/// What the kernel learnt about the program when it was started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Personality {
    /// FreeBSD: the version that the note names; 0 without a note, and old behaviour with it.
    pub(crate) os_release: u32,
    /// NetBSD: the PaX restrictions on protections, which only a program with a PaX note has.
    pub(crate) restricts_protections: bool,
    /// FreeBSD: placement is random.
    pub(crate) randomizes: bool,
    /// NetBSD: how far below its usual place a mapping is put that the kernel chooses the place of.
    pub(crate) placement_shift: u64,
    /// The first address of the program.
    pub(crate) text_start: u64,
    /// The first address of its last writable segment.
    pub(crate) data_start: u64,
    /// FreeBSD: where the last anonymous mapping without a hint ended, and the next one is tried.
    pub(crate) anonymous_cluster: Option<u64>,
    /// FreeBSD: the code that calls a signal handler.
    pub(crate) signal_trampoline: u64,
}
