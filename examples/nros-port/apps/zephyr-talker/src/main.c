/* Publishes a counter and the uptime, once a second. */
#include <stdio.h>
#include <zephyr/kernel.h>
#include <zenoh-pico.h>

static z_owned_publisher_t counter;
static z_owned_publisher_t uptime;

static int declare(const z_loaned_session_t *session)
{
    z_view_keyexpr_t key;

    z_view_keyexpr_from_str_unchecked(&key, "talker/counter");
    if (z_declare_publisher(session, &counter, z_loan(key), NULL) < 0) {
        return -1;
    }
    z_view_keyexpr_from_str_unchecked(&key, "talker/uptime");
    return z_declare_publisher(session, &uptime, z_loan(key), NULL);
}

static void publish(const z_loaned_publisher_t *publisher, unsigned value)
{
    char text[16];
    z_owned_bytes_t payload;

    snprintf(text, sizeof text, "%u", value);
    z_bytes_copy_from_str(&payload, text);
    z_publisher_put(publisher, z_move(payload), NULL);
}

int main(void)
{
    z_owned_config_t config;
    z_owned_session_t session;

    z_config_default(&config);
    zp_config_insert(z_loan_mut(config), Z_CONFIG_CONNECT_KEY, "tcp/192.0.2.2:7447");
    if (z_open(&session, z_move(config), NULL) < 0 || declare(z_loan(session)) < 0) {
        printk("no session\n");
        return 0;
    }
    zp_start_read_task(z_loan_mut(session), NULL);
    zp_start_lease_task(z_loan_mut(session), NULL);
    for (unsigned round = 0;; round++) {
        publish(z_loan(counter), round);
        publish(z_loan(uptime), k_uptime_get_32());
        k_sleep(K_SECONDS(1));
    }
}
