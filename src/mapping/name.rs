//! Names that the kernel shows.

use core::ffi::CStr;

use super::RequestError;
use crate::{Errno, Result, os, space::Region};

/// The bytes that Linux takes, the zero at the end among them.
const LIMIT: usize = 80;

/// A name that can be given.
#[derive(Clone, Copy)]
pub(super) struct Name {
    bytes: [u8; LIMIT],
}

impl Name {
    pub(super) fn of(name: &str) -> core::result::Result<Self, RequestError> {
        let mut bytes = [0; LIMIT];
        let Some(room) = bytes
            .get_mut(..name.len())
            .filter(|room| room.len() < LIMIT)
        else {
            return Err(RequestError::NameTooLong);
        };
        for (to, &from) in room.iter_mut().zip(name.as_bytes()) {
            match from {
                0 => return Err(RequestError::NameZero),
                b'\\' | b'`' | b'$' | b'[' | b']' => return Err(RequestError::NameCharacter),
                b' '..=b'~' => *to = from,
                _ => return Err(RequestError::NameCharacter),
            }
        }
        Ok(Self { bytes })
    }

    pub(super) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }

    /// Gives it to a range.
    pub(super) fn give(&self, region: Region) -> Result<()> {
        let addr = region.as_ptr().expose_provenance();
        let name = self.as_c_str().as_ptr().expose_provenance();
        // SAFETY: names change nothing but what is shown; the kernel copies the string, which ends with a zero.
        match Errno::done(unsafe { os::name_memory(addr, region.len(), name) }) {
            // No names at all; none for what is not anonymous.
            Err(Errno::ENOSYS | Errno::EINVAL | Errno::EBADF) => Err(Errno::ENOTSUP),
            answer => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::{Name, RequestError};

    fn error(name: &str) -> Option<RequestError> {
        Name::of(name).err()
    }

    #[test]
    fn what_the_kernel_refuses_is_told_apart() {
        let longest: String = "n".repeat(79);
        assert_eq!(error(""), None);
        assert_eq!(error("a heap (7)"), None);
        assert_eq!(error(&longest), None);
        assert_eq!(error(&(longest + "n")), Some(RequestError::NameTooLong));
        assert_eq!(error("a\0b"), Some(RequestError::NameZero));
        for name in ["a\nb", "a[b", "a]", "$", "`", "\\", "ä", "\x7f"] {
            assert_eq!(error(name), Some(RequestError::NameCharacter), "{name}");
        }
    }
}
