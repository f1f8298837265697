#include <errno.h>

int bus_write(int address) {
    if (address > 127) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}
