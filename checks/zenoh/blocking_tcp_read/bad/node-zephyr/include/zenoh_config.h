#ifndef ZENOH_CONFIG_H
#define ZENOH_CONFIG_H

#if defined(ZENOH_NUTTX) || defined(ZENOH_ZEPHYR)
#define Z_CONFIG_SOCKET_TIMEOUT 5000
#else
#define Z_CONFIG_SOCKET_TIMEOUT 100
#endif

#endif
