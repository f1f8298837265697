#!/bin/sh
./build-listener/zephyr/zephyr.exe --seed=12345 &
sleep 2
./build-talker/zephyr/zephyr.exe --seed=67890
