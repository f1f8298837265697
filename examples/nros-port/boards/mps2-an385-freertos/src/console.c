/* The console: bytes that are typed reach the shell task through a queue. */
#include "FreeRTOS.h"
#include "queue.h"
#include "CMSDK_CM3.h"

/* The FIFO is one byte deep, so let nothing hold this interrupt up. */
#define CONSOLE_IRQ_PRIORITY 1

static QueueHandle_t typed;

QueueHandle_t console_open(void)
{
    typed = xQueueCreate(32, sizeof(char));
    CMSDK_UART0->CTRL = CMSDK_UART_CTRL_RXEN_Msk | CMSDK_UART_CTRL_RXIRQEN_Msk;
    NVIC_SetPriority(UARTRX0_IRQn, CONSOLE_IRQ_PRIORITY);
    NVIC_EnableIRQ(UARTRX0_IRQn);
    return typed;
}

void UARTRX0_Handler(void)
{
    BaseType_t woken = pdFALSE;
    char c = (char) CMSDK_UART0->DATA;

    CMSDK_UART0->INTCLEAR = CMSDK_UART_CTRL_RXIRQ_Msk;
    xQueueSendFromISR(typed, &c, &woken);
    portYIELD_FROM_ISR(woken);
}
