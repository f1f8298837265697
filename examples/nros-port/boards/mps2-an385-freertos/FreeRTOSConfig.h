/* Kernel configuration of the MPS2-AN385 port (Cortex-M3, 25 MHz under QEMU). */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define BOARD_CPU_HZ                                 25000000UL
#define BOARD_PRIORITY_BITS                          3

#define configUSE_PREEMPTION                         1
#define configUSE_TIME_SLICING                       1
#define configUSE_IDLE_HOOK                          1
#define configCPU_CLOCK_HZ                           ( BOARD_CPU_HZ )
#define configTICK_RATE_HZ                           ( ( TickType_t ) 1000 )
#define configMAX_PRIORITIES                         ( 8 )
#define configMINIMAL_STACK_SIZE                     ( ( unsigned short ) 256 )
#define configTOTAL_HEAP_SIZE                        ( ( size_t ) ( 256 * 1024 ) )
#define configUSE_16_BIT_TICKS                       0
#define configCHECK_FOR_STACK_OVERFLOW               2

/* Synchronisation: zenoh-pico's sessions and lwIP's core lock. */
#define configUSE_MUTEXES                            1
#define configUSE_RECURSIVE_MUTEXES                  1
#define configUSE_COUNTING_SEMAPHORES                1
#define configUSE_TASK_NOTIFICATIONS                 1

#define configPRIO_BITS                              BOARD_PRIORITY_BITS
#define configLIBRARY_LOWEST_INTERRUPT_PRIORITY      7
#define configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY 5
#define configKERNEL_INTERRUPT_PRIORITY \
    ( configLIBRARY_LOWEST_INTERRUPT_PRIORITY << ( 8 - configPRIO_BITS ) )
#define configMAX_SYSCALL_INTERRUPT_PRIORITY \
    ( configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY << ( 8 - configPRIO_BITS ) )

#define INCLUDE_vTaskDelay                           1
#define INCLUDE_vTaskDelete                          1
#define INCLUDE_xTaskGetCurrentTaskHandle            1

#endif
