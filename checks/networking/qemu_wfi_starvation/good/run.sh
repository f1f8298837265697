#!/bin/sh
# run.sh <node|freertos>
case "$1" in
node)
    qemu-system-arm -machine mps2-an385 -nographic -icount shift=auto \
        -nic tap,ifname=tap0,model=lan9118 -kernel mps2-node.elf
    ;;
freertos)
    qemu-system-arm -machine mps2-an385 -nographic -icount shift=auto \
        -nic tap,ifname=tap1,model=lan9118 -kernel mps2-freertos.elf
    ;;
esac
