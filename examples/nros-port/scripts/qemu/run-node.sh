#!/usr/bin/env bash
# Boots one bare-metal node on the bridge.
#
#   run-node.sh <talker|listener> <index>
set -euo pipefail

role="${1:?role}"
index="${2:-0}"
elf="target/thumbv7m-none-eabi/release/$role"
tap="tap-qemu$index"
mac="$(printf '02:00:5e:00:00:%02x' "$index")"

if ! command -v qemu-system-arm >/dev/null; then
    echo "qemu-system-arm is missing" >&2
    exit 1
fi
if [ ! -e "/sys/class/net/$tap" ]; then
    echo "no $tap; run scripts/network/setup-taps.sh first" >&2
    exit 1
fi

qemu=(
    qemu-system-arm
    -machine mps2-an385
    -cpu cortex-m3
    -nographic
    -icount shift=auto
    -semihosting-config enable=on,target=native
)
if [ "${GDB:-0}" = 1 ]; then
    qemu+=(-s -S)
fi
qemu+=(-nic "tap,ifname=$tap,script=no,downscript=no,model=lan9118,mac=$mac")

exec "${qemu[@]}" -kernel "$elf"
