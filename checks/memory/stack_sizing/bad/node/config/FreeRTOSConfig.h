#define configMAX_PRIORITIES            8
#define configMINIMAL_STACK_SIZE        128
#define configCHECK_FOR_STACK_OVERFLOW  0
