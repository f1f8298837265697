/* Drops the link when the router has been silent for too long. */
#include "FreeRTOS.h"
#include "task.h"

#define SILENCE pdMS_TO_TICKS(10000)

static TickType_t heard;

void link_heard(void)
{
    heard = xTaskGetTickCount();
}

int link_is_lost(void)
{
    return xTaskGetTickCount() - heard > SILENCE;
}
