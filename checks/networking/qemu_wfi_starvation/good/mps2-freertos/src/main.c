#include "FreeRTOS.h"
#include "task.h"

void vApplicationIdleHook(void)
{
    __asm volatile("wfi");
}

int main(void)
{
    start_network_task();
    vTaskStartScheduler();
}
