#!/bin/sh
./build-listener/zephyr/zephyr.exe &
sleep 2
./build-talker/zephyr/zephyr.exe
