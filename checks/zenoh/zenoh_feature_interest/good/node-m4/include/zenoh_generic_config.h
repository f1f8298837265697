#ifndef ZENOH_GENERIC_CONFIG_H
#define ZENOH_GENERIC_CONFIG_H

/* One publisher, no heap to spare. */
#define Z_FEATURE_PUBLICATION 1
#define Z_FEATURE_SUBSCRIPTION 1
#define Z_FEATURE_INTEREST 1
#define Z_FEATURE_MATCHING 0
#define Z_FEATURE_LINK_TCP 1

#endif
