//! Error numbers.

use core::{error, fmt, hint::cold_path, num::NonZeroU16};

use crate::os;

/// What a call of this crate returns.
pub type Result<T> = core::result::Result<T, Errno>;

/// The number by which the kernel says why it refused a call.
///
/// The constants are the target's own: `Errno::EAGAIN` is 11 on Linux and 35 on FreeBSD and NetBSD, and 11 is
/// `EDEADLK` there. Compare with the constants, never with numbers. A name that only some systems have exists
/// only there.
///
/// With the feature `errno-text` it prints as name and meaning, `EINVAL: Invalid argument`; without it, as
/// `errno 22`, and no table comes into the program.
///
/// ```
/// use rawmap::Errno;
///
/// let error = Errno::from_raw_os_error(22).ok_or("not an error number")?;
/// assert_eq!(error, Errno::EINVAL);
/// assert_eq!(error.raw_os_error(), 22);
/// assert_eq!(Errno::from_raw_os_error(0), None);
/// # Ok::<(), &'static str>(())
/// ```
///
/// # References
///
/// [Linux errno(3)](https://man7.org/linux/man-pages/man3/errno.3.html),
/// [FreeBSD intro(2)](https://man.freebsd.org/cgi/man.cgi?query=intro&sektion=2),
/// [NetBSD intro(2)](https://man.netbsd.org/intro.2)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Errno(NonZeroU16);

/// The largest number that a kernel uses to report an error.
const MAX: u16 = 4095;

impl Errno {
    /// A number out of a system's own list, which is read at compile time only: 0 does not compile.
    pub(crate) const fn listed(number: u16) -> Self {
        assert!(number <= MAX);
        match NonZeroU16::new(number) {
            Some(number) => Self(number),
            None => panic!("0 is no error"),
        }
    }

    /// Splits a kernel's answer: −4095…−1 is an error, everything else a result.
    #[inline]
    pub(crate) const fn of(answer: usize) -> Result<usize> {
        if answer > usize::MAX - MAX as usize {
            cold_path();
            // SAFETY: the answer is one of −4095…−1, so its negative is one of 1…4095.
            Err(Self(unsafe {
                NonZeroU16::new_unchecked(answer.wrapping_neg() as u16)
            }))
        } else {
            Ok(answer)
        }
    }

    /// The answer of a call that has no result but success.
    #[inline(always)]
    pub(crate) const fn done(answer: usize) -> Result<()> {
        // Not by way of a closure, of which the compiler makes three instructions more.
        match Self::of(answer) {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The number, as this system counts.
    #[must_use]
    #[inline]
    pub const fn raw_os_error(self) -> i32 {
        self.0.get() as i32
    }

    /// The error of this number; `None` unless it is one of 1 to 4095, which is what a kernel can report.
    #[must_use]
    #[inline]
    pub const fn from_raw_os_error(number: i32) -> Option<Self> {
        if number < 1 || number > MAX as i32 {
            return None;
        }
        match NonZeroU16::new(number as u16) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The name in this system's headers, such as `"EINVAL"`: the first one where a number has two.
    ///
    /// `None` for a number without a name, and for every number without the feature `errno-text`.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match os::error_text(self.0.get()) {
            Some((name, _)) => Some(name),
            None => None,
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Errno({})", self.0),
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match os::error_text(self.0.get()) {
            Some((name, meaning)) => write!(f, "{name}: {meaning}"),
            None => write!(f, "errno {}", self.0),
        }
    }
}

impl error::Error for Errno {}

#[cfg(feature = "std")]
impl From<Errno> for std::io::Error {
    fn from(error: Errno) -> Self {
        Self::from_raw_os_error(error.raw_os_error())
    }
}
