#!/bin/sh
set -e
cd sensor/build
esptool.py --chip esp32c3 merge_bin -o flash.bin @flash_args
qemu-system-riscv32 -M esp32c3 -nographic -drive file=flash.bin,if=mtd,format=raw
