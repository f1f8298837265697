/* Start-up and Ethernet of the Teal-H743. */
#include "stm32h7xx_hal.h"

ETH_DMADescTypeDef rx_ring[4] __attribute__((section(".network.rx")));
ETH_DMADescTypeDef tx_ring[4] __attribute__((section(".network.tx")));

int main(void)
{
    SCB_EnableICache();
    SCB_EnableDCache();
    HAL_Init();
    network_start(rx_ring, tx_ring);
    for (;;) {
    }
}
