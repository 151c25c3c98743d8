//! What the systems do differently about signals: structures, codes and numbers.

use crate::signal_state::{Action, Origin, Raised};
use crate::target::{Architecture, System};

use super::signal_frame::Layout;
use super::{Kernel, freebsd, netbsd};

/// `sizeof(struct sigaction)` on both systems; the handler comes first.
pub(crate) const ACTION_SIZE: usize = 32;

/// One system's rules.
pub(crate) struct Rules {
    pub(crate) last_signal: u8,
    /// Where `sa_flags` and `sa_mask` stand in `struct sigaction`.
    pub(crate) action_flags: usize,
    pub(crate) action_mask: usize,
    pub(crate) information: InformationLayout,
    pub(crate) codes: Codes,
    pub(crate) frame: fn(Architecture) -> &'static Layout,
}

/// `siginfo_t`; the signal comes first.
pub(crate) struct InformationLayout {
    pub(crate) size: usize,
    pub(crate) errno: usize,
    pub(crate) code: usize,
    pub(crate) process: usize,
    pub(crate) user: usize,
    pub(crate) address: usize,
}

/// `si_code`, where the systems number it differently.
pub(crate) struct Codes {
    /// From `kill`.
    pub(crate) user: i32,
    /// To one thread.
    pub(crate) thread: i32,
    /// From the kernel.
    pub(crate) kernel: i32,
    pub(crate) integer_division: i32,
    /// An access beyond the end of an object.
    pub(crate) beyond_end: i32,
}

impl Rules {
    /// Fills `siginfo_t`; what a signal of this kind does not have stays as it is.
    pub(crate) fn describe(&self, raised: &Raised, information: &mut [u8]) {
        let layout = &self.information;
        let mut put = |offset: usize, value: [u8; 4]| {
            information[offset..offset + value.len()].copy_from_slice(&value);
        };
        put(0, u32::from(raised.signal.0).to_le_bytes());
        put(layout.errno, 0_u32.to_le_bytes());
        put(layout.code, raised.code.to_le_bytes());
        match raised.origin {
            Origin::Instruction { address, .. } => {
                put(layout.address, (address as u32).to_le_bytes());
                put(layout.address + 4, ((address >> 32) as u32).to_le_bytes());
            }
            Origin::Sender { process, user } => {
                put(layout.process, process.to_le_bytes());
                put(layout.user, user.to_le_bytes());
            }
        }
    }

    /// Takes `struct sigaction` apart: handler, flags and mask.
    pub(crate) fn decode_action(&self, bytes: &[u8; ACTION_SIZE]) -> (u64, u32, u128) {
        let number = |offset: usize, length: usize| {
            let mut number = [0; 16];
            number[..length].copy_from_slice(&bytes[offset..offset + length]);
            u128::from_le_bytes(number)
        };
        (
            number(0, 8) as u64,
            number(self.action_flags, 4) as u32,
            number(self.action_mask, 16),
        )
    }

    /// Puts `struct sigaction` together; its padding stays as it is.
    pub(crate) fn encode_action(
        &self,
        handler: u64,
        action: &Action,
        bytes: &mut [u8; ACTION_SIZE],
    ) {
        bytes[..8].copy_from_slice(&handler.to_le_bytes());
        bytes[self.action_flags..self.action_flags + 4]
            .copy_from_slice(&action.flags.to_le_bytes());
        bytes[self.action_mask..self.action_mask + 16].copy_from_slice(&action.mask.to_le_bytes());
    }
}

impl Kernel {
    pub(crate) fn signal_rules(&self) -> &'static Rules {
        match self.target.system {
            System::FreeBsd => &freebsd::SIGNAL_RULES,
            System::NetBsd => &netbsd::SIGNAL_RULES,
        }
    }
}
