#!/usr/bin/env bash
# Bridge with TAPs for the emulated nodes.
set -e

BRIDGE=node-br
ip link add name "$BRIDGE" type bridge
ip link set "$BRIDGE" up

for i in 0 1; do
    tap="tap-node$i"
    ip tuntap add dev "$tap" mode tap user "$SUDO_USER"
    ip link set "$tap" master "$BRIDGE"
    tc qdisc replace dev "$tap" root pfifo limit 1000
    ip link set "$tap" up
done

# two more for the gateway nodes
for i in 2 3; do
    tap="tap-node$i"
    ip tuntap add dev "$tap" mode tap user "$SUDO_USER"
    ip link set "$tap" master "$BRIDGE"
    ip link set "$tap" up
done

ip tuntap add dev tap-node9 mode tap
tc qdisc add dev tap-node9 root fq_codel
ip link set tap-node9 up
