#include "FreeRTOS.h"
#include "semphr.h"
#include "stm32f4xx_hal.h"

static ETH_HandleTypeDef mac;
static SemaphoreHandle_t frame_ready;

void ethernet_start( void )
{
    frame_ready = xSemaphoreCreateBinary();
    HAL_ETH_Init( &mac );
    HAL_NVIC_SetPriority( ETH_IRQn, 0, 0 );
    HAL_NVIC_EnableIRQ( ETH_IRQn );
}

void ETH_IRQHandler( void )
{
    HAL_ETH_IRQHandler( &mac );
}

void HAL_ETH_RxCpltCallback( ETH_HandleTypeDef * eth )
{
    BaseType_t woken = pdFALSE;

    ( void ) eth;
    xSemaphoreGiveFromISR( frame_ready, &woken );
    portYIELD_FROM_ISR( woken );
}
