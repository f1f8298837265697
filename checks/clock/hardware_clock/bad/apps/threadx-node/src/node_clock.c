#include "tx_api.h"
#include <stdint.h>

uint64_t node_clock_ms(void)
{
    return (uint64_t) tx_time_get() * (TX_TIMER_TICKS_PER_SECOND / 1000);
}
