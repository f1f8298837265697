#define configTICK_RATE_HZ 1000
#define configMAX_PRIORITIES 5
#define configASSERT( x ) if( ( x ) == 0 ) { for( ;; ); }

#define configKERNEL_INTERRUPT_PRIORITY 255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 191
