/* The compiled sample program as read-only bytes. RT0_PROGRAM_HELLO is its path, given by asm/CMakeLists.txt. */
        .section .rodata
        .balign 4096
        .globl  rt0_program_hello, rt0_program_hello_end
        .hidden rt0_program_hello, rt0_program_hello_end
rt0_program_hello:
        .incbin RT0_PROGRAM_HELLO
rt0_program_hello_end:
        .byte   0

        .section .note.GNU-stack, "", %progbits
