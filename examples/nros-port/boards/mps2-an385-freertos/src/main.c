/* Start-up of the FreeRTOS port: network first, then the executor. */
#include <stdlib.h>
#include "FreeRTOS.h"
#include "task.h"
#include "lwip/tcpip.h"

#define NODE_ADDRESS 0xC000030Au /* 192.0.3.10 */
#define EXECUTOR_PRIORITY 2
#define EXECUTOR_STACK_WORDS 4096

void network_start(void);
void nros_executor(void *argument);

static void network_is_up(void *argument)
{
    (void) argument;
    network_start();
    xTaskCreate(nros_executor, "nros", EXECUTOR_STACK_WORDS, NULL, EXECUTOR_PRIORITY, NULL);
}

int main(void)
{
    srand(NODE_ADDRESS);
    tcpip_init(network_is_up, NULL);
    vTaskStartScheduler();
    for (;;) {
    }
}

void vApplicationIdleHook(void)
{
    __asm volatile("wfi");
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name)
{
    (void) task;
    console_fatal("stack overflow", name);
}
