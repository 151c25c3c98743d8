//! Text put together without memory of its own.

use core::{ffi::CStr, fmt};

/// A piece of text under construction. What does not fit is left out.
pub(crate) struct Text<const SIZE: usize> {
    bytes: [u8; SIZE],
    len: usize,
}

impl<const SIZE: usize> Text<SIZE> {
    pub(crate) fn of(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self {
            bytes: [0; SIZE],
            len: 0,
        };
        // `write_str` has no errors, and numbers and texts have none of their own.
        let _ = fmt::write(&mut text, arguments);
        text
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The text up to its first null byte, which it needs.
    pub(crate) fn as_path(&self) -> Option<&CStr> {
        CStr::from_bytes_until_nul(self.bytes()).ok()
    }
}

impl<const SIZE: usize> fmt::Write for Text<SIZE> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
        Ok(())
    }
}
