#include <zephyr/kernel.h>

/* Microseconds since boot, for the executor's timers. */
uint64_t node_clock_us(void)
{
    if (IS_ENABLED(CONFIG_TIMER_HAS_64BIT_CYCLE_COUNTER)) {
        return k_cyc_to_us_floor64(k_cycle_get_64());
    }
    return k_ticks_to_us_floor64(k_uptime_ticks());
}
