//! Output: text and numbers, put together in a buffer and written by one call a line.

use crate::call;

/// Where the results of a test go.
pub const STANDARD_OUTPUT: i32 = 1;
/// Where complaints go.
pub const STANDARD_ERROR: i32 = 2;

/// Writes all of the bytes, unless the descriptor refuses them.
pub fn write(descriptor: i32, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = call::write(descriptor, bytes);
        match usize::try_from(written)
            .ok()
            .and_then(|written| bytes.get(written..))
        {
            Some(rest) if rest.len() < bytes.len() => bytes = rest,
            _ => return,
        }
    }
}

/// A line under construction. What does not fit is left out.
pub struct Line {
    bytes: [u8; 128],
    len: usize,
}

impl Line {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; 128],
            len: 0,
        }
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        for &byte in text.as_bytes() {
            self.push(byte);
        }
        self
    }

    /// Adds a number, in decimal.
    #[must_use]
    pub fn number(mut self, mut number: usize) -> Self {
        let mut digits = [0; 20];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        let mut leading = true;
        for (place, &digit) in digits.iter().enumerate() {
            leading &= digit == b'0' && place + 1 < digits.len();
            if !leading {
                self.push(digit);
            }
        }
        self
    }

    /// Writes it, with its end, to the standard output.
    pub fn print(mut self) {
        self.push(b'\n');
        write(
            STANDARD_OUTPUT,
            self.bytes.get(..self.len).unwrap_or_default(),
        );
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}
