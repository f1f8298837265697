#!/bin/sh
# zenoh-pico as a library for the ESP32-C3
set -e
PICO=third_party/zenoh-pico
CC=riscv64-unknown-elf-gcc
CFLAGS="-march=rv32imc -mabi=ilp32 --specs=picolibc.specs -Os"
INCLUDES="-I$PICO/include"
mkdir -p build
for src in $(find "$PICO/src" -name '*.c'); do
    $CC $CFLAGS $INCLUDES -c "$src" -o "build/$(basename "$src" .c).o"
done
