//! System calls by assembly of the programs' own: the answer is a value or −errno.

use core::{arch::asm, ffi::CStr};

use crate::number;

/// The number and up to seven arguments, wherever this kernel wants them.
///
/// # Safety
///
/// What the kernel does with them must be sound.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub unsafe fn call(number: usize, a: [usize; 7]) -> isize {
    let answer;
    // SAFETY: the caller's contract.
    unsafe {
        asm!("syscall", inlateout("rax") number => answer, in("rdi") a[0], in("rsi") a[1], in("rdx") a[2],
            in("r10") a[3], in("r8") a[4], in("r9") a[5], lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    answer
}

/// The number and up to seven arguments, wherever this kernel wants them.
///
/// # Safety
///
/// What the kernel does with them must be sound.
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
pub unsafe fn call(number: usize, a: [usize; 7]) -> isize {
    let answer;
    // SAFETY: the caller's contract.
    unsafe {
        asm!("svc #0", in("x8") number, inlateout("x0") a[0] => answer, in("x1") a[1], in("x2") a[2],
            in("x3") a[3], in("x4") a[4], in("x5") a[5], options(nostack));
    }
    answer
}

/// The number and up to seven arguments, wherever this kernel wants them: the seventh 8 bytes above the stack
/// pointer, which goes below the red zone for it.
///
/// # Safety
///
/// What the kernel does with them must be sound.
#[cfg(all(not(target_os = "linux"), target_arch = "x86_64"))]
pub unsafe fn call(number: usize, a: [usize; 7]) -> isize {
    let answer;
    // SAFETY: the caller's contract.
    unsafe {
        asm!("lea rsp, [rsp - 160]", "mov [rsp + 8], {seventh}", "syscall", "lea rsp, [rsp + 160]",
            "sbb rcx, rcx", "xor rax, rcx", "sub rax, rcx",
            seventh = in(reg) a[6], inlateout("rax") number => answer, in("rdi") a[0], in("rsi") a[1],
            inlateout("rdx") a[2] => _, inlateout("r10") a[3] => _, inlateout("r8") a[4] => _,
            inlateout("r9") a[5] => _, lateout("rcx") _, lateout("r11") _);
    }
    answer
}

/// The number and up to seven arguments, wherever this kernel wants them. NetBSD takes the number from `x17` if the
/// instruction says 0, FreeBSD from `x8`.
///
/// # Safety
///
/// What the kernel does with them must be sound.
#[cfg(all(not(target_os = "linux"), target_arch = "aarch64"))]
pub unsafe fn call(number: usize, a: [usize; 7]) -> isize {
    let answer;
    // SAFETY: the caller's contract.
    unsafe {
        asm!("svc #0", "cneg x0, x0, cs", inlateout("x8") number => _, inlateout("x17") number => _,
            inlateout("x0") a[0] => answer, inlateout("x1") a[1] => _, inlateout("x2") a[2] => _,
            inlateout("x3") a[3] => _, inlateout("x4") a[4] => _, inlateout("x5") a[5] => _,
            inlateout("x6") a[6] => _, lateout("x7") _, options(nostack));
    }
    answer
}

/// Splits an answer: a value, or the number of an error.
///
/// # Errors
///
/// The kernel's number.
pub(crate) fn result(answer: isize) -> Result<usize, i32> {
    if (-4095..0).contains(&answer) {
        Err(-answer as i32)
    } else {
        Ok(answer as usize)
    }
}

/// Ends the process.
pub fn exit(status: i32) -> ! {
    loop {
        // SAFETY: nothing of the program is left to go wrong.
        unsafe { call(number::EXIT, [status as usize, 0, 0, 0, 0, 0, 0]) };
    }
}

/// Writes bytes to a descriptor; the number written, or −errno.
pub fn write(descriptor: i32, bytes: &[u8]) -> isize {
    let address = bytes.as_ptr().expose_provenance();
    // SAFETY: the kernel reads the bytes of the slice.
    unsafe {
        call(
            number::WRITE,
            [descriptor as usize, address, bytes.len(), 0, 0, 0, 0],
        )
    }
}

/// Opens a file for reading; a descriptor, or −errno.
#[must_use]
pub fn open(path: &CStr) -> isize {
    const AT_FDCWD: isize = -100;
    let address = path.as_ptr().expose_provenance();
    // SAFETY: the kernel reads the string. The flags are 0, O_RDONLY everywhere.
    unsafe { call(number::OPENAT, [AT_FDCWD as usize, address, 0, 0, 0, 0, 0]) }
}

/// Closes a descriptor.
pub fn close(descriptor: i32) -> isize {
    // SAFETY: no memory is involved.
    unsafe { call(number::CLOSE, [descriptor as usize, 0, 0, 0, 0, 0, 0]) }
}
