#include <stdint.h>

static uint32_t rng_state = 0x2545F491u;

void meter_random_seed(uint32_t value)
{
    rng_state = value | 1u;
}

uint32_t z_random_u32(void)
{
    uint32_t x = rng_state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    rng_state = x;
    return x;
}
