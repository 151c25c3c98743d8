// The entry of a static program without libc, and its ELF notes: NetBSD, aarch64.
//
// At entry x2 points to ps_strings, whose first word is argv; argc lies below it, and behind it 0, envp, 0 and
// auxv, as on the other systems. sp is a multiple of 16. `bare_start(block)` is the program's and does not return.

    .section .text._start, "ax", %progbits
    .globl _start
    .hidden bare_start
    .type _start, %function
_start:
    mov     x29, xzr
    mov     x30, xzr
    ldr     x0, [x2]
    sub     x0, x0, #8
    bl      bare_start
    brk     #1
    .size _start, . - _start

// Without this note the kernel does not run the program.
    .section .note.netbsd.ident, "a", %note
    .balign 4
    .long   7                       // bytes of the name
    .long   4                       // bytes of the description
    .long   1                       // ELF_NOTE_TYPE_NETBSD_TAG
    .asciz  "NetBSD"
    .byte   0
    .long   1000000000              // __NetBSD_Version__: 10.0
