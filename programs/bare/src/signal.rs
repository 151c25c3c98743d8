//! Signals: handlers, and what the kernel tells them.

use core::ffi::c_void;

use crate::{
    call::{self, call},
    number,
};

/// An access that no mapping allows.
pub const SIGSEGV: i32 = 11;
/// An access beyond the end of an object.
pub const SIGBUS: i32 = if cfg!(target_os = "linux") { 7 } else { 10 };

/// What the kernel tells a handler: of this, the address that was touched.
#[repr(C)]
pub struct Information {
    head: [u32; if cfg!(target_os = "freebsd") { 6 } else { 4 }],
    address: usize,
}

impl Information {
    /// The address that was touched.
    #[must_use]
    pub const fn address(&self) -> usize {
        self.address
    }
}

/// A handler: the signal, what the kernel tells of it, and the state of the interrupted program.
pub type Handler = extern "C" fn(i32, &Information, *mut c_void);

/// What the kernel is given for a handler.
#[cfg(target_os = "linux")]
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// What the kernel is given for a handler.
#[cfg(target_os = "freebsd")]
#[repr(C)]
struct Action {
    handler: usize,
    flags: u32,
    mask: [u32; 4],
}

/// What the kernel is given for a handler.
#[cfg(target_os = "netbsd")]
#[repr(C)]
struct Action {
    handler: usize,
    mask: [u32; 4],
    flags: u32,
}

/// Handlers get three arguments.
const SA_SIGINFO: u32 = if cfg!(target_os = "linux") { 4 } else { 0x40 };

const _: () = assert!(size_of::<Action>() == 32);

#[cfg(target_os = "linux")]
impl Action {
    /// On aarch64 handlers return to code of the kernel's own.
    fn new(handler: Handler) -> Self {
        #[cfg(target_arch = "x86_64")]
        let (restorer_flag, restorer) = {
            const SA_RESTORER: usize = 0x0400_0000;
            (SA_RESTORER, trampoline as *const c_void)
        };
        #[cfg(target_arch = "aarch64")]
        let (restorer_flag, restorer) = (0, core::ptr::null::<c_void>());
        Self {
            handler: (handler as *const c_void).expose_provenance(),
            flags: SA_SIGINFO as usize | restorer_flag,
            restorer: restorer.expose_provenance(),
            mask: 0,
        }
    }

    fn arguments(&self, signal: i32) -> [usize; 7] {
        let action = (&raw const *self).expose_provenance();
        [signal as usize, action, 0, size_of::<u64>(), 0, 0, 0]
    }
}

#[cfg(not(target_os = "linux"))]
impl Action {
    fn new(handler: Handler) -> Self {
        Self {
            handler: (handler as *const c_void).expose_provenance(),
            flags: SA_SIGINFO,
            mask: [0; 4],
        }
    }

    #[cfg(target_os = "freebsd")]
    fn arguments(&self, signal: i32) -> [usize; 7] {
        let action = (&raw const *self).expose_provenance();
        [signal as usize, action, 0, 0, 0, 0, 0]
    }

    /// NetBSD wants to know where handlers return to, and of which kind that code is.
    #[cfg(target_os = "netbsd")]
    fn arguments(&self, signal: i32) -> [usize; 7] {
        const WITH_INFORMATION: usize = 2;
        let action = (&raw const *self).expose_provenance();
        let trampoline = (trampoline as *const c_void).expose_provenance();
        [
            signal as usize,
            action,
            0,
            trampoline,
            WITH_INFORMATION,
            0,
            0,
        ]
    }
}

/// Where a handler returns to: rt_sigreturn.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[unsafe(naked)]
extern "C" fn trampoline() {
    core::arch::naked_asm!("mov eax, 15", "syscall", "ud2")
}

/// Where a handler returns to: setcontext with the state that the kernel left in r15.
#[cfg(all(target_os = "netbsd", target_arch = "x86_64"))]
#[unsafe(naked)]
extern "C" fn trampoline() {
    core::arch::naked_asm!("mov rdi, r15", "mov eax, 308", "syscall", "ud2")
}

/// Where a handler returns to: setcontext with the state that the kernel left in x28.
#[cfg(all(target_os = "netbsd", target_arch = "aarch64"))]
#[unsafe(naked)]
extern "C" fn trampoline() {
    core::arch::naked_asm!("mov x0, x28", "svc #308", "brk #1")
}

/// Has a signal handled.
///
/// # Errors
///
/// The kernel's number.
///
/// # Safety
///
/// The handler does only what is sound wherever the signal may interrupt the program.
pub unsafe fn handle(signal: i32, handler: Handler) -> Result<(), i32> {
    let action = Action::new(handler);
    // SAFETY: the kernel reads the action, whose trampoline returns as this kernel wants; the rest is the caller's
    // contract.
    call::result(unsafe { call(number::SIGACTION, action.arguments(signal)) }).map(drop)
}
