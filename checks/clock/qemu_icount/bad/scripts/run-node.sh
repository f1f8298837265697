#!/usr/bin/env bash
# Boots one bare-metal node on a TAP: run-node.sh <elf> <tap>
set -euo pipefail

elf="$1"
tap="$2"

qemu=(
    qemu-system-arm
    -machine mps2-an385
    -cpu cortex-m3
    -nographic
    -semihosting-config enable=on,target=native
    # virtual time is left alone here
    -kernel "$elf"
)
qemu+=(-nic "tap,ifname=$tap,script=no,downscript=no,model=lan9118")

exec "${qemu[@]}"
