/* API of zenoh-pico. */
