    .section .init
    .globl _start
_start:
    la sp, __stack
    call main
1:  j 1b
