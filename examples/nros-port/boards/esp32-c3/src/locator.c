#include <errno.h>
#include <stdint.h>

/* The port of a locator such as tcp/10.0.2.2:7447, 0 when it has none. */
uint16_t nros_locator_port(const char *locator) {
    uint32_t port = 0;
    const char *digit = locator;
    while (*digit != '\0' && *digit != ':') {
        digit++;
    }
    for (digit += *digit == ':'; *digit >= '0' && *digit <= '9'; digit++) {
        port = port * 10 + (uint32_t)(*digit - '0');
    }
    if (port > UINT16_MAX) {
        errno = ERANGE;
        return 0;
    }
    return (uint16_t)port;
}
