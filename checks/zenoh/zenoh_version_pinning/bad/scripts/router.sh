#!/bin/sh
# Needs zenohd 1.6.2.
zenohd --listen tcp/0.0.0.0:7447
