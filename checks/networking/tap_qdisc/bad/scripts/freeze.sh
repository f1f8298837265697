#!/bin/sh
# Freezes a node for a while, to see how its peers take it.
pid="$(pidof qemu-system-arm)"
kill -STOP "$pid"
sleep "${1:-5}"
kill -CONT "$pid"
