#!/usr/bin/env bash
# Bridge and TAPs for the emulated nodes; run once as root.
#
#   setup-taps.sh [count]      create
#   setup-taps.sh --down       remove
set -euo pipefail

BRIDGE=nros-br
COUNT="${1:-2}"
OWNER="${SUDO_USER:-root}"

if [ "$COUNT" = --down ]; then
    for dev in /sys/class/net/tap-qemu*; do
        [ -e "$dev" ] && ip tuntap del dev "${dev##*/}" mode tap
    done
    ip link del "$BRIDGE"
    exit 0
fi

ip link add name "$BRIDGE" type bridge
ip addr add 198.51.100.1/24 dev "$BRIDGE"
ip link set "$BRIDGE" up

for i in $(seq 0 $((COUNT - 1))); do
    tap="tap-qemu$i"
    ip tuntap add dev "$tap" mode tap user "$OWNER"
    # the emulator reads in bursts; let packets wait for it
    tc qdisc replace dev "$tap" root pfifo limit 1000
    ip link set "$tap" master "$BRIDGE"
    ip link set "$tap" up
done
