#include <stdlib.h>
#include "lwip/sockets.h"
#include "lwip/tcpip.h"

void net_start(void)
{
    tcpip_init(NULL, NULL);
}

int net_dial(int fd, const struct sockaddr *router, socklen_t length)
{
    return lwip_connect(fd, router, length);
}
