# The entry of a static program without libc, and its ELF note: FreeBSD, x86_64.
#
# At entry rdi points to the argument block (argc, argv, 0, envp, 0, auxv). rsp is 8 above a multiple of 16, as
# behind a call, and need not point to the block. `bare_start(block)` is the program's and does not return.
# The syntax is Intel's, which `global_asm!` expects; an assembler has to be told of it.

    .section .text._start, "ax", @progbits
    .globl _start
    .hidden bare_start
    .type _start, @function
_start:
    xor     ebp, ebp
    and     rsp, -16
    call    bare_start
    ud2
    .size _start, . - _start

# By the note the kernel knows the program for one of FreeBSD's, and by its number what behaviour it expects:
# without one, a mapping of length 0 would succeed.
    .section .note.tag, "a", @note
    .balign 4
    .long   8                       # bytes of the name
    .long   4                       # bytes of the description
    .long   1                       # NT_FREEBSD_ABI_TAG
    .asciz  "FreeBSD"
    .long   1400097                 # __FreeBSD_version: 14.0
