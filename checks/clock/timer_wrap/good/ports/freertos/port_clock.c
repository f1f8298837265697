#include "FreeRTOS.h"
#include "task.h"

static TickType_t last_tick;
static uint64_t total_ticks;

uint64_t port_clock_ms(void)
{
    TickType_t now;

    taskENTER_CRITICAL();
    now = xTaskGetTickCount();
    total_ticks += (uint64_t) (TickType_t) (now - last_tick);
    last_tick = now;
    taskEXIT_CRITICAL();
    return total_ticks * portTICK_PERIOD_MS;
}

uint64_t port_elapsed_ns(uint64_t seconds, unsigned long rest)
{
    return seconds * 1000000000ULL + rest;
}

int port_clock_due(TickType_t deadline)
{
    return (int32_t) (xTaskGetTickCount() - deadline) >= 0;
}
