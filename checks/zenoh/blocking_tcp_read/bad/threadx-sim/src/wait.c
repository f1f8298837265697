#include <sys/select.h>
#include "tx_api.h"

int wait_for_data(int fd, unsigned timeout_ms) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    struct timeval tv;
    tv.tv_sec = timeout_ms / 1000;
    tv.tv_usec = (timeout_ms % 1000) * 1000;
    return select(fd + 1, &set, NULL, NULL, &tv);
}
