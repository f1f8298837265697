    .section .init
    .globl _start
_start:
    la sp, __stack
    la tp, __tls_base
    call main
1:  j 1b
