#include "FreeRTOS.h"
#include "task.h"

uint64_t port_clock_ms(void)
{
    return (uint64_t) xTaskGetTickCount() * portTICK_PERIOD_MS;
}

unsigned long port_elapsed_ns(unsigned long seconds, unsigned long rest)
{
    return seconds * 1000000000UL + rest;
}

int port_clock_due(TickType_t deadline)
{
    return xTaskGetTickCount() >= deadline;
}
