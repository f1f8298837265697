//! Sockets over smoltcp, for any board.
#![no_std]

extern "C" {
    fn smoltcp_clock_now_ms() -> u64;
}

/// The time stamp of a poll.
pub fn now_ms() -> u64 {
    unsafe { smoltcp_clock_now_ms() }
}
