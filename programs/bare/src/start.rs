//! What the kernel hands to a program: arguments, environment, auxiliary vector.

use core::ffi::{CStr, c_char};

/// The argument block: argc, argv, a null, the environment, a null, the auxiliary vector.
pub struct Start {
    block: *const usize,
}

const AT_NULL: u32 = 0;
const AT_PAGESZ: u32 = 6;

impl Start {
    /// # Safety
    ///
    /// `block` points to an argument block that stays as it is.
    pub(crate) const unsafe fn new(block: *const usize) -> Self {
        Self { block }
    }

    /// The number of arguments, the program's name included.
    #[must_use]
    pub fn argc(&self) -> usize {
        // SAFETY: the block begins with argc, of which NetBSD's documentation promises 32 bits.
        unsafe { self.block.cast::<u32>().read() as usize }
    }

    /// An argument; 0 is the program's path.
    #[must_use]
    pub fn argument(&self, index: usize) -> Option<&CStr> {
        if index >= self.argc() {
            return None;
        }
        // SAFETY: argv follows argc and has argc strings, which end with a null byte each.
        unsafe {
            Some(CStr::from_ptr(
                self.block.add(1 + index).cast::<*const c_char>().read(),
            ))
        }
    }

    /// The first entry of the auxiliary vector.
    #[must_use]
    pub fn auxv(&self) -> *const usize {
        // SAFETY: behind argv, which ends with a null, lies the environment, which ends with a null, and then the
        // auxiliary vector.
        unsafe {
            let mut at = self.block.add(1 + self.argc() + 1);
            while at.read() != 0 {
                at = at.add(1);
            }
            at.add(1)
        }
    }

    /// The page size that the kernel told; 0 if it did not.
    #[must_use]
    pub fn page_size(&self) -> usize {
        let mut entry = self.auxv();
        loop {
            // SAFETY: no entry before this one ended the vector.
            let (kind, value) = unsafe { (entry.cast::<u32>().read(), entry.add(1).read()) };
            match kind {
                AT_NULL => return 0,
                AT_PAGESZ => return value,
                // SAFETY: this entry does not end the vector.
                _ => entry = unsafe { entry.add(2) },
            }
        }
    }
}
