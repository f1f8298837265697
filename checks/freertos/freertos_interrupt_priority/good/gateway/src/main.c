#include "FreeRTOS.h"
#include "task.h"
#include "stm32f4xx_hal.h"

void console_start( void );
void ethernet_start( void );

int main( void )
{
    HAL_Init();
    HAL_NVIC_SetPriorityGrouping( NVIC_PRIORITYGROUP_4 );
    console_start();
    ethernet_start();
    vTaskStartScheduler();
    return 0;
}
