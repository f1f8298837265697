#!/bin/sh
set -e
scripts/build-board.sh native -DZ_FEATURE_INTEREST=0
scripts/build-board.sh mps2-an385 -DCMAKE_TOOLCHAIN_FILE=cmake/arm-none-eabi.cmake

west build -b native_sim -d build-zephyr apps/talker
west build -b mps2/an385 -d build-zephyr apps/talker
