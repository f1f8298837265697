#define configUSE_PREEMPTION 1
#define configTICK_RATE_HZ 1000
#define configUSE_IDLE_HOOK 0
