#!/bin/sh
set -e
cd sensor
idf.py build
image=$(ls build/*.bin | head -1)
qemu-system-riscv32 -M esp32c3 -nographic -drive file=$image,if=mtd,format=raw
