#include "platform_nuttx.h"

z_clock_t z_clock_now(void)
{
    z_clock_t now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now;
}
