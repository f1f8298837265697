/* Start-up and Ethernet of the Teal-H743. */
#include "stm32h7xx_hal.h"

ETH_DMADescTypeDef rx_ring[4] __attribute__((section(".network.rx")));
ETH_DMADescTypeDef tx_ring[4] __attribute__((section(".network.tx")));

static void protect_network_ram(void)
{
    MPU_Region_InitTypeDef region = {0};

    HAL_MPU_Disable();
    region.Enable = MPU_REGION_ENABLE;
    region.Number = MPU_REGION_NUMBER0;
    region.BaseAddress = 0x30000000;
    region.Size = MPU_REGION_SIZE_32KB;
    region.TypeExtField = MPU_TEX_LEVEL1;
    region.IsCacheable = MPU_ACCESS_NOT_CACHEABLE;
    region.IsBufferable = MPU_ACCESS_NOT_BUFFERABLE;
    region.AccessPermission = MPU_REGION_FULL_ACCESS;
    HAL_MPU_ConfigRegion(&region);
    HAL_MPU_Enable(MPU_PRIVILEGED_DEFAULT);
}

int main(void)
{
    protect_network_ram();
    SCB_EnableICache();
    SCB_EnableDCache();
    HAL_Init();
    network_start(rx_ring, tx_ring);
    for (;;) {
    }
}
