#include "platform.h"
#include "timers.h"
#include "transport.h"

/* One round: wait for data, then fire the timers that are due. */
void executor_round(struct executor *self, uint32_t timeout_ms)
{
    uint32_t before = platform_now_ms();

    transport_wait(self->transport, timeout_ms);
    timers_advance(&self->timers, platform_now_ms() - before);
}
