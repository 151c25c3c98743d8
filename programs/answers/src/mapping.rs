//! mmap: what it takes, and what it refuses.

use core::ptr::null_mut;

use rawmap::{MapFlags, Prot, raw};

use crate::{
    answer::ask,
    child::in_child,
    pages::{PAGE, PRIVATE, READ_WRITE, READ_WRITE_EXEC, SHARED, SHARED_FILE, anonymous, at},
};

/// Its first page can't be a process's.
const KERNEL_HALF: usize = 0xffff_8000_0000_0000;
const BELOW_2_TO_47: usize = (1 << 47) - PAGE;

pub(crate) fn ask_kernel() {
    let fixed = PRIVATE | MapFlags::FIXED;
    // SAFETY: what is mapped is new, or lies where nothing of the program is.
    unsafe {
        ask("mmap len 0 anon", || {
            anonymous(null_mut(), 0, READ_WRITE, PRIVATE)
        });
        ask("mmap anon, no type", || {
            anonymous(null_mut(), PAGE, READ_WRITE, MapFlags::ANONYMOUS)
        });
        ask("mmap anon SHARED|PRIVATE", || {
            anonymous(null_mut(), PAGE, READ_WRITE, SHARED | PRIVATE)
        });
        ask("mmap anon fd 1", || {
            raw::mmap(null_mut(), PAGE, READ_WRITE, PRIVATE, 1, 0)
        });
        ask("mmap anon offset P", || {
            raw::mmap(null_mut(), PAGE, READ_WRITE, PRIVATE, -1, PAGE as u64)
        });
        ask("mmap anon offset 16", || {
            raw::mmap(null_mut(), PAGE, READ_WRITE, PRIVATE, -1, 16)
        });
        ask("mmap fixed unaligned", || {
            anonymous(at(0x1000_0001), PAGE, READ_WRITE, fixed)
        });
        ask("mmap fixed kernel half", || {
            anonymous(at(KERNEL_HALF), PAGE, READ_WRITE, fixed)
        });
        ask("mmap fixed just below 2^47", || {
            anonymous(at(BELOW_2_TO_47), PAGE, READ_WRITE, fixed)
        });
        ask("mmap fixed at 0", || {
            in_child(|| u8::from(anonymous(null_mut(), PAGE, READ_WRITE, fixed).is_err()))
        });
        ask("mmap huge length", || {
            anonymous(null_mut(), 1 << 56, READ_WRITE, PRIVATE)
        });
        ask("mmap len wraps", || {
            anonymous(null_mut(), usize::MAX - 100, READ_WRITE, PRIVATE)
        });
        ask("mmap prot 0x40", || {
            let prot = READ_WRITE | Prot::from_bits_retain(0x40);
            anonymous(null_mut(), PAGE, prot, PRIVATE)
        });
        ask("mmap flag 0x400000", || {
            let flags = PRIVATE | MapFlags::from_bits_retain(0x40_0000);
            anonymous(null_mut(), PAGE, READ_WRITE, flags)
        });
        ask("mmap bad fd", || {
            raw::mmap(null_mut(), PAGE, Prot::READ, SHARED_FILE, 77, 0)
        });
        ask("mmap W+X", || {
            anonymous(null_mut(), PAGE, READ_WRITE_EXEC, PRIVATE)
        });
    }
}
