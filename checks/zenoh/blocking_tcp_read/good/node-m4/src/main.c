#include <zenoh-pico.h>

static void spin(z_owned_session_t *session) {
    zp_read_options_t options;
    options.single_read = true;
    zp_read(z_loan_mut(*session), &options);
    zp_send_keep_alive(z_loan_mut(*session), NULL);
    _z_pending_query_process_timeout(_Z_RC_IN_VAL(z_loan(*session)));
}

int main(void) {
    z_owned_session_t session = open_session();
    z_get(z_loan(session), service_key(), "", reply_callback(), NULL);
    while (1) {
        spin(&session);
        blink();
    }
}
