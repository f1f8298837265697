#include <zenoh-pico.h>

static void spin(z_owned_session_t *session) {
    zp_read(z_loan_mut(*session), NULL);
}

int main(void) {
    z_owned_session_t session = open_session();
    z_get(z_loan(session), service_key(), "", reply_callback(), NULL);
    while (1) {
        spin(&session);
        blink();
    }
}
