#define configMAX_PRIORITIES 8
#define configMINIMAL_STACK_SIZE 128
#define configUSE_TIMERS 0
#define configTOTAL_HEAP_SIZE ((size_t)(96 * 1024))
#define configUSE_MALLOC_FAILED_HOOK 0
