// The entry of a static program without libc: Linux, aarch64.
//
// At entry sp points to the argument block (argc, argv, 0, envp, 0, auxv) and is a multiple of 16.
// `bare_start(block)` is the program's and does not return.

    .section .text._start, "ax", %progbits
    .globl _start
    .hidden bare_start
    .type _start, %function
_start:
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, sp
    bl      bare_start
    brk     #1
    .size _start, . - _start
