#!/usr/bin/env bash
# Lets the bare-metal talker run for an hour against a router on this host.
set -euo pipefail

cargo build --release --target thumbv7m-none-eabi -p talker

timeout 3600 qemu-system-arm \
    -machine mps2-an385 -cpu cortex-m3 -nographic \
    -semihosting-config enable=on,target=native \
    -nic user,model=lan9118 \
    -kernel target/thumbv7m-none-eabi/release/talker
