# The entry of a static program without libc: Linux, x86_64.
#
# At entry rsp points to the argument block (argc, argv, 0, envp, 0, auxv) and is a multiple of 16. The call
# makes it what a function expects. `bare_start(block)` is the program's and does not return.
# The syntax is Intel's, which `global_asm!` expects; an assembler has to be told of it.

    .section .text._start, "ax", @progbits
    .globl _start
    .hidden bare_start
    .type _start, @function
_start:
    xor     ebp, ebp
    mov     rdi, rsp
    call    bare_start
    ud2
    .size _start, . - _start
