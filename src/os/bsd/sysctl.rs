//! What the BSDs tell through sysctl(3), whose call both have under the same number and in the same form.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::{
    Errno,
    os::{CTL_HW, CTL_KERN, HW_PAGESIZE, sysctl},
};

/// A variable of the type `int` by its two-part name; `None` if the kernel does not know it, if it is of another size, or
/// negative.
fn int(name: [i32; 2]) -> Option<u32> {
    let mut value = 0i32;
    let mut size = size_of_val(&value);
    // SAFETY: the kernel reads as many parts of `name` as it is told, and writes at most `size` bytes to `value` and
    // the number written to `size`, all of which are exposed. The null new value means that nothing is set.
    let answer = unsafe {
        sysctl(
            name.as_ptr().expose_provenance(),
            name.len(),
            (&raw mut value).expose_provenance(),
            (&raw mut size).expose_provenance(),
            0,
            0,
        )
    };
    Errno::of(answer).ok()?;
    if size != size_of_val(&value) {
        return None;
    }
    u32::try_from(value).ok()
}

/// The page size, by hw.pagesize.
pub(crate) fn page_size() -> Option<usize> {
    int([CTL_HW, HW_PAGESIZE]).map(|size| size as usize)
}

/// The release of the running kernel, asked once.
pub(in crate::os) struct Release {
    /// 0 while not asked.
    known: AtomicU32,
    /// The second part of its name, below kern.
    variable: i32,
}

impl Release {
    /// The release that this variable below kern tells.
    pub(in crate::os) const fn new(variable: i32) -> Self {
        Self {
            known: AtomicU32::new(0),
            variable,
        }
    }

    /// Is the running kernel of this release or a later one? No, if it does not say. In a jail of FreeBSD it says what
    /// the jail was set to.
    pub(in crate::os) fn at_least(&self, wanted: u32) -> bool {
        // Relaxed: the word is all there is to know, and whoever still reads 0 finds out the same by asking.
        let mut release = self.known.load(Relaxed);
        if release == 0 {
            release = int([CTL_KERN, self.variable]).unwrap_or(0);
            self.known.store(release, Relaxed);
        }
        release >= wanted
    }
}
