#!/bin/sh
# run-node.sh <elf> <index>
exec qemu-system-arm -M mps2-an385 -nographic -icount shift=auto -kernel "$1" \
    -nic "tap,ifname=tap-node$2,script=no,downscript=no,model=lan9118"
