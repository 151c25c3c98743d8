//! A process, apart from what the processor holds of it while it runs.

use crate::files::Descriptors;
use crate::outcome::Exit;
use crate::registers::Registers;
use crate::space::AddressSpace;

/// What `fork` hands out and `wait4` takes.
pub(crate) type ProcessId = u32;

/// A process and everything the kernel keeps for it.
pub(crate) struct Process {
    pub(crate) parent: Option<ProcessId>,
    pub(crate) registers: Registers,
    pub(crate) space: AddressSpace,
    pub(crate) descriptors: Descriptors,
    pub(crate) personality: Personality,
    /// Mappings are wired as they are made.
    pub(crate) wires_future: bool,
    pub(crate) state: State,
}

/// Whether a process can run.
pub(crate) enum State {
    Ready,
    /// In `wait4`, to be asked again when a child has ended.
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
}
