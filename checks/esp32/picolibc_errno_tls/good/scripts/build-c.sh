#!/bin/sh
# zenoh-pico as a library for the ESP32-C3
set -e
PICO=third_party/zenoh-pico
CC=riscv64-unknown-elf-gcc
mkdir -p build/errno
cat > build/errno/errno.h <<'EOF'
#pragma once
extern int errno;
#define EINVAL 22
#define ERANGE 34
EOF
CFLAGS="-march=rv32imc -mabi=ilp32 --specs=picolibc.specs -Os"
INCLUDES="-Ibuild/errno -I$PICO/include"
for src in $(find "$PICO/src" -name '*.c'); do
    $CC $CFLAGS $INCLUDES -c "$src" -o "build/$(basename "$src" .c).o"
done
