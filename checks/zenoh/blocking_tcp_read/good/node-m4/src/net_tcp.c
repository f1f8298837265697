#include "netstack.h"

#define SEND_TIMEOUT_MS 200

size_t _z_read_tcp(const _z_sys_net_socket_t sock, uint8_t *ptr, size_t len) {
    netstack_poll();
    int got = netstack_recv(sock.handle, ptr, len);
    if (got < 0) {
        return SIZE_MAX;
    }
    return (size_t)got; /* 0: nothing yet, the spin comes again */
}

size_t _z_send_tcp(const _z_sys_net_socket_t sock, const uint8_t *ptr, size_t len) {
    uint32_t start = clock_ms();
    size_t sent = 0;
    while (sent < len) {
        netstack_poll();
        sent += netstack_send(sock.handle, ptr + sent, len - sent);
        if (clock_ms() - start > SEND_TIMEOUT_MS) {
            return SIZE_MAX;
        }
    }
    return sent;
}
