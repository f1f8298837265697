#include "FreeRTOS.h"
#include "task.h"
#include "zenoh-pico.h"
#include "relay.h"

static const struct bands bands = {
    .receive_priority = 16,
    .read_priority = 16,
};

/* From a scale of 0 to 31 to the kernel's 0 to 7. */
static UBaseType_t from_band(unsigned band)
{
    unsigned kept = band > 31 ? 31 : band;
    return (UBaseType_t)((kept * 7 + 15) / 31);
}

static void receive(void *argument)
{
    for (;;) {
        board_poll_netif(argument);
        vTaskDelay(2);
    }
}

void net_start(z_owned_session_t *session)
{
    z_task_attr_t attributes = {.name = "read", .stack_depth = 2048};
    zp_task_read_options_t options;

    xTaskCreate(receive, "rx", 512, NULL, from_band(bands.receive_priority), NULL);
    zp_task_read_options_default(&options);
    attributes.priority = from_band(bands.read_priority);
    options.task_attributes = &attributes;
    zp_start_read_task(z_loan_mut(*session), &options);
}
