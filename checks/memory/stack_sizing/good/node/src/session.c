#include "session.h"
#include "zenoh-pico.h"

static const z_task_attr_t read_attributes = { .name = "read", .priority = 4, .stack_depth = 5120 };
static const z_task_attr_t lease_attributes = { .name = "lease", .priority = 3, .stack_depth = 5120 };

static void open_session(z_owned_session_t *session) {
    z_owned_config_t config;
    zp_task_read_options_t read = { .task_attributes = &read_attributes };
    zp_task_lease_options_t lease = { .task_attributes = &lease_attributes };
    z_config_default(&config);
    z_open(session, z_move(config), NULL);
    zp_start_read_task(z_loan_mut(*session), &read);
    zp_start_lease_task(z_loan_mut(*session), &lease);
}

void app_task(void *argument) {
    static uint8_t samples[12 * 1024];
    z_owned_session_t session;
    open_session(&session);
    for (;;) {
        publish(&session, samples, fill(samples, sizeof samples));
    }
}
