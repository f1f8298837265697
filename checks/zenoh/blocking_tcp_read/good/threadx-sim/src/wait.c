#include <sys/select.h>
#include "tx_api.h"

int wait_for_data(int fd, unsigned timeout_ms) {
    tx_thread_sleep(timeout_ms * TX_TIMER_TICKS_PER_SECOND / 1000);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    struct timeval tv = {0, 0};
    return select(fd + 1, &set, NULL, NULL, &tv);
}
