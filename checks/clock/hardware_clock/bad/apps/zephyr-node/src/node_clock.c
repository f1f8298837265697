#include <zephyr/kernel.h>

/* Microseconds since boot, for the executor's timers. */
uint64_t node_clock_us(void)
{
    return k_cyc_to_us_floor64(k_cycle_get_64());
}
