#define configTICK_RATE_HZ                           1000
#define configMAX_PRIORITIES                         5

#define configPRIO_BITS                              4
#define configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY 16
#define configMAX_SYSCALL_INTERRUPT_PRIORITY         ( configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY << ( 8 - configPRIO_BITS ) )
