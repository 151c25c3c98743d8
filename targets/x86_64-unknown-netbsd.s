# The entry of a static program without libc, and its ELF notes: NetBSD, x86_64.
#
# At entry rbx points to ps_strings, whose first word is argv; argc lies below it, and behind it 0, envp, 0 and
# auxv, as on the other systems. The stack is aligned here, as the system's own crt0 does.
# `bare_start(block)` is the program's and does not return.
# The syntax is Intel's, which `global_asm!` expects; an assembler has to be told of it.

    .section .text._start, "ax", @progbits
    .globl _start
    .hidden bare_start
    .type _start, @function
_start:
    xor     ebp, ebp
    mov     rdi, [rbx]
    sub     rdi, 8
    and     rsp, -16
    call    bare_start
    ud2
    .size _start, . - _start

# Without this note the kernel does not run the program.
    .section .note.netbsd.ident, "a", @note
    .balign 4
    .long   7                       # bytes of the name
    .long   4                       # bytes of the description
    .long   1                       # ELF_NOTE_TYPE_NETBSD_TAG
    .asciz  "NetBSD"
    .byte   0
    .long   1000000000              # __NetBSD_Version__: 10.0
