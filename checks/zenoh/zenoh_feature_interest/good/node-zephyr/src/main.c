#include <zenoh-pico.h>

int declare_all(const z_loaned_session_t *s, z_owned_publisher_t pub[2], z_owned_subscriber_t sub[4],
                const z_loaned_keyexpr_t *key[6], z_moved_closure_sample_t *on_sample)
{
    z_declare_publisher(s, &pub[0], key[0], NULL);
    z_declare_publisher(s, &pub[1], key[1], NULL);
    z_declare_subscriber(s, &sub[0], key[2], on_sample, NULL);
    z_declare_subscriber(s, &sub[1], key[3], on_sample, NULL);
    z_declare_subscriber(s, &sub[2], key[4], on_sample, NULL);
    return z_declare_subscriber(s, &sub[3], key[5], on_sample, NULL);
}
