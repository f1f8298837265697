#!/bin/sh
set -e
west build -b native_sim -d build-zephyr -p auto apps/talker
west build -b mps2/an385 -d build-zephyr -p auto apps/talker
