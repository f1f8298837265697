/* The monotonic clock of the nros platform layer. */
#include "FreeRTOS.h"
#include "task.h"

uint64_t nros_platform_clock_ms(void)
{
    return (uint64_t) xTaskGetTickCount() * portTICK_PERIOD_MS;
}
