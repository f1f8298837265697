#include <zenoh-pico.h>

int main(void) {
    z_owned_session_t session = open_session();
    while (1) {
        zp_read(z_loan_mut(session), NULL);
        zp_send_keep_alive(z_loan_mut(session), NULL);
        _z_pending_query_process_timeout(_Z_RC_IN_VAL(z_loan(session)));
    }
}
