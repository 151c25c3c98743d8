//! What hostile mode does, in one place: the choices that a kernel may make and that no program may count on.
//!
//! - Registers that a call may change are garbage, and so are the flags but carry: [`crate::convention::answer`].
//! - Registers that are undefined at the first instruction are garbage; the stack's alignment and the padding of the
//!   auxiliary vector vary; a program that can stand anywhere does: [`super::execute`], [`crate::start`].
//! - When a handler starts, all registers but its arguments and the stack pointer are garbage, and so is all of its
//!   frame that has no meaning: [`super::delivery`].
//! - After every call, the stack below the red zone (x86_64) or the stack pointer (aarch64) is garbage:
//!   [`Kernel::litter_stack`].
//! - A mapping goes anywhere, half of them directly beside another, and every hint is ignored: [`Kernel::scatter`].
//! - `mremap` moves whatever it may move: [`super::netbsd`].
//! - `MADV_FREE` drops at once, shared memory too: [`super::freebsd`]; NetBSD does so by itself.
//! - Memory that can only be written or executed can't be read: [`super::execute`].
//! - `mincore` says anything of pages that are not locked: [`Kernel::residency`].
//! - Transfers through streams and pipes, and long `getrandom`s, are cut short: [`super::transfer`],
//!   [`super::entropy`].
//! - Process and thread ids are random; parent or child goes on first after `fork`: [`super::lifecycle`].
//! - Processes take turns at random moments: [`Kernel::share`].
//! - The core flag of a status is random: [`super::lifecycle`].
//! - Padding, and what a structure does not define, is garbage (`stat`, `sigaction`, `stack_t`, `rusage`):
//!   `fill_padding`.

use rand_chacha::rand_core::Rng;

use crate::pool::PAGE;
use crate::target::{Architecture, Mode};

use super::Kernel;
use super::delivery::RED_ZONE;

/// How far below the stack pointer garbage is left: about a signal's frame.
const LITTER: u64 = 1024;

/// No mapping without an address goes below this: programs, and what they reserve for a heap, stand there.
const LOWEST: u64 = 1 << 36;

/// How often a random place is tried before the first free one is taken.
const ATTEMPTS: u32 = 64;

/// The steps of a process before another has its turn.
const SHARE: u64 = 20_000;
const LEAST_SHARE: u64 = 50;

impl Kernel {
    /// Overwrites what lies below the stack pointer, where a signal's frame could have been. Only the stacks that the
    /// kernel has made itself are known to be stacks.
    pub(super) fn litter_stack(&mut self) {
        if self.mode == Mode::Measured {
            return;
        }
        let process = &self.processes[&self.current];
        let zone = match self.target.architecture {
            Architecture::X86_64 => RED_ZONE,
            Architecture::Aarch64 => 0,
        };
        let end = process.registers.stack_pointer.saturating_sub(zone);
        let Some((start, _)) = process
            .space
            .find(end.saturating_sub(1))
            .filter(|(_, entry)| entry.stack)
        else {
            return;
        };
        let mut garbage = vec![0; LITTER.min(end - start) as usize];
        self.random.fill_bytes(&mut garbage);
        // A stack that can't be written now is left alone.
        let _ = process.space.write(end - garbage.len() as u64, &garbage);
    }

    /// A free place anywhere below `until`.
    pub(super) fn scatter(&mut self, size: u64, alignment: u64, until: u64) -> Option<u64> {
        let space = &self.processes[&self.current].space;
        let lowest = if until > LOWEST { LOWEST } else { PAGE };
        let fits = |start: u64| {
            let end = start.checked_add(size)?;
            let free = start >= lowest && end <= until && space.is_free(start..end);
            free.then_some(start)
        };
        let room = until.checked_sub(size)?.checked_sub(lowest)?;
        for attempt in 0..ATTEMPTS {
            let anywhere = lowest + self.random.next_u64() % (room + 1);
            let beside = if attempt == 0 && self.random.next_u32().is_multiple_of(2) {
                space.nearest(anywhere)
            } else {
                None
            };
            let found = match beside {
                Some(other) => other
                    .end
                    .checked_next_multiple_of(alignment)
                    .and_then(fits)
                    .or_else(|| fits(other.start.checked_sub(size)? & !(alignment - 1))),
                None => fits(anywhere & !(alignment - 1)),
            };
            if found.is_some() {
                return found;
            }
        }
        space
            .lowest_gap(lowest, until, size, alignment)
            .or_else(|| space.lowest_gap(PAGE, until, size, alignment))
    }

    /// Whether a page is in memory: known of locked ones, and of the others only how they were left.
    pub(super) fn residency(&mut self, page: u64) -> bool {
        let space = &self.processes[&self.current].space;
        let wired = space.find(page).is_some_and(|(_, entry)| entry.wired);
        match self.mode {
            Mode::Hostile if !wired => self.random.next_u32().is_multiple_of(2),
            _ => space.is_resident(page),
        }
    }

    /// How many steps a process makes while others wait.
    pub(super) fn share(&mut self) -> u64 {
        match self.mode {
            Mode::Hostile => LEAST_SHARE + self.random.next_u64() % SHARE,
            Mode::Measured => SHARE,
        }
    }
}
