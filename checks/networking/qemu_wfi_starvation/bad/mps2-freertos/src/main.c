#include "FreeRTOS.h"
#include "task.h"

int main(void)
{
    start_network_task();
    vTaskStartScheduler();
}
