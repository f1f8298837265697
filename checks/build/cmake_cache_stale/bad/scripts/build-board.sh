#!/bin/sh
# Usage: build-board.sh <board> [cmake arguments]
set -e
board=$1
shift

if [ ! -f "build-$board/CMakeCache.txt" ]; then
    cmake -S "boards/$board" -B "build-$board" "$@"
fi
cmake --build "build-$board"
