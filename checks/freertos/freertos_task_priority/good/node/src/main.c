#include "FreeRTOS.h"
#include "task.h"
#include "zenoh-pico.h"

#define CONTROL_PRIORITY 3
#define WATCH_PRIORITY 1

void network_start(void);
void watch(void *argument);

static void control(void *argument)
{
    z_owned_session_t session;
    z_owned_config_t config;

    (void) argument;
    network_start();
    z_config_default(&config);
    z_open(&session, z_move(config), NULL);
    for (;;) {
        vTaskDelay(10);
    }
}

int main(void)
{
    xTaskCreate(control, "control", 4096, NULL, CONTROL_PRIORITY, NULL);
    xTaskCreate(watch, "watch", 256, NULL, WATCH_PRIORITY, NULL);
    vTaskStartScheduler();
    return 0;
}
