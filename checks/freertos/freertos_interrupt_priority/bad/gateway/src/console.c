#include "FreeRTOS.h"
#include "queue.h"
#include "stm32f4xx.h"

static QueueHandle_t typed;

void console_start( void )
{
    typed = xQueueCreate( 64, sizeof( char ) );
    USART2->CR1 |= USART_CR1_RXNEIE;
    NVIC_EnableIRQ( USART2_IRQn );
}

static void keep( char c )
{
    BaseType_t woken = pdFALSE;

    xQueueSendFromISR( typed, &c, &woken );
    portYIELD_FROM_ISR( woken );
}

void USART2_IRQHandler( void )
{
    keep( ( char ) USART2->DR );
}
