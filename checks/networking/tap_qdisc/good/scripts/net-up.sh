#!/usr/bin/env bash
# Bridge with TAPs for the emulated nodes, and a veth pair for the router's namespace.
set -e

BRIDGE=node-br
ip link add name "$BRIDGE" type bridge
ip link set "$BRIDGE" up

for i in $(seq 0 3); do
    tap="tap-node$i"
    ip tuntap add dev "$tap" mode tap user "$SUDO_USER"
    tc qdisc replace dev "$tap" root pfifo limit 1000
    ip link set "$tap" master "$BRIDGE"
    ip link set "$tap" txqueuelen 4000 up
done

ip link add veth-router type veth peer name veth-router-br
ip link set veth-router-br master "$BRIDGE"
ip link set veth-router-br up
