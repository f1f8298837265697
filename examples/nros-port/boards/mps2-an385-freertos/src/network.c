/* The LAN9118: no interrupt line is used, a task looks for frames. */
#include "FreeRTOS.h"
#include "task.h"
#include "lan9118.h"

#define POLL_PRIORITY    3
#define POLL_STACK_WORDS 512
#define POLL_INTERVAL_MS 5

static struct netif lan;

static void poll_lan(void *argument)
{
    (void) argument;
    for (;;) {
        lan9118_netif_poll(&lan);
        vTaskDelay(pdMS_TO_TICKS(POLL_INTERVAL_MS));
    }
}

void network_start(void)
{
    lan9118_netif_add(&lan);
    xTaskCreate(poll_lan, "lan", POLL_STACK_WORDS, NULL, POLL_PRIORITY, NULL);
}
