#include "FreeRTOS.h"
#include "task.h"
#include "zenoh-pico.h"

static void app_task(void *argument) {
    z_owned_session_t session;
    z_owned_config_t config;
    z_config_default(&config);
    z_open(&session, z_move(config), NULL);
    run(&session);
}

int main(void) {
    xTaskCreate(app_task, "app", 8192, NULL, 3, NULL);
    vTaskStartScheduler();
    return 0;
}
