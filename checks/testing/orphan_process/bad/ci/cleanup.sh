#!/bin/sh
# before each run
pkill -9 zenohd || true
fuser -k 7447/tcp || true
