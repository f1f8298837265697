#!/bin/sh
# two bare-metal nodes
nic=model=lan9118,script=no,downscript=no
qemu-system-arm -M mps2-an385 -nographic -kernel build/listener.elf \
    -nic "tap,ifname=tap0,mac=02:00:5e:00:00:01,$nic" &
qemu-system-arm -M mps2-an385 -nographic -kernel build/talker.elf \
    -nic "tap,ifname=tap0,mac=02:00:5e:00:00:01,$nic"
