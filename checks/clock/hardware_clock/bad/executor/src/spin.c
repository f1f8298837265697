#include "transport.h"
#include "timers.h"

/* One round: wait for data, then fire the timers that are due. */
void executor_round(struct executor *self, uint32_t timeout_ms)
{
    uint32_t elapsed_ms = 0;

    transport_wait(self->transport, timeout_ms);
    elapsed_ms += timeout_ms;
    timers_advance(&self->timers, elapsed_ms);
}
