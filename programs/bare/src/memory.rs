//! The functions that compiled code calls without being asked to, and that a libc would bring: copying, filling and
//! comparing bytes, and the name of an unwinder that `core` was compiled to mention.
//!
//! One byte at a time is fast enough for tests. The accesses are volatile, so that the compiler does not know the
//! loops for what they are and turns them into calls of themselves.

/// # Safety
///
/// As memcpy(3): `n` bytes can be read at `from` and written at `to`, and they don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    for at in 0..n {
        // SAFETY: the caller's contract.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

/// # Safety
///
/// As memmove(3): `n` bytes can be read at `from` and written at `to`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    if to.addr() <= from.addr() {
        // SAFETY: upwards, each byte is read before it is overwritten; the rest is the caller's contract.
        return unsafe { memcpy(to, from, n) };
    }
    for at in (0..n).rev() {
        // SAFETY: the caller's contract.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

/// # Safety
///
/// As memset(3): `n` bytes can be written at `to`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, n: usize) -> *mut u8 {
    for at in 0..n {
        // SAFETY: the caller's contract.
        unsafe { to.add(at).write_volatile(byte as u8) };
    }
    to
}

/// # Safety
///
/// As memcmp(3): `n` bytes can be read at `a` and at `b`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    for at in 0..n {
        // SAFETY: the caller's contract.
        let (a, b) = unsafe { (a.add(at).read_volatile(), b.add(at).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// # Safety
///
/// As bcmp(3): `n` bytes can be read at `a` and at `b`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { memcmp(a, b, n) }
}

/// # Safety
///
/// As strlen(3): the bytes at `string` can be read up to a null byte.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(string: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: the caller's contract.
    while unsafe { string.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len
}

/// Never called: nothing unwinds. The `core` that comes with the toolchain for Linux was compiled for programs that
/// may, and mentions it.
#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
