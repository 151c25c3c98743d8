// The entry of a static program without libc, and its ELF note: FreeBSD, aarch64.
//
// At entry x0 points to the argument block (argc, argv, 0, envp, 0, auxv), and sp is a multiple of 16 below it.
// `bare_start(block)` is the program's and does not return.

    .section .text._start, "ax", %progbits
    .globl _start
    .hidden bare_start
    .type _start, %function
_start:
    mov     x29, xzr
    mov     x30, xzr
    bl      bare_start
    brk     #1
    .size _start, . - _start

// By the note the kernel knows the program for one of FreeBSD's, and by its number what behaviour it expects:
// without one, a mapping of length 0 would succeed.
    .section .note.tag, "a", %note
    .balign 4
    .long   8                       // bytes of the name
    .long   4                       // bytes of the description
    .long   1                       // NT_FREEBSD_ABI_TAG
    .asciz  "FreeBSD"
    .long   1400097                 // __FreeBSD_version: 14.0
