/* Compiled Go programs and their sources as read-only bytes; the paths are given by asm/CMakeLists.txt. */
        .macro  carry label, path, align
        .balign \align
        .globl  \label, \label\()_end
        .hidden \label, \label\()_end
\label: .incbin "\path"
\label\()_end:
        .byte   0
        .endm

        .macro  carry_program name, program, source
        carry   rt0_program_\name, \program, 4096
        carry   rt0_source_\name, \source, 8
        .endm

        .section .rodata
        carry_program hello, RT0_PROGRAM_HELLO, RT0_SOURCE_HELLO
        carry_program workers, RT0_PROGRAM_WORKERS, RT0_SOURCE_WORKERS
        carry_program steal, RT0_PROGRAM_STEAL, RT0_SOURCE_STEAL
        carry_program deadlock, RT0_PROGRAM_DEADLOCK, RT0_SOURCE_DEADLOCK
        carry_program preempt, RT0_PROGRAM_PREEMPT, RT0_SOURCE_PREEMPT
        carry_program growstack, RT0_PROGRAM_GROWSTACK, RT0_SOURCE_GROWSTACK
        carry_program panic, RT0_PROGRAM_PANIC, RT0_SOURCE_PANIC

        .section .note.GNU-stack, "", %progbits
