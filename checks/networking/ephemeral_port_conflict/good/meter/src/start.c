#include <stdint.h>

void meter_random_seed(uint32_t value);
uint32_t hw_trng_read(void);

void meter_start(void)
{
    meter_random_seed(hw_trng_read());
}
