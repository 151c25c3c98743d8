//! What a process has said about signals, and which of them wait for it.

use std::collections::BTreeMap;

use crate::signal::Signal;

/// `SA_ONSTACK`
pub(crate) const ON_STACK: u32 = 0x1;
/// `SA_RESTART`
pub(crate) const RESTART: u32 = 0x2;
/// `SA_RESETHAND`
pub(crate) const RESET_HANDLER: u32 = 0x4;
/// `SA_NODEFER`
pub(crate) const NO_DEFER: u32 = 0x10;
/// `SA_SIGINFO`
pub(crate) const INFORMATION: u32 = 0x40;

/// What a process wants done about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    Default,
    Ignore,
    /// A function of the program's.
    Handler(u64),
}

/// What `sigaction` sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action {
    pub(crate) response: Response,
    /// What is blocked while the handler runs, besides the signal itself.
    pub(crate) mask: u128,
    pub(crate) flags: u32,
    /// NetBSD: where a handler returns to.
    pub(crate) trampoline: u64,
}

/// A signal on its way.
#[derive(Clone, Debug)]
pub(crate) struct Raised {
    pub(crate) signal: Signal,
    pub(crate) code: i32,
    pub(crate) origin: Origin,
    /// What happened, in words.
    pub(crate) why: String,
}

/// Where a signal comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// An instruction, which is made again if the handler returns: it can't be put off.
    Instruction {
        /// What the handler is told.
        address: u64,
        /// What was accessed, where it was an access.
        accessed: Option<u64>,
    },
    /// A process, or the kernel by itself.
    Sender { process: u32, user: u32 },
}

/// A stack that handlers can ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AlternateStack {
    pub(crate) start: u64,
    pub(crate) size: u64,
}

/// All of it for one process.
#[derive(Clone, Default)]
pub(crate) struct SignalState {
    actions: BTreeMap<Signal, Action>,
    pub(crate) mask: u128,
    pending: BTreeMap<Signal, Raised>,
    pub(crate) stack: Option<AlternateStack>,
    /// What the mask is to be once a handler has run: `sigsuspend` has another meanwhile.
    pub(crate) mask_after_suspension: Option<u128>,
}

impl SignalState {
    pub(crate) fn action(&self, signal: Signal) -> Action {
        self.actions.get(&signal).copied().unwrap_or(Action {
            response: Response::Default,
            mask: 0,
            flags: 0,
            trampoline: 0,
        })
    }

    pub(crate) fn set_action(&mut self, signal: Signal, action: Action) {
        self.actions.insert(signal, action);
        if self.is_without_effect(signal) {
            self.pending.remove(&signal);
        }
    }

    pub(crate) fn is_without_effect(&self, signal: Signal) -> bool {
        match self.action(signal).response {
            Response::Ignore => true,
            Response::Default => signal.default() == crate::signal::Default::Nothing,
            Response::Handler(_) => false,
        }
    }

    pub(crate) fn is_blocked(&self, signal: Signal) -> bool {
        signal.is_free() && self.mask & signal.bit() != 0
    }

    /// Lets a signal wait until it is taken; one that waits already is not doubled.
    pub(crate) fn post(&mut self, raised: Raised) {
        if !self.is_without_effect(raised.signal) {
            self.pending.entry(raised.signal).or_insert(raised);
        }
    }

    /// All that wait, blocked or not.
    pub(crate) fn pending(&self) -> u128 {
        self.pending
            .keys()
            .fold(0, |set, signal| set | signal.bit())
    }

    pub(crate) fn is_due(&self) -> bool {
        self.pending.keys().any(|&signal| !self.is_blocked(signal))
    }

    /// The next signal to act on.
    pub(crate) fn take(&mut self) -> Option<Raised> {
        let due = self
            .pending
            .keys()
            .copied()
            .find(|&signal| !self.is_blocked(signal))?;
        self.pending.remove(&due)
    }

    /// Sets the mask; two signals can't be blocked.
    pub(crate) fn set_mask(&mut self, mask: u128) {
        self.mask = mask & !(Signal::SIGKILL.bit() | Signal::SIGSTOP.bit());
    }

    /// What a child starts with: everything but what waits.
    pub(crate) fn inherited(&self) -> Self {
        Self {
            pending: BTreeMap::new(),
            ..self.clone()
        }
    }
}
