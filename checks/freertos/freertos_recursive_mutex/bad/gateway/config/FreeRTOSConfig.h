#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configUSE_PREEMPTION 1
#define configCPU_CLOCK_HZ ( ( unsigned long ) 168000000 )
#define configTICK_RATE_HZ ( ( TickType_t ) 1000 )
#define configMAX_PRIORITIES ( 8 )
#define configTOTAL_HEAP_SIZE ( ( size_t ) ( 96 * 1024 ) )
#define configUSE_MUTEXES 1
#define configUSE_RECURSIVE_MUTEXES ( 0 )
#define configUSE_COUNTING_SEMAPHORES 1

#endif
