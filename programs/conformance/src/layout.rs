//! Which pages of a range have a property: one sign a page.

use core::{
    ffi::c_void,
    fmt::{self, Write as _},
};

use rawmap::{Errno, ResidencyFlags, page_size, raw};

/// Up to 32 pages, each of which has the property (`x`) or has not (`.`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pages: u32,
    count: u32,
}

impl Layout {
    const EMPTY: Self = Self { pages: 0, count: 0 };

    /// The layout of a text such as `x.x`.
    pub(crate) const fn of(text: &str) -> Self {
        let mut layout = Self::EMPTY;
        let mut rest = text.as_bytes();
        while let [first, others @ ..] = rest {
            layout = layout.and(*first == b'x');
            rest = others;
        }
        layout
    }

    /// As many pages as that, all without the property.
    pub(crate) fn none(count: usize) -> Self {
        of_pages(core::ptr::null_mut(), count, |_| false)
    }

    /// One page more.
    const fn and(self, has: bool) -> Self {
        Self {
            pages: self.pages << 1 | has as u32,
            count: self.count + 1,
        }
    }
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for page in (0..self.count).rev() {
            f.write_char(if self.pages >> page & 1 == 1 {
                'x'
            } else {
                '.'
            })?;
        }
        Ok(())
    }
}

/// What mincore says of a page, or that it is none.
fn residency(page: *mut c_void) -> Result<u8, Errno> {
    let mut byte = 0;
    // SAFETY: the kernel writes the one byte.
    unsafe { raw::mincore(page, page_size(), &raw mut byte) }.map(|()| byte)
}

fn of_pages(start: *mut c_void, count: usize, has: impl Fn(*mut c_void) -> bool) -> Layout {
    let mut layout = Layout::EMPTY;
    for page in 0..count {
        layout = layout.and(has(start.wrapping_byte_add(page * page_size())));
    }
    layout
}

/// Which pages are mapped: mincore says `ENOMEM` of the others on every system.
pub(crate) fn mapped(start: *mut c_void, count: usize) -> Layout {
    of_pages(start, count, |page| residency(page) != Err(Errno::ENOMEM))
}

/// Which pages are in memory.
pub(crate) fn resident(start: *mut c_void, count: usize) -> Layout {
    of_pages(start, count, |page| {
        residency(page).is_ok_and(|byte| {
            ResidencyFlags::from_bits_retain(byte).contains(ResidencyFlags::INCORE)
        })
    })
}
