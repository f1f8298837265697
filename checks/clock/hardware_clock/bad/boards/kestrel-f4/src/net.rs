//! The bridge between the Ethernet driver and the sockets.

use crate::clock;

extern "C" {
    fn bridge_move_frames() -> i32;
}

/// Called by the transport whenever it waits for data.
#[no_mangle]
pub extern "C" fn smoltcp_network_poll() -> i32 {
    let moved = unsafe { bridge_move_frames() };
    clock::advance_clock_ms(1);
    moved
}
