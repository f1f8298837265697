#define configMAX_PRIORITIES 8
#define configMINIMAL_STACK_SIZE 128
#define configSTACK_DEPTH_TYPE uint32_t
#define configCHECK_FOR_STACK_OVERFLOW 2
