#!/bin/sh
# Configures for a cross compiler; an old directory of another toolchain file is removed.
drop_other_toolchain() {
    cached=$(sed -n 's/^CMAKE_TOOLCHAIN_FILE:[^=]*=//p' "$1/CMakeCache.txt")
    if [ "$cached" != "$2" ]; then
        rm -rf "$1"
    fi
}

cross_configure() {
    drop_other_toolchain "$1" "$2"
    printf '%s\n' "$@" > "$1.args"
    if [ ! -f "$1/CMakeCache.txt" ] || ! cmp -s "$1.args" "$1/args"; then
        cmake -S . -B "$1" -DCMAKE_TOOLCHAIN_FILE="$2"
    fi
}

options=""
if [ -n "$NROS_TRACE" ]; then
    options="$options -DNROS_TRACE=ON"
fi
cmake -S boards/native -B build-native $options
