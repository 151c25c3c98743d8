//! Clocks, which go on with what is executed and so are the same in every run, and who runs when.

use crate::errno::Errno;

use super::{Answer, Kernel, fault};

/// What one step of the processor takes, in nanoseconds.
const STEP: u64 = 10;

const NANOSECONDS: u64 = 1_000_000_000;

/// The time at which every machine is switched on: late in 2025.
const BOOT: u64 = 1_760_000_000;

/// `CLOCK_REALTIME`
const REALTIME: u32 = 0;

/// `clock_gettime(clock, time)`
pub(crate) fn clock_gettime(kernel: &mut Kernel, clock: u64, time: u64, known: &[u32]) -> Answer {
    let clock = clock as u32;
    if !known.contains(&clock) {
        return Err(Errno::EINVAL.into());
    }
    let since = if clock == REALTIME { BOOT } else { 1 };
    let now = kernel.now();
    let words = [since + now / NANOSECONDS, now % NANOSECONDS];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    kernel.process().space.write(time, &bytes).map_err(fault)?;
    Ok(0.into())
}

/// `nanosleep(time, remaining)`: the clock is put forward, and another process runs.
pub(crate) fn nanosleep(kernel: &mut Kernel, time: u64) -> Answer {
    let space = &kernel.process().space;
    let seconds = space.read_word(time).map_err(fault)?;
    let nanoseconds = space.read_word(time.wrapping_add(8)).map_err(fault)?;
    if nanoseconds >= NANOSECONDS || i64::try_from(seconds).is_err() {
        return Err(Errno::EINVAL.into());
    }
    kernel.slept = kernel
        .slept
        .saturating_add(seconds.saturating_mul(NANOSECONDS))
        .saturating_add(nanoseconds);
    kernel.yields = true;
    Ok(0.into())
}

/// `sched_yield()`
pub(crate) fn sched_yield(kernel: &mut Kernel) -> Answer {
    kernel.yields = true;
    Ok(0.into())
}

impl Kernel {
    /// Nanoseconds since the machine was switched on.
    fn now(&self) -> u64 {
        self.steps.saturating_mul(STEP).saturating_add(self.slept)
    }
}
