/* Sessions of zenoh-pico. */
