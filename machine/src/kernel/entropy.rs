//! `getrandom`.

use rand_chacha::rand_core::Rng;

use crate::errno::Errno;
use crate::target::Mode;

use super::{Answer, Kernel, fault};

/// `GRND_NONBLOCK`, `GRND_RANDOM` and `GRND_INSECURE`.
const KNOWN_FLAGS: u64 = 7;

/// What is certain to be filled by one call; more may be cut short.
const CERTAIN: u64 = 256;
/// A bound for the machine's own buffer.
const LONGEST: u64 = 1 << 20;

/// `getrandom(buffer, length, flags)`; the numbers come from the seed.
pub(crate) fn getrandom(kernel: &mut Kernel, buffer: u64, length: u64, flags: u64) -> Answer {
    if flags & u64::from(u32::MAX) & !KNOWN_FLAGS != 0 {
        return Err(Errno::EINVAL.into());
    }
    let most = match kernel.mode {
        Mode::Hostile => CERTAIN,
        Mode::Measured => LONGEST,
    };
    let mut bytes = vec![0; length.min(most) as usize];
    kernel.random.fill_bytes(&mut bytes);
    kernel
        .process()
        .space
        .write(buffer, &bytes)
        .map_err(fault)?;
    Ok((bytes.len() as u64).into())
}
