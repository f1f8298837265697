#include "FreeRTOS.h"
#include "task.h"
#include "zenoh-pico.h"

void gateway_task(void *argument);

int main(void)
{
    xTaskCreate(gateway_task, "gateway", 2048, NULL, 3, NULL);
    vTaskStartScheduler();
    return 0;
}
