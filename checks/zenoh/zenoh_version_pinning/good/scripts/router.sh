#!/bin/sh
# The router of docker/Dockerfile.
exec /opt/zenoh/zenohd --listen tcp/0.0.0.0:7447
