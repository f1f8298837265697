#!/bin/sh
# Usage: build-board.sh <board> <toolchain file> [cmake arguments]
set -e
board=$1
toolchain=$2
shift 2
build=build-$board

# The cache keeps the compiler it was made with.
want=$(sha256sum "$toolchain")
if [ "$want" != "$(cat "$build/.toolchain" 2>/dev/null)" ]; then
    rm -rf "$build"
fi
mkdir -p "$build"
echo "$want" > "$build/.toolchain"

printf '%s\n' "$@" > "$build/.args.new"
if [ ! -f "$build/CMakeCache.txt" ] || ! cmp -s "$build/.args.new" "$build/.args"; then
    cmake -S "boards/$board" -B "$build" -DCMAKE_TOOLCHAIN_FILE="$toolchain" "$@"
    mv "$build/.args.new" "$build/.args"
fi
cmake --build "$build"
