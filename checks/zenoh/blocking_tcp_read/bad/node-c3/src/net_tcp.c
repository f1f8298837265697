#include "netstack.h"

size_t _z_read_tcp(const _z_sys_net_socket_t sock, uint8_t *ptr, size_t len) {
    netstack_poll();
    int got = netstack_recv(sock.handle, ptr, len);
    return got < 0 ? SIZE_MAX : (size_t)got;
}
