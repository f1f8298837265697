#!/bin/sh
# a router for the shell tests, ended with this script
setpriv --pdeathsig KILL zenohd --no-multicast-scouting &
router=$!
trap 'kill "$router"' EXIT
./run-cases.sh
pkill -P $$ talker || true
