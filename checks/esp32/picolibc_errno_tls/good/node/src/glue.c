#include <errno.h>
#include <stdint.h>

int glue_port(const char *text, uint16_t *port) {
    uint32_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint32_t)(*text - '0');
    }
    if (value > 65535) {
        errno = ERANGE;
        return -1;
    }
    *port = (uint16_t)value;
    return 0;
}
