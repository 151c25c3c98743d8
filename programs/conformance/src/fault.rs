//! Accesses that may fail: made by a child, whose end tells, or caught by a handler.

use core::{
    ffi::c_void,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use rawmap_bare::{
    call,
    process::{self, Ended},
    signal::{self, Handler, SIGBUS, SIGSEGV},
};

use crate::report::Unable;

/// The end of a process that touched what it may not touch.
pub(crate) const SEGMENTATION_FAULT: Ended = Ended::Signalled(SIGSEGV);
/// The end of a process that touched a page beyond the end of an object.
pub(crate) const BUS_ERROR: Ended = Ended::Signalled(SIGBUS);

/// A child loads a byte, and ends with it.
pub(crate) fn load(address: *mut c_void) -> Ended {
    // SAFETY: if the byte can't be read, the child ends by a signal, which is the answer.
    process::child(|| unsafe { address.cast::<u8>().read_volatile() })
}

/// A child stores a byte, and ends with 0.
pub(crate) fn store(address: *mut c_void) -> Ended {
    process::child(|| {
        // SAFETY: if the byte can't be written, the child ends by a signal, which is the answer. Memory that is shared
        // holds nothing that the row relies on.
        unsafe { address.cast::<u8>().write_volatile(STORED) };
        0
    })
}

/// What [`store`] writes.
pub(crate) const STORED: u8 = 77;

#[cfg(target_arch = "x86_64")]
const FORTY_TWO: [u8; 6] = [0xb8, 42, 0, 0, 0, 0xc3];
#[cfg(target_arch = "aarch64")]
const FORTY_TWO: [u8; 8] = [0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6];

/// Writes a function that returns 42.
///
/// # Safety
///
/// A page that can be written, and that nobody executes at the moment.
pub(crate) unsafe fn write_code(page: *mut c_void) {
    for (at, &byte) in FORTY_TWO.iter().enumerate() {
        // SAFETY: the function is shorter than a page.
        unsafe { page.cast::<u8>().add(at).write_volatile(byte) };
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: both caches are brought in line with the memory, for the one line that holds the function.
    unsafe {
        core::arch::asm!("dc cvau, {0}", "dsb ish", "ic ivau, {0}", "dsb ish", "isb", in(reg) page,
            options(nostack, preserves_flags));
    }
}

/// A child calls the function at an address, and ends with its result.
pub(crate) fn execute(address: *mut c_void) -> Ended {
    process::child(|| {
        // SAFETY: the code there is `write_code`'s; if it may not be executed, the child ends by a signal.
        let function =
            unsafe { core::mem::transmute::<*mut c_void, extern "C" fn() -> i32>(address) };
        function() as u8
    })
}

/// How many faults the handler has caught in this process.
static CAUGHT: AtomicUsize = AtomicUsize::new(0);
/// The address of the last one.
static ADDRESS: AtomicUsize = AtomicUsize::new(0);
/// What the handler works on.
static SUBJECT: AtomicUsize = AtomicUsize::new(0);

/// What a handler is to work on, as an address or a descriptor.
pub(crate) fn subject() -> usize {
    SUBJECT.load(Relaxed)
}

/// Notes a fault; a handler that makes the access possible returns, and the access is made again. One that cannot
/// would be called for ever.
pub(crate) fn note(information: &signal::Information) {
    ADDRESS.store(information.address(), Relaxed);
    let before = CAUGHT.load(Relaxed);
    if before > 0 {
        call::exit(GAVE_UP);
    }
    CAUGHT.store(before + 1, Relaxed);
}

const GAVE_UP: i32 = 99;

/// The faults that were caught, and the address of the last one.
pub(crate) fn caught() -> (usize, usize) {
    (CAUGHT.load(Relaxed), ADDRESS.load(Relaxed))
}

/// Has a signal handled, with something to work on.
pub(crate) fn handle(signal: i32, handler: Handler, subject: usize) -> Result<(), Unable> {
    SUBJECT.store(subject, Relaxed);
    // SAFETY: the handlers of this program make system calls and use atomics.
    unsafe { signal::handle(signal, handler) }
        .map_err(|number| Unable::because("sigaction", number))
}
