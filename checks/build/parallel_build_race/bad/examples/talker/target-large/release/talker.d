talker: examples/talker/src/main.rs
