#define configTICK_RATE_HZ 1000
#define configUSE_16_BIT_TICKS 0
