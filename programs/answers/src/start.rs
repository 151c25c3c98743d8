//! What the program is started with.

use core::{
    arch::global_asm,
    sync::atomic::{AtomicUsize, Ordering},
};

use rawmap_bare::Start;

use crate::answer::tell;

/// The stack pointer at the first instruction.
static STACK_POINTER: AtomicUsize = AtomicUsize::new(0);
/// On NetBSD the address of `ps_strings`.
#[cfg(target_os = "netbsd")]
static PS_STRINGS: AtomicUsize = AtomicUsize::new(0);

// The program's first instructions: rawmap-bare's entry finds every register that it looks at as it was.
#[cfg(target_arch = "x86_64")]
global_asm!(
    ".section .text.answers_start, \"ax\", @progbits",
    ".globl answers_start",
    "answers_start:",
    "mov [rip + {stack_pointer}], rsp",
    #[cfg(target_os = "netbsd")]
    "mov [rip + {ps_strings}], rbx",
    "jmp _start",
    stack_pointer = sym STACK_POINTER,
    #[cfg(target_os = "netbsd")]
    ps_strings = sym PS_STRINGS,
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".section .text.answers_start, \"ax\", %progbits",
    ".globl answers_start",
    "answers_start:",
    "mov x9, sp",
    "adrp x10, {stack_pointer}",
    "str x9, [x10, :lo12:{stack_pointer}]",
    #[cfg(target_os = "netbsd")]
    "adrp x10, {ps_strings}",
    #[cfg(target_os = "netbsd")]
    "str x2, [x10, :lo12:{ps_strings}]",
    "b _start",
    stack_pointer = sym STACK_POINTER,
    #[cfg(target_os = "netbsd")]
    ps_strings = sym PS_STRINGS,
);

pub(crate) fn ask_kernel(start: &Start) {
    let arch = if cfg!(target_arch = "x86_64") {
        "x86_64"
    } else {
        "aarch64"
    };
    let os = if cfg!(target_os = "linux") {
        "linux"
    } else if cfg!(target_os = "freebsd") {
        "freebsd"
    } else {
        "netbsd"
    };
    tell("probe", format_args!("{os} {arch}"));
    let stack_pointer = STACK_POINTER.load(Ordering::Relaxed);
    tell("entry sp % 16", format_args!("{}", stack_pointer % 16));
    tell("argc at the block", format_args!("{}", start.argc()));
    #[cfg(target_os = "netbsd")]
    ps_strings(stack_pointer);
    tell("AT_PAGESZ", format_args!("{}", start.page_size()));
}

/// The stack pointer leads to the argument block too, whose second word is the first of argv.
#[cfg(target_os = "netbsd")]
fn ps_strings(block: usize) {
    #[repr(C)]
    struct PsStrings {
        argv: usize,
        argc: u32,
    }
    let given: *const PsStrings =
        core::ptr::with_exposed_provenance(PS_STRINGS.load(Ordering::Relaxed));
    // SAFETY: the kernel gives the address of the structure, which begins with these two.
    let PsStrings { argv, argc } = unsafe { given.read() };
    let expected = block + size_of::<usize>();
    tell(
        "ps_strings",
        format_args!(
            "argv={:#x} argc={argc} block argv={:#x}",
            argv & 0xff,
            expected & 0xff
        ),
    );
}
