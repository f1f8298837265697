#include "netstack.h"

#define TCP_TIMEOUT_MS 10000

size_t _z_read_tcp(const _z_sys_net_socket_t sock, uint8_t *ptr, size_t len) {
    uint32_t start = clock_ms();
    while (1) {
        netstack_poll();
        int got = netstack_recv(sock.handle, ptr, len);
        if (got > 0) {
            return (size_t)got;
        }
        if (clock_ms() - start > TCP_TIMEOUT_MS) {
            return SIZE_MAX;
        }
    }
}

size_t _z_read_exact_tcp(const _z_sys_net_socket_t sock, uint8_t *ptr, size_t len) {
    uint32_t start = clock_ms();
    size_t have = 0;
    while (have < len) {
        netstack_poll();
        int got = netstack_recv(sock.handle, ptr + have, len - have);
        have += got > 0 ? (size_t)got : 0;
        if (clock_ms() - start > TCP_TIMEOUT_MS) {
            return SIZE_MAX;
        }
    }
    return have;
}

size_t _z_send_tcp(const _z_sys_net_socket_t sock, const uint8_t *ptr, size_t len) {
    uint32_t start = clock_ms();
    size_t sent = 0;
    while (sent < len) {
        netstack_poll();
        sent += netstack_send(sock.handle, ptr + sent, len - sent);
        if (clock_ms() - start > TCP_TIMEOUT_MS) {
            return SIZE_MAX;
        }
    }
    return sent;
}
