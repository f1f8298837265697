/* Ethernet of the Olive-F407 on STM32Cube's HAL. */
#include "stm32f4xx_hal.h"

#define RX_COUNT 4
#define TX_COUNT 4
#define FRAME 1536

static ETH_HandleTypeDef mac;

ETH_DMADescTypeDef rx_descriptors[RX_COUNT] __attribute__((section(".eth_descriptors")));
ETH_DMADescTypeDef tx_descriptors[TX_COUNT] __attribute__((section(".eth_descriptors")));
static uint8_t rx_frames[RX_COUNT][FRAME];

static uint8_t hello_frame[64] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x07, 0x88, 0xb5,
};

void eth_start(void)
{
    mac.Init.RxDesc = rx_descriptors;
    mac.Init.TxDesc = tx_descriptors;
    HAL_ETH_Init(&mac);
    for (uint32_t i = 0; i < RX_COUNT; i++) {
        HAL_ETH_DescAssignMemory(&mac, i, rx_frames[i], NULL);
    }
    HAL_ETH_Start_IT(&mac);
}

void eth_say_hello(void)
{
    ETH_TxPacketConfig packet = {0};
    ETH_BufferTypeDef part = {0};

    part.buffer = (uint8_t *)hello_frame;
    part.len = sizeof(hello_frame);
    packet.Length = part.len;
    packet.TxBuffer = &part;
    HAL_ETH_Transmit(&mac, &packet, 20);
}
