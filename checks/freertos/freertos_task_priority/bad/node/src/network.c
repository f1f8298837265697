#include "FreeRTOS.h"
#include "task.h"
#include "lwip/tcpip.h"
#include "smsc9220.h"

#define POLL_PRIORITY 3
#define POLL_STACK 256

static struct netif nic;

static void drain(void *argument)
{
    (void) argument;
    for (;;) {
        smsc9220_netif_poll(&nic);
        vTaskDelay(pdMS_TO_TICKS(5));
    }
}

void network_start(void)
{
    tcpip_init(NULL, NULL);
    smsc9220_netif_add(&nic);
    xTaskCreate(drain, "drain", POLL_STACK, NULL, POLL_PRIORITY, NULL);
}
