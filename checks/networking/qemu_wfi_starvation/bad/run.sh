#!/bin/sh
# run.sh <node|sensor|freertos|threadx>
case "$1" in
node)
    qemu-system-arm -machine mps2-an385 -nographic -icount shift=auto \
        -nic tap,ifname=tap0,model=lan9118 -kernel mps2-node.elf
    ;;
sensor)
    qemu-system-arm -machine mps2-an385 -nographic -icount shift=auto \
        -nic tap,ifname=tap2,model=lan9118 -kernel mps2-sensor.elf
    ;;
freertos)
    qemu-system-arm -machine mps2-an385 -nographic -icount shift=auto \
        -nic tap,ifname=tap1,model=lan9118 -kernel mps2-freertos.elf
    ;;
threadx)
    qemu-system-riscv64 -machine virt -nographic \
        -nic tap,ifname=tap3 -kernel threadx.elf
    ;;
esac
